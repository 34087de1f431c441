import type * as z from 'zod';
import type { RecordOutcomeInput, RecordOutcomeOutput } from '../../../schemas/machines/job-workflow.ts';
import { asksSomebody, closingStatus } from '../../domain/closing.ts';
import { decisionId } from '../../domain/ids.ts';
import type { EventBus } from '../event-bus.ts';
import type { ClosingStore } from './ports.ts';

/** Enough of an error message to recognise it by. */
const CAUSE_LENGTH = 1_000;

/** Closes the row of a job, frees the place of its question, and publishes how its decision ended. */
export async function recordOutcome(
  { store, bus }: { store: ClosingStore; bus: EventBus },
  { job, decision, effect, approvedEffect, answer, failure }: z.infer<typeof RecordOutcomeInput>,
  now: Date,
): Promise<z.infer<typeof RecordOutcomeOutput>> {
  const { clusterId, jobId, submittedAt } = job;
  const status = closingStatus({ decision, effect, approvedEffect, answer, failed: failure !== null });
  const reasons = decision?.reasons ?? [];
  await store.closeJob(job, {
    status,
    effect: effect ?? undefined,
    failure: failure ? { error: failure.Error ?? 'unknown', cause: failure.Cause?.slice(0, CAUSE_LENGTH) } : undefined,
    at: now,
  });
  // Whatever happened to its question, nothing waits for an answer now. A place may also have been taken for a decision that was
  // never recorded.
  if (!decision || asksSomebody(decision)) await store.freePlace(clusterId, decisionId(job), now);
  await bus.emit('DecisionRecorded', {
    schemaVersion: 1,
    clusterId,
    jobId,
    submittedAt,
    decisionId: decision?.decisionId ?? null,
    scope: decision?.scope ?? null,
    called: decision?.called ?? null,
    tier: decision?.tier ?? null,
    next: decision?.next ?? null,
    asked: decision?.asks != null,
    dryRun: decision?.dryRun ?? false,
    status,
    reasons,
    at: now.toISOString(),
  });
  return { status, reasons };
}
