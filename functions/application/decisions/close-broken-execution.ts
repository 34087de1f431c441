import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { admit } from '../../domain/admission.ts';
import { decisionId } from '../../domain/ids.ts';
import { admitRound } from './admit-round.ts';
import { AlreadyAdmitted, type BrokenExecutionStore } from './ports.ts';

type Closed = 'closed' | 'closedBefore' | 'notItsJob';

/** The job that an execution was about, from its recorded input; null where that is missing or was never admissible. */
export function jobOfInput(input: string | null | undefined, now: Date): Job | null {
  if (!input) return null;
  try {
    const admission = admit(JSON.parse(input), now);
    return admission.ok ? admission.job : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Closes the row of an execution that ended without doing so. One that broke before its claim is claimed for it first,
 * so that the job is on record as failed.
 *
 * The reservation is given back only where no decision was recorded. A recorded executed decision stays counted until
 * its label folds: whatever it said may have been said already, and the bound has to pay for it if it was wrong.
 */
export async function closeBrokenExecution(
  store: BrokenExecutionStore,
  job: Job,
  {
    executionArn,
    failure,
    now,
  }: { executionArn: string; failure: { error: string; cause?: string | undefined }; now: Date },
): Promise<Closed> {
  try {
    await admitRound(store, job, executionArn, now);
  } catch (error) {
    if (error instanceof AlreadyAdmitted) return 'notItsJob';
    throw error;
  }
  const closed = await store.closeJob(job, { status: 'failed', failure, at: now });
  // Also when it was closed before: the run that closed it may have died before this line.
  const decision = (await store.loadJob(job))?.decision;
  if (!decision) await store.releaseRound(job);
  await store.freePlace(job.clusterId, decisionId(job), now);
  return closed ? 'closed' : 'closedBefore';
}
