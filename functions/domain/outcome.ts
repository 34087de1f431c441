import type { Decision } from '../../schemas/decision.ts';
import type { OutcomeEvent } from '../../schemas/events/collector.ts';
import type { JobItem, RoundForecast } from '../../schemas/items/job.ts';
import type { LabelForecast, LedgerEntry, LedgerWait } from '../../schemas/items/ledger.ts';
import { owesWait } from './calibration/apply.ts';
import { nextElapse } from './calibration/intervals.ts';
import { type Label, labelOf } from './label.ts';
import { isOfQueue, isWait, type LedgerLine, labelsOf } from './ledger-lines.ts';
import { isTouched } from './own-effect.ts';
import { nextQueueDue, stageAfter } from './queue-facts.ts';
import { arrayPart, canonicalInstant, secondsOf } from './round.ts';
import { forecastOf } from './round-forecast.ts';
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
  const joined = joinFact(row, told, longWaitSeconds, now);
  const after = { ...row, ...joined.set };
  // In the index, what is new falls due with what is known now.
  if (after.unfolded === undefined || Object.keys(joined.set).length === 0) return joined;
  return { ...joined, set: { ...joined.set, unfolded_due: nextDue(after) ?? told.at } };
}

function joinFact(row: JobItem, told: Told, longWaitSeconds: number, now: Date): Joined {
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
  const late = set.actual_wait !== undefined && waitedSoFar(row) !== null;
  return { set: { ...set, ...(late && { unfolded: row.PK }) }, contradicts: false };
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

/**
 * The ledger's entry for a labelled row, or null while it cannot be settled.
 * It teaches only when the label is the job's own (not touched, not censored) and came after the decision.
 *
 * @param draw the round's number in the lottery of the rings
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

function taughtBy({ inputs: _, ...taught }: RoundForecast): LabelForecast {
  return taught;
}

/** False where a switch said no at the last moment. Of a statement whose execution broke nobody knows: it may have been made, and counts. */
function tookPlace({ effect, status, decision }: JobItem): boolean {
  if (effect === undefined) return status !== 'failed' || decision?.kind === 'statement';
  if (effect.status === 'refused' || effect.status === 'void') return false;
  return effect.status !== 'failed' || decision?.kind === 'intervention';
}

function boundsOf({ lowerSeconds, upperSeconds, upper90Seconds }: Decision['prediction']): LedgerWait['bounds'] {
  return { lowerSeconds, upperSeconds, upper90Seconds };
}

/**
 * What there is to fold of a wait that goes on after its label was folded: it has started, or more of its bounds have elapsed; null
 * where there is nothing new.
 */
export function moreOfWait(row: JobItem, now: Date): LedgerWait | null {
  const { decision, submitted_at, actual_wait } = row;
  const fromSeconds = waitedSoFar(row);
  if (!decision || submitted_at === undefined || fromSeconds === null) return null;
  const submittedAt = secondsOf(submitted_at);
  const bounds = boundsOf(decision.prediction);
  const line = { jobId: row.job_id, decisionId: decision.decisionId, submittedAt, fromSeconds, bounds };
  if (actual_wait !== undefined) {
    // All its bounds have been judged by now.
    if (nextElapse(bounds, fromSeconds) === null) return null;
    // A start told late may lie before what is folded already; that stands, and only the bounds beyond it learn from the start.
    return { ...line, toSeconds: Math.max(actual_wait, fromSeconds), started: true };
  }
  if (!isWaiting(row)) return null;
  const elapsed = now.getTime() / 1000 - submittedAt;
  const passed = Object.values(bounds).filter((bound) => bound > fromSeconds && bound <= elapsed);
  return passed.length === 0 ? null : { ...line, toSeconds: Math.max(...passed), started: false };
}

/** Nothing is known that ends its wait: also a start that contradicts its label does. */
export function isWaiting({ started_at, ended_at, cancelled_at }: JobItem): boolean {
  return started_at === undefined && ended_at === undefined && cancelled_at === undefined;
}

/** Seconds of a wait that are folded by now; null where its label leaves nothing open, or is not folded yet. */
function waitedSoFar(row: JobItem): number | null {
  if (row.folded_in === undefined || row.label_at === undefined || row.wait_over === true) return null;
  const entry = ledgerEntry({ ...row, actual_wait: undefined }, 0);
  if (entry === null || owesWait(entry) === null) return null;
  return row.waited_seconds ?? entry.labelAt - entry.submittedAt;
}

/**
 * When a wait that goes on tells more, ISO 8601; null when it tells nothing more, or only so late that nobody waits for it.
 *
 * @param toSeconds what is folded of it
 */
export function nextWaitDue(line: Pick<LedgerWait, 'submittedAt' | 'bounds'>, toSeconds: number): string | null {
  const next = nextElapse(line.bounds, toSeconds);
  if (next === null || next > GATE.usefulSeconds) return null;
  return new Date((line.submittedAt + next) * 1000).toISOString();
}

/**
 * When a row next has something to fold, or will where nothing more is heard of it, ISO 8601; null where it is over.
 * Of a label that waits for an effect that may yet be undone, the fold itself says when.
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

/** What a row says once some lines of it stand in the ledger. Said twice, or late, it changes nothing. */
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

/** Undoing itself takes a moment, and may be asked for in the last one. */
const UNDO_TAKES_MS = 5 * 60_000;

/** An execution may go on, and a hold waits for its human for hours; looked at again by the next run, and no sign of a fold that hangs. */
const OPEN_MS = 60_000;

/**
 * Until when the agent's own intervention, which is in place or about to be, may yet have to be undone, which its token would pay for:
 * until the execution is over, and where people were told of it, until the time to undo it from the card is over too.
 *
 * @returns when to look again; null where nothing of it is open
 */
export function mayBeUndoneUntil(
  { decision, effect, closed_at }: JobItem,
  undoMinutes: number,
  now: Date,
): Date | null {
  if (decision?.executed !== true || decision.kind !== 'intervention') return null;
  // Also while nothing is on record of it yet: a job that starts at once may owe that to what was done.
  const isOpen = effect === undefined || effect.intervened;
  if (closed_at === undefined) return isOpen ? new Date(now.getTime() + OPEN_MS) : null;
  if (effect?.intervened !== true) return null;
  if (decision.next !== 'actAndNotify' || effect.status !== 'done' || undoMinutes <= 0) return null;
  const until = Date.parse(closed_at) + undoMinutes * 60_000 + UNDO_TAKES_MS;
  return now.getTime() < until ? new Date(until) : null;
}
