import { describe, expect, it } from 'vitest';
import { dryRunScheduler } from '../../../../functions/adapters/schedulers/dry-run.ts';

import { performEffect } from '../../../../functions/application/decisions/perform-effect.ts';
import {
  type Scheduler,
  SchedulerRefused,
  SchedulerUnavailable,
} from '../../../../functions/application/decisions/scheduler.ts';
import { undoEffect } from '../../../../functions/application/decisions/undo-effect.ts';
import type { ActionArguments } from '../../../../schemas/decision.ts';
import { Effect } from '../../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../../schemas/ports/scheduler.ts';

const NOW = new Date('2026-11-20T08:00:00.000Z');
const hold: ActionArguments = { action: 'hold', clusterId: 'c1', jobId: 'j1' };
const note: ActionArguments = { action: 'warn', clusterId: 'c1', jobId: 'j1', text: 'it will take long' };

/** A scheduler in memory that counts what it did, and whose methods a test can make fail. */
function memoryScheduler(overrides: Partial<Scheduler> = {}) {
  const effects = new Map<string, PlacedEffect>();
  const calls: string[] = [];
  const place = (args: ActionArguments, decisionId: string): PlacedEffect => {
    const placed = { decisionId, action: args.action, jobId: args.jobId, before: { held: false }, undone: false };
    effects.set(decisionId, placed);
    return placed;
  };
  const base: Scheduler = {
    touches: true,
    find: async (decisionId) => effects.get(decisionId) ?? null,
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

const unavailable = async (): Promise<never> => {
  throw new SchedulerUnavailable('no answer');
};

async function perform(scheduler: Scheduler, args = hold) {
  return Effect.parse(await performEffect(scheduler, args, 'dec_1', NOW));
}

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

  it('repeats after a lost answer only once it has seen that nothing was done', async () => {
    let lost = 1;
    const world = memoryScheduler({
      apply: async (args, id) => (lost-- > 0 ? unavailable() : world.place(args, id)),
    });
    expect(await perform(world.scheduler)).toMatchObject({ status: 'done' });
    expect(world.calls).toEqual(['find', 'apply', 'find', 'apply', 'readBack']);
  });

  it('counts as an intervention when nobody knows whether it was done', async () => {
    let looks = 0;
    const { scheduler } = memoryScheduler({
      find: async () => (looks++ === 0 ? null : unavailable()),
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
