import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../../infra/cli/start/options.ts';
import { CannotStart } from '../../../../infra/cli/start/stop-with.ts';

describe('the command line', () => {
  it('has the documented defaults', () => {
    expect(parseOptions([])).toEqual({
      idle: false,
      port: 4566,
      consolePort: 4580,
      data: '.vgac',
      fresh: false,
      exit: false,
    });
  });

  it('takes every documented option', () => {
    const argv = ['--trace', 'a.csv', '--speed', '60', '--config', 'c.json', '--port', '0', '--console-port', '0'];
    expect(parseOptions([...argv, '--data', 'd', '--fresh', '--summary', 's.json', '--exit'])).toEqual({
      trace: 'a.csv',
      speed: 60,
      idle: false,
      config: 'c.json',
      port: 0,
      consolePort: 0,
      data: 'd',
      fresh: true,
      summary: 's.json',
      exit: true,
    });
  });

  it.each([
    [['--sped', '2'], /[Uu]nknown option '--sped'/],
    [['--speed', '0'], /use a number above 0/],
    [['--speed', 'NaN'], /use a number above 0/],
    [['--port', '70000'], /from 0 \(any free one\) to 65535/],
    [['--port', '-1'], /from 0 \(any free one\) to 65535/],
    [['--trace'], /argument missing/],
    [['--trace', ''], /use the path of a file/],
    [['surplus'], /too many arguments/i],
    [['--idle', '--trace', 'a.csv'], /either --trace or --idle/],
    [['--idle', '--speed', '2'], /Leave out --speed/],
    [['--port', '4580'], /two different ports/],
  ])('says in one sentence what is wrong with %j', (argv, sentence) => {
    expect(() => parseOptions(argv)).toThrow(CannotStart);
    expect(() => parseOptions(argv)).toThrow(sentence);
    expect(() => parseOptions(argv)).toThrow(/^[^\n]*$/);
  });
});
