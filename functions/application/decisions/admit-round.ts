import type { JobItem } from '../../../schemas/items/job.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { touchedBy } from '../../domain/own-effect.ts';
import { roundOf } from '../../domain/round.ts';
import type { AdmissionStore } from './ports.ts';

/**
 * Claims a round for one execution, records whether our own effect on the previous round caused it, records that the previous round
 * has left the queue, and joins the outcomes waiting for it. Every step is repeatable, so a retry finishes what a crash left half
 * done.
 * @throws AlreadyAdmitted, RowContended, UnreadableItem, OtherLayout
 */
export async function admitRound(store: AdmissionStore, job: Job, execution: string, now: Date): Promise<void> {
  await store.claimJob(job, execution, now);
  const { before, after } = await store.neighboursOf(job);
  await Promise.all([noteOwnEffect(store, job, before), joinWaiting(store, job, now)]);
  // Of two rounds, the one claimed last sees the other.
  if (before !== null) await store.recordSuperseded(roundOf(before), job.submittedAt);
  if (after !== null) await store.recordSuperseded(job, after.submitted_at);
}

async function noteOwnEffect(store: AdmissionStore, job: Job, before: JobItem | null): Promise<void> {
  // A job that started before this submission is over: somebody else has reused its id.
  const wasOver = before?.started_at !== undefined && before.started_at <= job.submittedAt;
  const decision = before && !wasOver && touchedBy(before);
  if (decision) await store.recordOwnEffect(job, decision);
}

async function joinWaiting(store: AdmissionStore, job: Job, now: Date): Promise<void> {
  const waiting = await store.waitingFor(job);
  if (waiting.length === 0) return;
  const { longWaitSeconds } = await store.loadConfig(job.clusterId);
  for (const fact of waiting) {
    // Joins this round, unless a later one that was still submitted before the outcome has been claimed meanwhile.
    const latest = await store.latestRound(job, fact.at);
    await store.joinOutcomeToRow(latest ? roundOf(latest) : job, fact, longWaitSeconds, now);
    await store.dropWaiting(job, fact);
  }
}
