import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { enterPressed } from '../../../../infra/cli/start/enter-key.ts';

const never = new Promise<void>(() => undefined);

describe('the wait for Enter', () => {
  it('ends with a line, and lets go of the input', async () => {
    const input = new PassThrough();
    const pressed = enterPressed(input, never);
    input.write('\n');
    await pressed;
    expect(input.isPaused()).toBe(true);
    expect(input.listenerCount('data')).toBe(0);
  });

  it('ends when the input ends', async () => {
    const input = new PassThrough();
    const pressed = enterPressed(input, never);
    input.end();
    await expect(pressed).resolves.toBeUndefined();
  });

  it('ends when nobody waits any more, and lets go of the input', async () => {
    const input = new PassThrough();
    await enterPressed(input, Promise.resolve());
    expect(input.isPaused()).toBe(true);
    expect(input.listenerCount('end')).toBe(0);
  });
});
