import type { OutcomeEvent } from '../../schemas/events/collector.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { LedgerWait } from '../../schemas/items/ledger.ts';
import { owesWait } from './calibration/apply.ts';
import { nextElapse } from './calibration/intervals.ts';
import { type Label, labelOf } from './label.ts';
import { boundsOf, isWaiting, moreOfWait, waitedSoFar } from './ledger-entry.ts';
import { isOfQueue, isWait, type LedgerLine, labelsOf } from './ledger-lines.ts';
import { nextQueueDue, stageAfter } from './queue-facts.ts';
import { arrayPart, canonicalInstant, secondsOf } from './round.ts';
import { GATE } from './thresholds.ts';

/** One fact about the life of a round, as a collector reports it. */
export interface JobFact {
  type: 'JobStarted' | 'JobEnded' | 'JobCancelled';
  at: string;
  endState?: 'succeeded' | 'failed' | undefined;
  /** The start of one task of an array: the first counts as the array's start, the others change nothing. */
  ofTask?: boolean | undefined;
}

export interface Outcome {
  clusterId: string;
  /** For an array, the array's own id. */
  jobId: string;
  /** Names the round; null when the event names none and means the latest round before it. */
  submittedAt: string | null;
  fact: JobFact;
}

/** The outcome in an event; null when it says nothing about the round, such as the end of one array task. */
export function outcomeOf(event: OutcomeEvent): Outcome | null {
  const { clusterId, submittedAt } = event.detail;
  const { jobId, part } = arrayPart(event.detail.jobId);
  const fact = factOf(event, part !== 'whole');
  if (fact.type !== 'JobStarted' && part === 'task') return null;
  return { clusterId, jobId, submittedAt: submittedAt === undefined ? null : canonicalInstant(submittedAt), fact };
}

function factOf(event: OutcomeEvent, ofArray: boolean): JobFact {
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

/** More than this means a broken source; further examples add nothing, and the row must stay small. */
const CONTRADICTIONS_KEPT = 20;

const FACT = { JobStarted: 'started_at', JobEnded: 'ended_at', JobCancelled: 'cancelled_at' } as const;

/** Row attributes that an event changes; `contradicts` when it disagrees with what is stored. */
export interface Joined {
  set: Partial<JobItem>;
  contradicts: boolean;
}

/**
 * Joins one event to the row of its round, in any order of arrival. The first report of each fact stands, and so does the
 * first label, which may already be in the ledger. A duplicate changes nothing.
 * @param row holds only the round when the outcome overtook its submission
 * @param longWaitSeconds T
 */
export function joinOutcome(row: JobItem, fact: JobFact, longWaitSeconds: number, now: Date): Joined {
  const joined = joinFact(row, fact, longWaitSeconds, now);
  const after = { ...row, ...joined.set };
  // An indexed row's due time follows from what is known now.
  if (after.unfolded === undefined || Object.keys(joined.set).length === 0) return joined;
  return { ...joined, set: { ...joined.set, unfolded_due: nextDue(after) ?? fact.at } };
}

function joinFact(row: JobItem, fact: JobFact, longWaitSeconds: number, now: Date): Joined {
  const attribute = FACT[fact.type];
  const known = row[attribute];
  if (known !== undefined) {
    const agrees = sameInstant(known, fact.at) && (fact.type !== 'JobEnded' || row.end_state === fact.endState);
    // A duplicate repairs a crash between storing the fact and its label.
    return agrees || fact.ofTask === true
      ? { set: firstLabel(row, longWaitSeconds, now), contradicts: false }
      : contradiction(row, fact);
  }
  const facts = { [attribute]: fact.at, ...(fact.endState && { end_state: fact.endState }) };
  const joined = { ...row, ...facts };
  if (row.label_at === undefined)
    return { set: { ...facts, ...firstLabel(joined, longWaitSeconds, now) }, contradicts: false };

  const { label_at: _, long_wait: stored, ...unlabelled } = joined;
  const implied = labelOf(unlabelled, longWaitSeconds, now);
  if (implied && implied.longWait !== null && implied.longWait !== stored) {
    const { set, contradicts } = contradiction(row, fact);
    return { set: { ...facts, ...set }, contradicts };
  }
  if (fact.type !== 'JobStarted' || !implied) return { set: facts, contradicts: false };
  const set = { ...facts, ...waited(row, implied) };
  // The label was folded without the wait: index the row again so that the wait is folded as its own line.
  const late = set.actual_wait !== undefined && waitedSoFar(row) !== null;
  return { set: { ...set, ...(late && { unfolded: row.PK }) }, contradicts: false };
}

/** The label of a row that has none yet, as attributes; empty while it is unknown. */
export function firstLabel(row: JobItem, longWaitSeconds: number, now: Date): Partial<JobItem> {
  if (row.label_at !== undefined) return {};
  const label = labelOf(row, longWaitSeconds, now);
  if (!label) return {};
  return {
    long_wait: label.longWait,
    label_at: label.labelAt,
    ...waited(row, label),
    // Present only while a decision waits to be folded, which is possible from now on.
    ...(row.unfolded !== undefined && { unfolded_due: label.labelAt }),
  };
}

/** Actual wait in seconds and the prediction error, which is positive when the job waited longer than predicted. */
function waited(row: JobItem, { waitSeconds }: Label): Partial<JobItem> {
  if (waitSeconds === null) return {};
  return {
    actual_wait: waitSeconds,
    ...(row.predicted_wait !== undefined && { error: waitSeconds - row.predicted_wait }),
  };
}

function contradiction(row: JobItem, { type, at }: JobFact): Joined {
  const kept = row.contradicting ?? [];
  const repeated = kept.some((other) => other.type === type && sameInstant(other.at, at));
  if (repeated || kept.length >= CONTRADICTIONS_KEPT) return { set: {}, contradicts: false };
  const contradicting = [...kept, { type, at }];
  return { set: { contradicting, contradictions: contradicting.length }, contradicts: true };
}

const sameInstant = (one: string, other: string) => Date.parse(one) === Date.parse(other);

/**
 * When an ongoing wait next shows something, ISO 8601; null when it never will, or only too late to be useful.
 *
 * @param toSeconds how much of it is folded
 */
export function nextWaitDue(line: Pick<LedgerWait, 'submittedAt' | 'bounds'>, toSeconds: number): string | null {
  const next = nextElapse(line.bounds, toSeconds);
  if (next === null || next > GATE.usefulSeconds) return null;
  return new Date((line.submittedAt + next) * 1000).toISOString();
}

/**
 * When a row next has something to fold, even if no more events arrive, ISO 8601; null when it is over.
 * For a label that waits for an effect that may still be undone, the fold itself sets the time.
 */
export function nextDue(row: JobItem): string | null {
  const dues = [nextQueueDue(row)?.toISOString() ?? null, labelDue(row), waitDue(row)];
  return dues.reduce((first, due) => (first === null || (due !== null && due < first) ? due : first));
}

function labelDue({ decision, folded_in, label_at, submitted_at }: JobItem): string | null {
  if (decision?.foldable !== true || folded_in !== undefined) return null;
  if (label_at !== undefined) return label_at;
  const grace = decision.longWaitSeconds + GATE.labelGraceSeconds;
  return new Date((secondsOf(submitted_at) + grace) * 1000).toISOString();
}

function waitDue(row: JobItem): string | null {
  const from = waitedSoFar(row);
  if (from === null || row.decision === undefined) return null;
  if (row.actual_wait !== undefined) return moreOfWait(row, new Date(0)) === null ? null : (row.started_at ?? null);
  if (!isWaiting(row)) return null;
  return nextWaitDue({ submittedAt: secondsOf(row.submitted_at), bounds: boundsOf(row.decision.prediction) }, from);
}

type Counted = Pick<JobItem, 'counted' | 'folded_in' | 'waited_seconds' | 'wait_over'>;

/** The marks of a row once some of its lines are in the ledger. Applied twice, or late, they change nothing. */
export function marksOf(row: Counted, lines: readonly LedgerLine[], version: number): Partial<JobItem> {
  const [label] = labelsOf(lines);
  const waits = lines.filter(isWait);
  const counted = stageAfter(row.counted, lines.filter(isOfQueue));
  const waited = Math.max(row.waited_seconds ?? 0, ...waits.map(({ toSeconds }) => toSeconds));
  const isWaitOver = (label !== undefined && owesWait(label) === null) || waits.some(({ started }) => started);
  return {
    ...(label !== undefined && row.folded_in === undefined && { folded_in: version }),
    ...(waits.length > 0 && waited !== row.waited_seconds && { waited_seconds: waited }),
    ...(isWaitOver && row.wait_over === undefined && { wait_over: true }),
    ...(counted !== row.counted && { counted }),
  };
}

/** An undo takes a moment, and may be requested just before the deadline. */
const UNDO_TAKES_MS = 5 * 60_000;

/** An execution may run on, and a hold may wait hours for its human: the next run looks again. This is no sign of a stuck fold. */
const OPEN_MS = 60_000;

/**
 * Until when the agent's own intervention, in place or about to be, may still be undone at the cost of its token: until the
 * execution is over and, if people were notified, until the card's undo window has closed too.
 *
 * @returns when to look again; null when nothing is open
 */
export function mayBeUndoneUntil(
  { decision, effect, closed_at }: JobItem,
  undoMinutes: number,
  now: Date,
): Date | null {
  if (decision?.executed !== true || decision.kind !== 'intervention') return null;
  // Open even before an effect is on record: a job that starts at once may have started because of it.
  const isOpen = effect === undefined || effect.intervened;
  if (closed_at === undefined) return isOpen ? new Date(now.getTime() + OPEN_MS) : null;
  if (effect?.intervened !== true) return null;
  if (decision.next !== 'actAndNotify' || effect.status !== 'done' || undoMinutes <= 0) return null;
  const until = Date.parse(closed_at) + undoMinutes * 60_000 + UNDO_TAKES_MS;
  return now.getTime() < until ? new Date(until) : null;
}
