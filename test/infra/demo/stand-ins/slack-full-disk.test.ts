import { describe, expect, it } from 'vitest';
import { Messages } from '../../../../infra/demo/stand-ins/slack/messages.ts';

/** As a folder on a full disk: what is in it can be read, and nothing is put. */
const fullDisk = {
  all: () => [],
  remove: () => undefined,
  put() {
    throw Object.assign(new Error('no space left on device, write'), { code: 'ENOSPC' });
  },
};
const message = { channel: 'C0ALERTS00', threadTs: null, text: 'said', blocks: [] };

describe('messages on a full disk', () => {
  it('shows nothing to everybody that it could not keep', () => {
    const messages = new Messages(fullDisk);
    expect(() => messages.add({ ...message, onlyFor: null }, 0)).toThrow('no space left');
    expect(messages.list()).toEqual([]);
  });

  it('still tells one person what went wrong', () => {
    const messages = new Messages(fullDisk);
    messages.add({ ...message, onlyFor: 'U0ANNA' }, 0);
    expect(messages.list()).toMatchObject([{ text: 'said', onlyFor: 'U0ANNA' }]);
    expect(messages.version).toBe(1);
  });
});
