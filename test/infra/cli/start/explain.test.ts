import { describe, expect, it } from 'vitest';
import { explain } from '../../../../infra/cli/start/explain.ts';
import { CannotStart } from '../../../../infra/cli/start/stop-with.ts';

describe('what is printed when a start fails', () => {
  it('says that the disk is full, however deep the tables or the file system say so', () => {
    const io = new Error('the tables cannot be written (database or disk is full)');
    const level = new Error('Database failed to open', { cause: io });
    const write = new CannotStart('Cannot use data', { cause: Object.assign(new Error('write'), { code: 'ENOSPC' }) });
    for (const error of [level, write]) expect(explain(error)).toMatch(/no space left for the data folder: make room/);
  });

  it('is one sentence where the error is one, and the whole of a fault of ours', () => {
    expect(explain(new CannotStart('Use either.'))).toBe('Use either.');
    expect(explain(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n +at /);
  });
});
