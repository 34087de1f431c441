import type { Decision } from '../../schemas/decision.ts';
import type { OutcomeEvent } from '../../schemas/events/collector.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { LedgerEntry, LedgerWait } from '../../schemas/items/ledger.ts';
import { owesWait } from './calibration/apply.ts';
import { type Label, labelOf } from './label.ts';
import { arrayPart, canonicalInstant } from './round.ts';
import { GATE } from './thresholds.ts';

/** What a collector says about the life of one round. */
export interface Told {
  type: 'JobStarted' | 'JobEnded' | 'JobCancelled';
  at: string;
  endState?: 'succeeded' | 'failed' | undefined;
  /** The start of one task of an array: the first is the array's start, and the others change nothing. */
  ofTask?: boolean | undefined;
}

export interface Outcome {
  clusterId: string;
  /** Of an array, the array's own id. */
  jobId: string;
  /** Names the round; null where the event does not, and the latest one before it is meant. */
  submittedAt: string | null;
  told: Told;
}

/** The one fact that an event tells; null where that says nothing about the round, as the end of one task of an array. */
export function outcomeOf(event: OutcomeEvent): Outcome | null {
  const { clusterId, submittedAt } = event.detail;
  const { jobId, part } = arrayPart(event.detail.jobId);
  const told = toldBy(event, part !== 'whole');
  if (told.type !== 'JobStarted' && part === 'task') return null;
  return { clusterId, jobId, submittedAt: submittedAt === undefined ? null : canonicalInstant(submittedAt), told };
}

function toldBy(event: OutcomeEvent, ofArray: boolean): Told {
  switch (event['detail-type']) {
    case 'JobStarted':
      return { type: 'JobStarted', at: canonicalInstant(event.detail.startedAt), ofTask: ofArray };
    case 'JobEnded': {
      const { endedAt, state } = event.detail;
      return { type: 'JobEnded', at: canonicalInstant(endedAt), endState: state };
    }
    case 'JobCancelled':
      return { type: 'JobCancelled', at: canonicalInstant(event.detail.cancelledAt) };
  }
}

/** Beyond this a source is broken, and more examples of it teach nothing; the row must stay small. */
const CONTRADICTIONS_KEPT = 20;

const FACT = { JobStarted: 'started_at', JobEnded: 'ended_at', JobCancelled: 'cancelled_at' } as const;

/** Attributes of the row that an event changes; `contradicts` when it disagrees with what was stored before it. */
export interface Joined {
  set: Partial<JobItem>;
  contradicts: boolean;
}

/**
 * Joins one event to the row of its round, in any order of arrival. The first word on each fact stands, and so does the
 * first label: it may be in the ledger already. A duplicate changes nothing.
 * @param row of an outcome that overtook its submission, only the round
 * @param longWaitSeconds T
 */
export function joinOutcome(row: JobItem, told: Told, longWaitSeconds: number, now: Date): Joined {
  const fact = FACT[told.type];
  const known = row[fact];
  if (known !== undefined) {
    const agrees = sameInstant(known, told.at) && (told.type !== 'JobEnded' || row.end_state === told.endState);
    // A crash between the fact and its label is made good by the duplicate.
    return agrees || told.ofTask === true
      ? { set: firstLabel(row, longWaitSeconds, now), contradicts: false }
      : contradiction(row, told);
  }
  const facts = { [fact]: told.at, ...(told.endState && { end_state: told.endState }) };
  const joined = { ...row, ...facts };
  if (row.label_at === undefined)
    return { set: { ...facts, ...firstLabel(joined, longWaitSeconds, now) }, contradicts: false };

  const { label_at: _, long_wait: stored, ...unlabelled } = joined;
  const implied = labelOf(unlabelled, longWaitSeconds, now);
  if (implied && implied.longWait !== null && implied.longWait !== stored) {
    const { set, contradicts } = contradiction(row, told);
    return { set: { ...facts, ...set }, contradicts };
  }
  if (told.type !== 'JobStarted' || !implied) return { set: facts, contradicts: false };
  const set = { ...facts, ...waited(row, implied) };
  // Its label has been folded without the wait: back into the index, to be folded as a line of its own.
  const late = row.folded_in !== undefined && set.actual_wait !== undefined && owesItsWait(row);
  return { set: { ...set, ...(late && { unfolded: row.PK, unfolded_due: told.at }) }, contradicts: false };
}

/** The label of a row that has none yet, as attributes; empty while it cannot be known. */
export function firstLabel(row: JobItem, longWaitSeconds: number, now: Date): Partial<JobItem> {
  if (row.label_at !== undefined) return {};
  const label = labelOf(row, longWaitSeconds, now);
  if (!label) return {};
  return {
    long_wait: label.longWait,
    label_at: label.labelAt,
    ...waited(row, label),
    // Present only while a decision waits to be folded: from now on it can be.
    ...(row.unfolded !== undefined && { unfolded_due: label.labelAt }),
  };
}

/** Actual wait in seconds, and the error of the prediction: positive when the job waited longer than predicted. */
function waited(row: JobItem, { waitSeconds }: Label): Partial<JobItem> {
  if (waitSeconds === null) return {};
  return {
    actual_wait: waitSeconds,
    ...(row.predicted_wait !== undefined && { error: waitSeconds - row.predicted_wait }),
  };
}

function contradiction(row: JobItem, { type, at }: Told): Joined {
  const kept = row.contradicting ?? [];
  const repeated = kept.some((other) => other.type === type && sameInstant(other.at, at));
  if (repeated || kept.length >= CONTRADICTIONS_KEPT) return { set: {}, contradicts: false };
  const contradicting = [...kept, { type, at }];
  return { set: { contradicting, contradictions: contradicting.length }, contradicts: true };
}

const sameInstant = (one: string, other: string) => Date.parse(one) === Date.parse(other);
const seconds = (instant: string) => Date.parse(instant) / 1000;

/**
 * The ledger's entry for a labelled row, or null while it cannot be settled.
 * It teaches only when the label is the job's own (not intervened, not censored) and came after the decision.
 */
export function ledgerEntry(row: JobItem): LedgerEntry | null {
  const { decision, effect, label_at, long_wait, submitted_at } = row;
  if (!decision || !label_at || long_wait === undefined) return null;
  const intervened = effect?.intervened ?? false;
  const undone = effect?.status === 'undone' || effect?.status === 'failed';
  // A switch said no: nothing was done, so there is nothing to pay or to be credited for, and the label teaches as any.
  const executed = decision.executed && effect?.status !== 'refused';
  const late = !decision.foldable || Date.parse(label_at) < Date.parse(decision.decidedAt);
  return {
    jobId: row.job_id,
    decisionId: decision.decisionId,
    submittedAt: seconds(submitted_at),
    labelAt: seconds(label_at),
    kind: decision.kind,
    p: decision.prediction.p,
    q: decision.prediction.q,
    executed,
    intervened,
    harmed: executed && decision.kind === 'intervention' && undone,
    longWait: intervened || late ? null : long_wait,
    predictedWaitSeconds: decision.prediction.waitSeconds,
    waitSeconds: row.actual_wait ?? null,
    bounds: boundsOf(decision.prediction),
    epoch: decision.evidence.epoch,
  };
}

function boundsOf({ lowerSeconds, upperSeconds, upper90Seconds }: Decision['prediction']): LedgerWait['bounds'] {
  return { lowerSeconds, upperSeconds, upper90Seconds };
}

/** Whether the label of a row was folded, or will be, in a way that leaves something for its wait to tell. */
function owesItsWait(row: JobItem): boolean {
  const entry = ledgerEntry(row);
  return entry !== null && owesWait(entry);
}

/** The ledger's line for a row that started after its label was folded; null for any other. */
export function lateWait({ job_id, decision, submitted_at, label_at, ...row }: JobItem): LedgerWait | null {
  if (row.folded_in === undefined || row.actual_wait === undefined) return null;
  if (!decision || label_at === undefined) return null;
  const submittedAt = seconds(submitted_at);
  return {
    jobId: job_id,
    decisionId: decision.decisionId,
    submittedAt,
    startedAt: submittedAt + row.actual_wait,
    waitSeconds: row.actual_wait,
    atLeastSeconds: seconds(label_at) - submittedAt,
    bounds: boundsOf(decision.prediction),
  };
}

/** Undoing itself takes a moment, and may be asked for in the last one. */
const UNDO_TAKES_MS = 5 * 60_000;

/**
 * Whether the agent's own intervention is in place and may yet have to be undone, which its token would pay for: until the
 * execution is over, and where a human kept a hold or was told of it, until the time to undo it from the card is over too.
 */
export function mayYetBeUndone(
  { decision, effect, closed_at, status }: JobItem,
  undoMinutes: number,
  now: Date,
): boolean {
  if (decision?.executed !== true || effect?.intervened !== true) return false;
  if (closed_at === undefined) return true;
  const carded = status === 'approved' || (status === 'executed' && decision.next === 'actAndNotify');
  const onCard = carded && effect.status === 'done' && undoMinutes > 0;
  return onCard && now.getTime() < Date.parse(closed_at) + undoMinutes * 60_000 + UNDO_TAKES_MS;
}

/** Whether a reservation may still be needed: its decision waits for a label, or could yet be recorded. */
export function needsItsPlace(row: JobItem, { longWaitSeconds }: { longWaitSeconds: number }, now: Date): boolean {
  const { decision, submitted_at } = row;
  if (decision) return decision.executed && row.unfolded !== undefined && row.folded_in === undefined;
  if (row.closed_at !== undefined) return false;
  return now.getTime() / 1000 < seconds(submitted_at) + longWaitSeconds + GATE.labelGraceSeconds;
}
