import { describe, expect, it } from 'vitest';
import { dryRunScheduler } from '../../../../functions/adapters/schedulers/dry-run.ts';

import {
  type Guard,
  type Interrupted,
  performEffect,
  type Timing,
} from '../../../../functions/application/decisions/perform-effect.ts';
import {
  type Scheduler,
  SchedulerRefused,
  SchedulerUnavailable,
} from '../../../../functions/application/decisions/scheduler.ts';
import { undoEffect } from '../../../../functions/application/decisions/undo-effect.ts';
import { EFFECTS } from '../../../../functions/domain/thresholds.ts';
import type { ActionArguments } from '../../../../schemas/decision.ts';
import { Effect } from '../../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../../schemas/ports/scheduler.ts';

const NOW = new Date('2026-11-20T08:00:00.000Z');
const hold: ActionArguments = { action: 'hold', clusterId: 'c1', jobId: 'j1' };
const note: ActionArguments = { action: 'warn', clusterId: 'c1', jobId: 'j1', text: 'it will take long' };

/** A scheduler in memory that counts what it did, and whose methods a test can make fail. */
function memoryScheduler(overrides: Partial<Scheduler> = {}, keyed = true) {
  const effects = new Map<string, PlacedEffect>();
  const calls: string[] = [];
  const place = (args: ActionArguments, decisionId: string): PlacedEffect => {
    const placed = { decisionId, action: args.action, jobId: args.jobId, before: { held: false }, undone: false };
    effects.set(decisionId, placed);
    return placed;
  };
  const base: Scheduler = {
    touches: true,
    find: async (decisionId) => ({ effect: effects.get(decisionId) ?? null, keyed }),
    apply: async (args, decisionId) => place(args, decisionId),
    readBack: async () => 'asIntended',
    undo: async (placed) => {
      const undone = { ...placed, undone: true };
      effects.set(placed.decisionId, undone);
      return undone;
    },
  };
  const inner = { ...base, ...overrides };
  const noting = <A extends unknown[], R>(name: string, call: (...args: A) => R) => {
    return (...args: A): R => {
      calls.push(name);
      return call(...args);
    };
  };
  const scheduler: Scheduler = {
    touches: true,
    find: noting('find', inner.find),
    apply: noting('apply', inner.apply),
    readBack: noting('readBack', inner.readBack),
    undo: noting('undo', inner.undo),
  };
  return { scheduler, effects, calls, place };
}

const REFUSED: Effect = {
  ...{ status: 'refused', reason: 'frozen', action: 'hold', decisionId: 'dec_1' },
  ...{ at: NOW.toISOString(), intervened: false },
};

const unavailable = async (): Promise<never> => {
  throw new SchedulerUnavailable('no answer');
};

/** Time passes only while somebody waits. */
function timing(): Timing {
  let ms = NOW.getTime();
  const wait = async (milliseconds: number) => {
    ms += milliseconds;
  };
  return { now: NOW, clock: () => new Date(ms), wait };
}
const FREE: Guard = { admit: async () => null, intend: async () => undefined, whyNot: async () => null };

async function perform(
  scheduler: Scheduler,
  args = hold,
  {
    guard = FREE,
    interrupted = null,
    time = timing(),
  }: { guard?: Guard; interrupted?: Interrupted; time?: Timing } = {},
) {
  return Effect.parse(await performEffect(scheduler, args, 'dec_1', { guard, interrupted, timing: time }));
}

/** The same of an earlier attempt, whose call can arrive for three seconds more. */
const interrupted = { until: new Date(NOW.getTime() + 3_000) };

describe('performing an effect', () => {
  it('looks, applies, reads back, and keeps what undo needs', async () => {
    const { scheduler, calls } = memoryScheduler();
    const effect = await perform(scheduler);
    expect(calls).toEqual(['find', 'apply', 'readBack']);
    expect(effect).toMatchObject({ status: 'done', action: 'hold', decisionId: 'dec_1', at: NOW.toISOString() });
    expect(effect).toMatchObject({ intervened: true, undo: { before: { held: false } } });
  });

  it('does not repeat what this decision has done before', async () => {
    const { scheduler, calls } = memoryScheduler();
    await perform(scheduler);
    calls.length = 0;
    expect(await perform(scheduler)).toMatchObject({ status: 'done' });
    expect(calls).toEqual(['find', 'readBack']);
  });

  it('does not do again what was taken back', async () => {
    const { scheduler, calls } = memoryScheduler();
    await undoEffect(scheduler, await perform(scheduler), NOW);
    calls.length = 0;
    expect(await perform(scheduler)).toMatchObject({ status: 'undone' });
    expect(calls).toEqual(['find']);
  });

  it('does not call a note an intervention', async () => {
    expect(await perform(memoryScheduler().scheduler, note)).toMatchObject({ status: 'done', intervened: false });
  });

  it('looks after a lost answer and does not repeat what was done', async () => {
    const world = memoryScheduler({
      apply: async (args, id) => {
        world.place(args, id);
        throw new SchedulerUnavailable('no answer in time');
      },
    });
    expect(await perform(world.scheduler)).toMatchObject({ status: 'done', intervened: true });
    expect(world.calls).toEqual(['find', 'apply', 'find', 'readBack']);
  });

  it('repeats after a lost answer only once the call can no longer arrive and nothing was done', async () => {
    let lost = 1;
    const time = timing();
    const world = memoryScheduler({
      apply: async (args, id) => (lost-- > 0 ? unavailable() : world.place(args, id)),
    });
    expect(await perform(world.scheduler, hold, { time })).toMatchObject({ status: 'done' });
    const looks = world.calls.slice(2, -2);
    expect(world.calls).toEqual(['find', 'apply', ...looks, 'apply', 'readBack']);
    expect(new Set(looks)).toEqual(new Set(['find']));
    expect(time.clock().getTime() - NOW.getTime()).toBe(EFFECTS.callSeconds * 1000);
  });

  it('finds what arrives after its answer was given up', async () => {
    const time = timing();
    const world = memoryScheduler({
      apply: unavailable,
      find: async () => {
        const arrived = time.clock().getTime() >= NOW.getTime() + 6_000;
        return { effect: arrived ? world.place(hold, 'dec_1') : null, keyed: false };
      },
    });
    expect(await perform(world.scheduler, hold, { time })).toMatchObject({ status: 'done', intervened: true });
    expect(world.calls.filter((call) => call === 'apply')).toHaveLength(1);
  });

  it('never repeats at a scheduler that does not keep effects by decision: the result is unknown, and a human is notified', async () => {
    const { scheduler, calls } = memoryScheduler({ apply: unavailable }, false);
    expect(await perform(scheduler)).toMatchObject({
      ...{ status: 'failed', intervened: true },
      reason: 'nobody knows whether it was done: no answer',
    });
    expect(calls.filter((call) => call === 'apply')).toHaveLength(1);
  });

  it('writes its intent before every call, then looks whether it still may', async () => {
    const steps: string[] = [];
    const step = (name: string) => async () => {
      steps.push(name);
      return null;
    };
    const guard: Guard = {
      admit: step('admit'),
      intend: async (until) => void steps.push(`intent until ${until.toISOString()}`),
      whyNot: step('look'),
    };
    const world = memoryScheduler({
      apply: async (args, id) => {
        steps.push('call');
        return world.place(args, id);
      },
    });
    await perform(world.scheduler, hold, { guard });
    expect(steps).toEqual(['admit', 'intent until 2026-11-20T08:00:10.000Z', 'look', 'call']);
  });

  it('does not call when it may no longer', async () => {
    const { scheduler, calls } = memoryScheduler();
    const frozen = { ...FREE, whyNot: async () => REFUSED };
    expect(await perform(scheduler, hold, { guard: frozen })).toEqual(REFUSED);
    expect(calls).toEqual(['find']);
  });

  it('looks again when the process stood still between the look and the call', async () => {
    const time = timing();
    let looks = 0;
    const guard: Guard = {
      ...FREE,
      whyNot: async () => {
        looks += 1;
        if (looks > 1) return REFUSED;
        await time.wait(90_000);
        return null;
      },
    };
    const { scheduler, calls } = memoryScheduler();
    expect(await perform(scheduler, hold, { guard, time })).toEqual(REFUSED);
    expect(calls).toEqual(['find']);
  });

  it('counts as an intervention when nobody knows whether it was done', async () => {
    let looks = 0;
    const { scheduler } = memoryScheduler({
      find: async () => (looks++ === 0 ? { effect: null, keyed: true } : unavailable()),
      apply: unavailable,
    });
    expect(await perform(scheduler)).toMatchObject({ status: 'failed', intervened: true });
  });

  it('never places it a third time', async () => {
    const { scheduler, calls } = memoryScheduler({ apply: unavailable });
    expect(await perform(scheduler)).toMatchObject({ status: 'failed', intervened: true });
    expect(calls.filter((call) => call === 'apply')).toHaveLength(2);
  });

  it('throws, so that the task is retried, when it could not even look', async () => {
    const { scheduler, calls } = memoryScheduler({ find: unavailable });
    await expect(perform(scheduler)).rejects.toMatchObject({ name: 'SchedulerUnavailable' });
    expect(calls).toEqual(['find']);
  });

  it('fails, and keeps the undo, when the job reads back different', async () => {
    const { scheduler } = memoryScheduler({ readBack: async () => 'different' });
    expect(await perform(scheduler)).toMatchObject({ status: 'failed', intervened: true, undo: { jobId: 'j1' } });
  });

  it.each([
    ['unavailable', unavailable],
    [
      'refused',
      async (): Promise<never> => {
        throw new SchedulerRefused('gone');
      },
    ],
  ])('fails, and keeps the undo, when the read-back is %s', async (_, readBack) => {
    const { scheduler } = memoryScheduler({ readBack });
    expect(await perform(scheduler)).toMatchObject({ status: 'failed', intervened: true, undo: { jobId: 'j1' } });
  });

  it('is refused, not failed, when the scheduler says no', async () => {
    const { scheduler } = memoryScheduler({
      apply: async () => {
        throw new SchedulerRefused('the job has left the queue');
      },
    });
    const effect = await perform(scheduler);
    expect(effect).toMatchObject({ status: 'refused', intervened: false, reason: 'the job has left the queue' });
  });

  it('refuses an unknown action before it asks anybody', async () => {
    const { scheduler, calls } = memoryScheduler();
    expect(await perform(scheduler, { ...hold, action: 'explode' })).toMatchObject({ status: 'refused' });
    expect(calls).toEqual([]);
  });

  it('does not take the effect of another job for its own', async () => {
    const { scheduler, place } = memoryScheduler();
    place({ ...hold, jobId: 'j2' }, 'dec_1');
    expect(await perform(scheduler)).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/another effect/),
    });
  });

  it('lets a bug through as it is', async () => {
    const { scheduler } = memoryScheduler({
      apply: async () => {
        throw new TypeError('bug');
      },
    });
    await expect(perform(scheduler)).rejects.toThrow(TypeError);
  });

  it.each([
    [hold, 'would have held job j1'],
    [note, 'would have written a note on job j1'],
    [{ ...hold, action: 'requeue', target: 'short' }, 'would have moved job j1 to queue short'],
    [{ ...hold, action: 'adjust-priority', target: '-5' }, 'would have changed the priority of job j1 by -5'],
  ])('says in a dry run what it would have done', async (args, reason) => {
    const effect = await perform(dryRunScheduler(), args);
    expect(effect).toMatchObject({ status: 'dryRun', reason, intervened: false });
    expect(effect.undo).toBeUndefined();
  });
});

describe('an interrupted effect', () => {
  it('is looked for until its call can no longer arrive, and not judged once it is there', async () => {
    const time = timing();
    const { scheduler, calls, place } = memoryScheduler({
      find: async () => ({ effect: time.clock() >= interrupted.until ? place(hold, 'dec_1') : null, keyed: true }),
    });
    const guard = { ...FREE, admit: async () => REFUSED };
    expect(await perform(scheduler, hold, { guard, interrupted, time })).toMatchObject({ status: 'done' });
    expect(calls).not.toContain('apply');
  });

  it('is done once its call can no longer arrive and has not', async () => {
    const time = timing();
    const { scheduler, calls } = memoryScheduler();
    expect(await perform(scheduler, hold, { interrupted, time })).toMatchObject({ status: 'done' });
    expect(calls.filter((call) => call === 'apply')).toHaveLength(1);
    expect(time.clock()).toEqual(interrupted.until);
  });

  it.each([
    ['the scheduler keeps no effects by decision', () => memoryScheduler({}, false).scheduler],
    ['the scheduler does not answer', () => memoryScheduler({ find: unavailable }).scheduler],
    ['dry run was switched on since', () => dryRunScheduler()],
  ])('counts as an intervention, and is not repeated, where %s', async (_why, schedulerOf) => {
    const effect = await perform(schedulerOf(), hold, { interrupted });
    expect(effect).toMatchObject({
      status: 'failed',
      intervened: true,
      reason: expect.stringMatching(/^nobody knows whether it was done/),
    });
  });
});

describe('taking an effect back', () => {
  it('undoes it and reads back that it is gone', async () => {
    const { scheduler } = memoryScheduler();
    const undone = Effect.parse(await undoEffect(scheduler, await perform(scheduler), NOW));
    expect(undone).toMatchObject({ status: 'undone', intervened: true, undo: { undone: true } });
  });

  it('leaves alone what was never done', async () => {
    const { scheduler, calls } = memoryScheduler();
    const effect = await perform(dryRunScheduler());
    expect(await undoEffect(scheduler, effect, NOW)).toEqual(effect);
    expect(calls).toEqual([]);
  });

  it('says that it is still there where dry run was switched on since, which would only say that it was taken back', async () => {
    const effect = await perform(memoryScheduler().scheduler);
    expect(await undoEffect(dryRunScheduler(), effect, NOW)).toMatchObject({
      status: 'failed',
      reason: 'could not be taken back: dry run was switched on since',
    });
    const undone = { ...effect, status: 'undone' as const };
    expect(await undoEffect(dryRunScheduler(), undone, NOW)).toEqual(undone);
  });

  it('says so when the job has left the queue', async () => {
    const { scheduler } = memoryScheduler({
      undo: async () => {
        throw new SchedulerRefused('the job has left the queue');
      },
    });
    const effect = await undoEffect(scheduler, await perform(scheduler), NOW);
    expect(effect).toMatchObject({ status: 'failed', reason: 'could not be taken back: the job has left the queue' });
  });

  it('says so when the job still reads back as changed', async () => {
    const world = memoryScheduler();
    const effect = await perform(world.scheduler);
    const { scheduler } = memoryScheduler({ readBack: async () => 'different' });
    expect(await undoEffect(scheduler, effect, NOW)).toMatchObject({ status: 'failed', intervened: true });
  });
});
