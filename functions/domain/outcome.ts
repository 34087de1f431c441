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
  /** Attributes that no longer hold. */
  remove: readonly LabelAttribute[];
  contradicts: boolean;
}

const LABEL = ['label_at', 'long_wait', 'actual_wait', 'error'] as const;
type LabelAttribute = (typeof LABEL)[number];

/** An event that is known already, in this form or as a contradicted one: replaying the archive changes no row. */
const NOTHING_NEW: Joined = { set: {}, remove: [], contradicts: false };

/**
 * Joins one event to the row of its round, in any order of arrival. A duplicate changes nothing. The first report of each fact,
 * and the first label, stand once something was decided on them; until then a later report replaces what it contradicts.
 * @param row holds only the round when the outcome overtook its submission
 * @param longWaitSeconds T
 */
export function joinOutcome(row: JobItem, fact: JobFact, longWaitSeconds: number, now: Date): Joined {
  const joined = joinFact(row, fact, longWaitSeconds, now);
  const after = { ...without(row, joined.remove), ...joined.set };
  // An indexed row's due time follows from what is known now.
  if (after.unfolded === undefined || Object.keys(joined.set).length === 0) return joined;
  return { ...joined, set: { ...joined.set, unfolded_due: nextDue(after) ?? fact.at } };
}

/** Whether a row has this very report already, be it as what stands or as what was contradicted. */
export function knowsOf(row: JobItem, fact: JobFact): boolean {
  return saysSo(row, fact) || isContradicted(row, fact);
}

function saysSo(row: JobItem, fact: JobFact): boolean {
  const known = row[FACT[fact.type]];
  if (known === undefined || !sameInstant(known, fact.at)) return false;
  return fact.type !== 'JobEnded' || row.end_state === fact.endState;
}

function joinFact(row: JobItem, fact: JobFact, longWaitSeconds: number, now: Date): Joined {
  const known = row[FACT[fact.type]];
  if (saysSo(row, fact)) return NOTHING_NEW;
  if (known !== undefined && fact.ofTask === true) return NOTHING_NEW;
  if (known !== undefined && isSettled(row)) return contradiction(row, fact);

  const facts = { [FACT[fact.type]]: fact.at, ...(fact.endState && { end_state: fact.endState }) };
  if (!isSettled(row)) {
    const doubt = known === undefined ? null : replacedBy(row, fact, known);
    if (known !== undefined && doubt === null) return NOTHING_NEW;
    const set = { ...facts, ...doubt, ...firstLabel({ ...without(row, LABEL), ...facts }, longWaitSeconds, now) };
    const remove = LABEL.filter((name) => row[name] !== undefined && !(name in set));
    return { set, remove, contradicts: doubt !== null };
  }
  return joinToSettled(row, fact, facts, longWaitSeconds, now);
}

/** A fact that is new to a row whose label stands. */
function joinToSettled(
  row: JobItem,
  fact: JobFact,
  facts: Partial<JobItem>,
  longWaitSeconds: number,
  now: Date,
): Joined {
  const joined = { ...row, ...facts };
  if (row.label_at === undefined) {
    return { set: { ...facts, ...firstLabel(joined, longWaitSeconds, now) }, remove: [], contradicts: false };
  }
  const implied = labelOf(without(joined, LABEL), longWaitSeconds, now);
  if (implied && implied.longWait !== null && implied.longWait !== row.long_wait) {
    const { set, contradicts } = contradiction(row, fact);
    return { set: { ...facts, ...set }, remove: [], contradicts };
  }
  if (fact.type !== 'JobStarted' || !implied) return { set: facts, remove: [], contradicts: false };
  const set = { ...facts, ...waited(row, implied) };
  // The label was folded without the wait: index the row again so that the wait is folded as its own line.
  const late = set.actual_wait !== undefined && waitedSoFar(row) !== null;
  return { set: { ...set, ...(late && { unfolded: row.PK }) }, remove: [], contradicts: false };
}

/** Something was decided on what the row says of its job: its label is folded, its start is counted, or its decision came late. */
function isSettled({ folded_in, counted, decision }: JobItem): boolean {
  return folded_in !== undefined || counted === 'running' || counted === 'over' || decision?.next === 'late';
}

function without(row: JobItem, names: readonly LabelAttribute[]): JobItem {
  const rest = { ...row };
  for (const name of names) delete rest[name];
  return rest;
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
  const doubted = withContradicted(row, { type, at });
  return doubted === null ? NOTHING_NEW : { set: doubted, remove: [], contradicts: true };
}

/** What a report replaces is kept as contradicted; null for a report that was itself replaced, or one too many. */
function replacedBy(row: JobItem, fact: JobFact, known: string): Partial<JobItem> | null {
  return isContradicted(row, fact) ? null : withContradicted(row, { type: fact.type, at: known });
}

function withContradicted(row: JobItem, word: Pick<JobFact, 'type' | 'at'>): Partial<JobItem> | null {
  const kept = row.contradicting ?? [];
  if (isContradicted(row, word) || kept.length >= CONTRADICTIONS_KEPT) return null;
  const contradicting = [...kept, { type: word.type, at: word.at }];
  return { contradicting, contradictions: contradicting.length };
}

function isContradicted({ contradicting = [] }: JobItem, { type, at }: Pick<JobFact, 'type' | 'at'>): boolean {
  return contradicting.some((other) => other.type === type && sameInstant(other.at, at));
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
