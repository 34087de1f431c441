import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { progressOver } from '../../../infra/replay/progress.ts';
import { folder } from './run.ts';

const files = folder();

/** What a terminal was sent. */
function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  return { stream, text: () => String(stream.read() ?? '') };
}

describe('the progress bar', () => {
  const paths = [files.put('a.csv', 'x'.repeat(300)), files.put('b.csv', 'x'.repeat(100)), files.path('missing.csv')];

  it('says how much of all files is read, and goes back where one is read again', () => {
    const { stream, text } = terminal(true);
    const progress = progressOver(paths, stream);
    expect(text()).toMatch(/ 0%/);
    progress.file('a');
    progress.read(300);
    progress.read(-300);
    progress.read(100);
    progress.stop();
    expect(text()).toMatch(/█+░+ 25% {2}a/);
  });

  it('writes nothing where there is no terminal', () => {
    const { stream, text } = terminal(false);
    const progress = progressOver(paths, stream);
    progress.file('a');
    progress.read(300);
    progress.stop();
    expect(text()).toBe('');
  });
});
