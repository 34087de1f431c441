import { describe, expect, it } from 'vitest';
import { Shared } from '../../../infra/console/shared.ts';

/** Loads that end when the test says so, and a clock that the test moves. */
function slow() {
  const loads: PromiseWithResolvers<number>[] = [];
  const time = { ms: 0, patience: Promise.withResolvers<void>() };
  const answer = new Shared(
    () => {
      const load = Promise.withResolvers<number>();
      loads.push(load);
      return load.promise;
    },
    { currentMs: 1_000, patienceMs: 500, oldestMs: 10_000 },
    { now: () => time.ms, wait: () => time.patience.promise },
  );
  return { answer, loads, time };
}

describe('a shared answer', () => {
  it('is made once for all who ask at the same time, and counts for a moment', async () => {
    const { answer, loads, time } = slow();
    const both = [answer.get(), answer.get()];
    loads[0]?.resolve(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
    time.ms = 999;
    expect(await answer.get()).toBe(1);
    time.ms = 1_000;
    const next = answer.get();
    loads[1]?.resolve(2);
    expect(await next).toBe(2);
    expect(loads).toHaveLength(2);
  });

  it('is the last one while a newer one takes long, and never one that is too old', async () => {
    const { answer, loads, time } = slow();
    const first = answer.get();
    loads[0]?.resolve(1);
    await first;
    time.ms = 5_000;
    const asked = answer.get();
    time.patience.resolve();
    expect(await asked).toBe(1);
    time.ms = 10_001;
    const late = answer.get();
    loads[1]?.resolve(2);
    expect(await late).toBe(2);
  });

  it('is made anew after a change, also when an older one is still on its way', async () => {
    const { answer, loads } = slow();
    const before = answer.get();
    answer.drop();
    const after = answer.get();
    loads[1]?.resolve(2);
    loads[0]?.resolve(1);
    expect(await Promise.all([before, after])).toEqual([1, 2]);
    expect(await answer.get()).toBe(2);
  });

  it('keeps no failure', async () => {
    const { answer, loads } = slow();
    const failed = answer.get();
    loads[0]?.reject(new Error('down'));
    await expect(failed).rejects.toThrow('down');
    const next = answer.get();
    loads[1]?.resolve(1);
    expect(await next).toBe(1);
  });
});
