import type { JobItem } from '../../schemas/items/job.ts';
import type { LeftLine, QueueLine } from '../../schemas/items/ledger.ts';
import { FORECAST } from './forecast/numbers.ts';
import { isTouched } from './own-effect.ts';
import { secondsOf } from './round.ts';
import { countedAs } from './round-forecast.ts';

type Stage = NonNullable<JobItem['counted']>;

/** A round only moves forward through these. */
const STAGES: readonly Stage[] = ['pending', 'running', 'over'];

/**
 * What the built-in forecast still has to count of a round, in order, from its row. It depends only on the facts and on how far
 * they are counted, not on when they arrived, so late, repeated or missing events never leave a counter wrong for good.
 *
 * @param until counts only what is known by then
 */
export function queueLinesOf(row: JobItem, until: Date): QueueLine[] {
  const { counted } = row;
  const as = counted === 'over' ? null : countedAs(row);
  if (as === null) return [];
  const { gpus, procs, queue, inputs, z } = as;
  const submittedAt = secondsOf(row.submitted_at);
  const round = { jobId: row.job_id, submittedAt };
  const asked = { gpus, procs, queue };
  const last = until.getTime() / 1000;
  const lines: QueueLine[] = [];
  if (counted === undefined) {
    if (submittedAt > last) return [];
    lines.push({ kind: 'submitted', ...round, ...asked, inputs });
  }
  const startedAt = counted === 'running' || row.started_at !== undefined ? startOf(row, submittedAt) : null;
  if (startedAt === null) {
    const leaving = leavingOf(row, submittedAt);
    if (leaving.at <= last) lines.push({ kind: 'left', ...round, ...asked, ...leaving });
    return lines;
  }
  if (counted !== 'running') {
    if (startedAt > last) return lines;
    const touched = isTouched(row, new Date(startedAt * 1000).toISOString());
    lines.push({ kind: 'started', ...round, ...asked, waitSeconds: startedAt - submittedAt, z, touched });
  }
  const ending = endingOf(row, startedAt);
  if (ending.at <= last) lines.push({ kind: 'ended', ...round, ...ending });
  return lines;
}

/** When the next of them is known, even if no more events arrive; null when the round is over. */
export function nextQueueDue(row: JobItem): Date | null {
  if (row.counted === 'over' || countedAs(row) === null) return null;
  const submittedAt = secondsOf(row.submitted_at);
  if (row.counted === undefined) return new Date(submittedAt * 1000);
  if (row.counted === 'running') return new Date(endingOf(row, startOf(row, submittedAt)).at * 1000);
  const at = row.started_at === undefined ? leavingOf(row, submittedAt).at : startOf(row, submittedAt);
  return new Date(at * 1000);
}

/** How far a round is counted after some lines; never moves back, since a late caller has seen less. */
export function stageAfter(counted: JobItem['counted'], lines: readonly QueueLine[]): JobItem['counted'] {
  let stage = counted;
  for (const { kind } of lines) {
    const reached = kind === 'submitted' ? 'pending' : kind === 'started' ? 'running' : 'over';
    if (stage === undefined || STAGES.indexOf(reached) > STAGES.indexOf(stage)) stage = reached;
  }
  return stage;
}

function startOf({ started_at }: JobItem, submittedAt: number): number {
  return Math.max(submittedAt, started_at === undefined ? submittedAt : secondsOf(started_at));
}

/** How a round that has not started leaves the queue, or will if no more events arrive. */
function leavingOf(row: JobItem, submittedAt: number): Pick<LeftLine, 'at' | 'cause'> {
  const leaving: Pick<LeftLine, 'at' | 'cause'>[] = [{ at: submittedAt + FORECAST.ageSeconds, cause: 'aged' }];
  const add = (at: string | undefined, cause: LeftLine['cause']) => {
    if (at !== undefined) leaving.push({ at: Math.max(submittedAt, secondsOf(at)), cause });
  };
  add(row.cancelled_at, 'cancelled');
  add(row.ended_at, 'ended');
  add(row.superseded_at, 'superseded');
  return leaving.reduce((first, other) => (other.at < first.at ? other : first));
}

/** How a started round ends, or will. A requeued one has ended, after a run whose length nobody reports. */
function endingOf(row: JobItem, startedAt: number): { at: number; runSeconds: number | null; aged: boolean } {
  const ends = [row.ended_at, row.cancelled_at].flatMap((at) => (at === undefined ? [] : [secondsOf(at)]));
  if (ends.length > 0) {
    const at = Math.max(startedAt, Math.min(...ends));
    return { at, runSeconds: at - startedAt, aged: false };
  }
  if (row.superseded_at !== undefined) {
    return { at: Math.max(startedAt, secondsOf(row.superseded_at)), runSeconds: null, aged: false };
  }
  return { at: startedAt + FORECAST.ageSeconds, runSeconds: null, aged: true };
}
