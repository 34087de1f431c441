import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { parseJson } from '../../../schemas/parse-json.ts';
import { admit, otherCollector } from '../../domain/admission.ts';
import { approvalIdOf } from '../../domain/approval.ts';
import { asksSomebody } from '../../domain/closing.ts';
import { decisionId } from '../../domain/ids.ts';
import { admitRound } from './admit-round.ts';
import { AlreadyAdmitted, type BrokenExecutionStore } from './ports.ts';

/** Why its open questions are void. */
const EXECUTION_OVER = 'the execution that asked is over';

type Closed = 'closed' | 'closedBefore' | 'notItsJob';

/** The job of an execution and the collector that reported it, from its recorded input. */
interface Submitted {
  readonly job: Job;
  readonly source: string;
}

/** Null if the input is missing or was never admissible. */
export function submissionOf(input: string | null | undefined, now: Date): Submitted | null {
  if (!input) return null;
  try {
    const admission = admit(parseJson(input), now);
    return admission.ok ? admission : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Closes the row of an execution that ended without doing so. If it broke before its claim, the row is claimed for it first,
 * so that the job is recorded as failed.
 *
 * The reservation is released only if no decision was recorded. A recorded executed decision stays counted until its label is
 * folded: its statement may already have been made, and the bound has to pay for it if it was wrong.
 */
export async function closeBrokenExecution(
  store: BrokenExecutionStore,
  { job, source }: Submitted,
  {
    executionArn,
    failure,
    now,
  }: { executionArn: string; failure: { error: string; cause?: string | undefined }; now: Date },
): Promise<Closed> {
  const config = await store.loadConfig(job.clusterId);
  // Another collector gets no row claimed here, but a row claimed before the cluster was bound is still closed.
  if (otherCollector(config, source) !== null && (await store.loadJob(job))?.claimed_by !== executionArn)
    return 'notItsJob';
  try {
    await admitRound(store, job, executionArn, now);
  } catch (error) {
    if (error instanceof AlreadyAdmitted) return 'notItsJob';
    throw error;
  }
  const closed = await store.closeJob(job, { status: 'failed', failure, at: now });
  // Even if it was closed before: the run that closed it may have died before this line.
  const decision = (await store.loadJob(job))?.decision;
  if (!decision) await store.releaseRound(job);
  if (decision && asksSomebody(decision)) {
    // The sweeper brings their cards up to date.
    for (const question of ['act', 'keep'] as const) {
      await store.voidQuestion(approvalIdOf(decision.decisionId, question), EXECUTION_OVER, now);
    }
  }
  await store.freePlace(job.clusterId, decisionId(job), now);
  return closed ? 'closed' : 'closedBefore';
}
