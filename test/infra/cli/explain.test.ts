import { describe, expect, it } from 'vitest';
import { explain } from '../../../infra/cli/explain.ts';
import { CannotStart } from '../../../infra/cli/start/cannot-start.ts';

describe('what is printed when a command fails', () => {
  it('says that the disk is full, however deep the tables or the file system say so', () => {
    const io = new Error('the tables cannot be written (database or disk is full)');
    const level = new Error('Database failed to open', { cause: io });
    const write = new CannotStart('Cannot use data', { cause: Object.assign(new Error('write'), { code: 'ENOSPC' }) });
    for (const error of [level, write]) expect(explain(error)).toMatch(/no space left on the disk: make room/);
  });

  it('is the sentence of the error where it has one', () => {
    expect(explain(new CannotStart('Use either.'))).toBe('Use either.');
  });

  it('says of a fault of ours where to look, and shows all of it with --debug', () => {
    const fault = new TypeError('x is not a function', { cause: new RangeError('too far') });
    expect(explain(fault)).toMatch(/^This should not have happened \(TypeError: x is not a function\).*--debug/);
    expect(explain(fault)).not.toContain('\n');
    expect(explain(fault, { debug: true })).toMatch(/^TypeError: x is not a function\n +at /);
    expect(explain(fault, { debug: true })).toContain('Caused by: RangeError: too far\n');
  });

  it.each([
    [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), /is it running/],
    [Object.assign(new Error('expired'), { name: 'ExpiredTokenException', $metadata: {} }), /does not let these/],
    [Object.assign(new Error('not found'), { name: 'ResourceNotFoundException', $metadata: {} }), /--table/],
    [Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: {} }), /ThrottlingException/],
    [Object.assign(new Error('no'), { code: 'EACCES', path: '/x', syscall: 'open' }), /^\/x cannot be used/],
  ])('is a sentence for %s', (error, sentence) => {
    expect(explain(error)).toMatch(sentence);
    expect(explain(error)).not.toContain('    at ');
  });
});
