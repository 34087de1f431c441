import type { JobItem } from '../../schemas/items/job.ts';
import type { Job } from '../../schemas/machines/job-workflow.ts';
import { touchedBy } from '../domain/own-effect.ts';
import { roundOf } from '../domain/round.ts';
import { loadConfig } from './tables/config.ts';
import { claimJob, recordOwnEffect } from './tables/jobs.ts';
import { recordOutcome, recordSuperseded } from './tables/outcomes.ts';
import { latestRound, neighboursOf } from './tables/rounds.ts';
import type { Table } from './tables/table.ts';
import { dropWaiting, waitingFor } from './tables/waiting-outcomes.ts';

/**
 * Claims a round for one execution, notes whether it comes of our own effect on the round before it, that this one has left the queue, and joins the outcomes
 * that waited for it. Every step may be repeated, so a retry finishes what a crash left half done.
 * @throws AlreadyAdmitted, RowContended, UnreadableItem, OtherLayout
 */
export async function admitRound(table: Table, job: Job, execution: string, now: Date): Promise<void> {
  await claimJob(table, job, execution, now);
  const { before, after } = await neighboursOf(table, job);
  await Promise.all([noteOwnEffect(table, job, before), pickUp(table, job, now)]);
  // Whichever of two rounds is claimed last sees the other.
  if (before !== null) await recordSuperseded(table, roundOf(before), job.submittedAt);
  if (after !== null) await recordSuperseded(table, job, after.submitted_at);
}

async function noteOwnEffect(table: Table, job: Job, before: JobItem | null): Promise<void> {
  // A job that had started before this submission was over: its id is used again, and not by us.
  const wasOver = before?.started_at !== undefined && before.started_at <= job.submittedAt;
  const decision = before && !wasOver && touchedBy(before);
  if (decision) await recordOwnEffect(table, job, decision);
}

async function pickUp(table: Table, job: Job, now: Date): Promise<void> {
  const waiting = await waitingFor(table, job);
  if (waiting.length === 0) return;
  const { longWaitSeconds } = await loadConfig(table, job.clusterId, job.platform);
  for (const told of waiting) {
    // To this round, unless one has been claimed meanwhile that was submitted later and still before it.
    const latest = await latestRound(table, job, told.at);
    await recordOutcome(table, latest ? roundOf(latest) : job, told, longWaitSeconds, now);
    await dropWaiting(table, job, told);
  }
}
