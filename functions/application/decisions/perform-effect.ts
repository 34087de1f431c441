import type { ActionArguments } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';
import { EFFECTS } from '../../domain/thresholds.ts';
import { intentOf, inWords, touchesQueueing } from './intent.ts';
import {
  type Lookup,
  type Scheduler,
  SchedulerMalformed,
  SchedulerRefused,
  SchedulerUnavailable,
} from './scheduler.ts';

/** Two attempts: one more if a lookup shows that a lost request was not done. Further retries are up to the machine. */
const APPLIES = 2;
/** Between two looks for an effect that may be on its way. */
const LOOK_AGAIN_MS = 1_000;

/** Time as one invocation sees it. */
export interface Timing {
  /** When it began; goes into the records. */
  readonly now: Date;
  /** The time now, for deadlines. */
  readonly clock: () => Date;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** What surrounds a call that changes something. */
export interface Guard {
  /** Once, if there is no effect yet: why it may not be done, as the effect to record; null if it may. */
  admit(): Promise<Effect | null>;
  /** Before every call: records that it is being sent, and until when it may still arrive. */
  intend(until: Date): Promise<void>;
  /** Immediately before every call: why nothing may be done any more, as the effect to record; null if it may. */
  whyNot(): Promise<Effect | null>;
}

/** An earlier attempt left its intent and no result. Its call may arrive until then. */
export type Interrupted = { readonly until: Date } | null;

/**
 * Performs an effect at most once, whatever is retried: looks whether this decision already has one, places it, and reads it back.
 * After a call without an answer it looks for the effect until that call can no longer arrive, and repeats it only where the
 * scheduler keeps effects by decision. An effect that may or may not have happened is `failed`, and counts as intervened if
 * queueing may have been touched: a doubtful label must not teach.
 *
 * @throws SchedulerUnavailable or SchedulerMalformed only while nothing was tried, so that the Task can simply be retried
 */
export async function performEffect(
  scheduler: Scheduler,
  args: ActionArguments,
  decisionId: string,
  { guard, interrupted, timing }: { guard: Guard; interrupted: Interrupted; timing: Timing },
): Promise<Effect> {
  const record = { action: args.action, decisionId, at: timing.now.toISOString() };
  const intervened = touchesQueueing(args.action) && (scheduler.touches || interrupted !== null);
  const unknown = (why: string): Effect => {
    return { ...record, status: 'failed', reason: `nobody knows whether it was done: ${why}`, intervened };
  };
  if (interrupted && !scheduler.touches) return unknown('it was interrupted, and dry run was switched on since');
  let placed: PlacedEffect | null = null;
  try {
    const intent = intentOf(args);
    const found = interrupted
      ? await lookUntil(scheduler, decisionId, interrupted.until, timing)
      : await scheduler.find(decisionId);
    placed = found.effect;
    if (!placed) {
      if (interrupted && !found.keyed) return unknown('it was interrupted, and the scheduler keeps no record of it');
      const refusal = await guard.admit();
      if (refusal) return refusal;
      const outcome = await place(scheduler, args, decisionId, found.keyed, { guard, timing });
      if ('refusal' in outcome) return outcome.refusal;
      if ('refused' in outcome) return { ...record, status: 'refused', reason: outcome.refused, intervened: false };
      if ('doubt' in outcome) return unknown(outcome.doubt);
      placed = outcome.placed;
    }
    if (!scheduler.touches) {
      return { ...record, status: 'dryRun', reason: `would have ${inWords(intent, args.jobId)}`, intervened: false };
    }
    return await readBack(scheduler, args, placed, { ...record, intervened });
  } catch (error) {
    if (placed || !(error instanceof SchedulerRefused || isUnknown(error))) throw error;
    // What was tried before may have been done, though the scheduler does not say so.
    if (interrupted) return unknown(error.message);
    if (isUnknown(error)) throw error;
    return { ...record, status: 'refused', reason: error.message, intervened: false };
  }
}

type Outcome = { placed: PlacedEffect } | { refusal: Effect } | { refused: string } | { doubt: string };

async function place(
  scheduler: Scheduler,
  args: ActionArguments,
  decisionId: string,
  keyed: boolean,
  { guard, timing }: { guard: Guard; timing: Timing },
): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const until = new Date(timing.clock().getTime() + EFFECTS.callSeconds * 1000);
    await guard.intend(until);
    const refusal = await guard.whyNot();
    if (refusal) return { refusal };
    // This process may have been suspended since it looked.
    if (timing.clock() >= until) {
      if (attempt >= APPLIES) throw new SchedulerUnavailable('the machine is too slow to call it in time');
      continue;
    }
    try {
      return { placed: await scheduler.apply(args, decisionId) };
    } catch (error) {
      if (error instanceof SchedulerRefused) return { refused: error.message };
      if (!isUnknown(error)) throw error;
      const found = await lookUntil(scheduler, decisionId, until, timing).catch((failure: unknown) => {
        if (isUnknown(failure) || failure instanceof SchedulerRefused) return null;
        throw failure;
      });
      if (found?.effect) return { placed: found.effect };
      if (attempt >= APPLIES || !found?.keyed || !keyed) return { doubt: error.message };
    }
  }
}

/**
 * Looks for an effect whose call is on its way, until that call can no longer arrive.
 * @throws SchedulerUnavailable, SchedulerMalformed when the last look failed
 */
async function lookUntil(scheduler: Scheduler, decisionId: string, until: Date, timing: Timing): Promise<Lookup> {
  for (;;) {
    const last = timing.clock() >= until;
    try {
      const found = await scheduler.find(decisionId);
      if (found.effect || last) return found;
    } catch (error) {
      if (last || !isUnknown(error)) throw error;
    }
    const leftMs = until.getTime() - timing.clock().getTime();
    if (leftMs > 0) await timing.wait(Math.min(leftMs, LOOK_AGAIN_MS));
  }
}

async function readBack(
  scheduler: Scheduler,
  args: ActionArguments,
  placed: PlacedEffect,
  record: Pick<Effect, 'action' | 'decisionId' | 'at' | 'intervened'>,
): Promise<Effect> {
  if (placed.action !== args.action || placed.jobId !== args.jobId || placed.decisionId !== record.decisionId) {
    return { ...record, status: 'failed', reason: 'the scheduler holds another effect under this decision' };
  }
  if (placed.undone) return { ...record, status: 'undone', undo: placed };
  try {
    if ((await scheduler.readBack(placed)) === 'asIntended') return { ...record, status: 'done', undo: placed };
    return { ...record, status: 'failed', reason: 'read back different from what was asked', undo: placed };
  } catch (error) {
    if (!(error instanceof SchedulerRefused || isUnknown(error))) throw error;
    return { ...record, status: 'failed', reason: `done, but could not be read back: ${error.message}`, undo: placed };
  }
}

/** Errors that leave it open whether the scheduler did it. */
export function isUnknown(error: unknown): error is SchedulerUnavailable | SchedulerMalformed {
  return error instanceof SchedulerUnavailable || error instanceof SchedulerMalformed;
}
