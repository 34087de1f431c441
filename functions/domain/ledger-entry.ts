import type { Decision } from '../../schemas/decision.ts';
import type { JobItem, RoundForecast } from '../../schemas/items/job.ts';
import type { LabelForecast, LedgerEntry, LedgerWait } from '../../schemas/items/ledger.ts';
import { owesWait } from './calibration/apply.ts';
import { nextElapse } from './calibration/intervals.ts';
import { isTouched } from './own-effect.ts';
import { secondsOf } from './round.ts';
import { forecastOf } from './round-forecast.ts';

/**
 * The ledger entry for a labelled row, or null while it cannot be settled.
 * Only a label that is the job's own (not touched, not censored) and came after the decision teaches anything.
 *
 * @param draw the round's draw for the rings
 */
export function ledgerEntry(row: JobItem, draw: number): LedgerEntry | null {
  const forecast = forecastOf(row);
  const { decision, effect, label_at, long_wait, submitted_at } = row;
  if (!decision || !label_at || long_wait === undefined || !submitted_at) return null;
  const heldOut = decision.next === 'holdOut';
  const touched = isTouched(row, label_at);
  const late = !decision.foldable || Date.parse(label_at) < Date.parse(decision.decidedAt);
  const ownIntervention = decision.executed && decision.kind === 'intervention';
  return {
    jobId: row.job_id,
    decisionId: decision.decisionId,
    submittedAt: secondsOf(submitted_at),
    decidedAt: secondsOf(decision.decidedAt),
    labelAt: secondsOf(label_at),
    p: decision.prediction.p,
    q: decision.prediction.q,
    called: decision.called,
    tier: decision.tier,
    heldOut,
    done: heldOut || (decision.executed && tookPlace(row)),
    cost: decision.cost,
    paper: decision.paper,
    eras: decision.eras,
    touched,
    undone: ownIntervention && (effect?.status === 'undone' || effect?.status === 'failed'),
    longWait: touched || late ? null : long_wait,
    draw,
    predictedWaitSeconds: decision.prediction.waitSeconds,
    waitSeconds: row.actual_wait ?? null,
    bounds: boundsOf(decision.prediction),
    epoch: decision.evidence.epoch,
    ...(forecast !== null && { forecast: taughtBy(forecast) }),
  };
}

export function taughtBy({ inputs: _, ...taught }: RoundForecast): LabelForecast {
  return taught;
}

/** False when a switch refused it at the last moment. A statement counts even if its execution broke: it may have been made. */
export function tookPlace({ effect, status, decision }: JobItem): boolean {
  if (effect === undefined) return status !== 'failed' || decision?.kind === 'statement';
  if (effect.status === 'refused' || effect.status === 'void') return false;
  return effect.status !== 'failed' || decision?.kind === 'intervention';
}

export function boundsOf({ lowerSeconds, upperSeconds, upper90Seconds }: Decision['prediction']): LedgerWait['bounds'] {
  return { lowerSeconds, upperSeconds, upper90Seconds };
}

/**
 * What can be folded of a wait that outlasts its folded label: the job has started, or more bounds have elapsed. Null when there
 * is nothing new.
 */
export function moreOfWait(row: JobItem, now: Date): LedgerWait | null {
  const { decision, submitted_at, actual_wait } = row;
  const fromSeconds = waitedSoFar(row);
  if (!decision || submitted_at === undefined || fromSeconds === null) return null;
  const submittedAt = secondsOf(submitted_at);
  const bounds = boundsOf(decision.prediction);
  const line = { jobId: row.job_id, decisionId: decision.decisionId, submittedAt, fromSeconds, bounds };
  if (actual_wait !== undefined) {
    // All bounds are settled.
    if (nextElapse(bounds, fromSeconds) === null) return null;
    // A start reported late may precede what is already folded; that stands, and only the bounds beyond it learn from the start.
    return { ...line, toSeconds: Math.max(actual_wait, fromSeconds), started: true };
  }
  if (!isWaiting(row)) return null;
  const elapsed = now.getTime() / 1000 - submittedAt;
  const passed = Object.values(bounds).filter((bound) => bound > fromSeconds && bound <= elapsed);
  return passed.length === 0 ? null : { ...line, toSeconds: Math.max(...passed), started: false };
}

/** No event has ended the wait; a start that contradicts the label also ends it. */
export function isWaiting({ started_at, ended_at, cancelled_at }: JobItem): boolean {
  return started_at === undefined && ended_at === undefined && cancelled_at === undefined;
}

/** Seconds of the wait folded so far; null when the label leaves nothing open or is not folded yet. */
export function waitedSoFar(row: JobItem): number | null {
  if (row.folded_in === undefined || row.label_at === undefined || row.wait_over === true) return null;
  const entry = ledgerEntry({ ...row, actual_wait: undefined }, 0);
  if (entry === null || owesWait(entry) === null) return null;
  return row.waited_seconds ?? entry.labelAt - entry.submittedAt;
}
