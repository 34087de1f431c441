import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../infra/cli/refused.ts';
import { type Options, startOptions, withStartOptions } from '../../../../infra/cli/start/options.ts';

function parse(argv: string[]): Options {
  const silent = { writeErr: () => undefined };
  const command = withStartOptions(new Command()).allowExcessArguments(false).exitOverride().configureOutput(silent);
  return startOptions(command.parse(argv, { from: 'user' }).opts());
}

function failureOf(argv: string[]): unknown {
  try {
    return parse(argv);
  } catch (error) {
    return error;
  }
}

describe('the command line', () => {
  it('has the documented defaults', () => {
    expect(parse([])).toEqual({
      idle: false,
      port: 4566,
      consolePort: 4580,
      data: '.vgac',
      fresh: false,
      sync: false,
      acceptLoss: false,
      slackStandIn: false,
      exit: false,
      json: false,
    });
  });

  it('takes every documented option', () => {
    const argv = ['--trace', 'a.csv', '--speed', '60', '--config', 'c.json', '--port', '0', '--console-port', '0'];
    expect(
      parse([
        ...argv,
        '--data',
        'd',
        '--fresh',
        '--sync',
        '--accept-loss',
        '--slack-stand-in',
        '--summary',
        's.json',
        '--exit',
        '--json',
      ]),
    ).toEqual({
      trace: 'a.csv',
      speed: 60,
      idle: false,
      config: 'c.json',
      port: 0,
      consolePort: 0,
      data: 'd',
      fresh: true,
      sync: true,
      acceptLoss: true,
      slackStandIn: true,
      summary: 's.json',
      exit: true,
      json: true,
    });
  });

  it.each([
    [['--sped', '2'], /unknown option '--sped'/],
    [['--speed', '0'], /Use a number above 0/],
    [['--speed', 'NaN'], /Use a number above 0/],
    [['--port', '70000'], /from 0 \(any free one\) to 65535/],
    [['--port', '-1'], /from 0 \(any free one\) to 65535/],
    [['--trace'], /argument missing/],
    [['--trace', ''], /Use the path of a file/],
    [['surplus'], /too many arguments/i],
  ])('says what is wrong with %j', (argv, sentence) => {
    expect(failureOf(argv)).toBeInstanceOf(CommanderError);
    expect(failureOf(argv)).toHaveProperty('message', expect.stringMatching(sentence));
  });

  it.each([
    [['--idle', '--trace', 'a.csv'], /either --trace or --idle/],
    [['--idle', '--speed', '2'], /Leave out --speed/],
    [['--port', '4580'], /two different ports/],
  ])('says in one sentence what contradicts itself in %j', (argv, sentence) => {
    expect(failureOf(argv)).toBeInstanceOf(UsageError);
    expect(failureOf(argv)).toHaveProperty('message', expect.stringMatching(sentence));
  });
});
