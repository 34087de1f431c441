import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { RecordOutcomeInput, RecordOutcomeOutput } from '../../schemas/machines/job-workflow.ts';
import { emit } from '../adapters/aws/event-bus.ts';
import { freePlace } from '../adapters/tables/asking.ts';
import { closeJob } from '../adapters/tables/jobs.ts';
import { table } from '../adapters/tables/table.ts';
import { asksSomebody, closingStatus } from '../domain/closing.ts';
import { tierName } from '../domain/gate.ts';
import { decisionId } from '../domain/ids.ts';
import { task } from '../runtime/task.ts';

/** Closes the row and tells the bus how the job's decision ended. */
export const handler = task(
  {
    input: RecordOutcomeInput,
    output: RecordOutcomeOutput,
    env: { DYNAMODB_TABLE_NAME: z.string(), EVENT_BUS_NAME: z.string() },
  },
  async ({ job, decision, effect, approvedEffect, answer, failure }, { env, now, log, metrics }) => {
    const { clusterId, jobId, submittedAt } = job;
    const store = table(env.DYNAMODB_TABLE_NAME);
    const status = closingStatus({ decision, effect, approvedEffect, answer, failed: failure !== null });
    const reasons = decision?.reasons ?? [];
    await closeJob(store, job, {
      status,
      effect: effect ?? undefined,
      failure: failure ? { error: failure.Error ?? 'unknown', cause: failure.Cause?.slice(0, 1_000) } : undefined,
      at: now,
    });
    // Whatever became of its question: nobody waits for an answer any more.
    // A place may also have been taken for a decision that was never recorded.
    if (!decision || asksSomebody(decision)) await freePlace(store, clusterId, decisionId(job), now);
    await emit(env.EVENT_BUS_NAME, 'DecisionRecorded', {
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
    count(metrics, 'DecisionRecorded', 'Status', status);
    if (decision && decision.called > 0) count(metrics, 'Called', 'Tier', tierName(decision.called));
    if (status === 'acted' && decision) count(metrics, 'Acted', 'Tier', tierName(decision.tier));
    if (failure) log.warn('the job ended in a failure', { clusterId, jobId, error: failure.Error });
    return { status, reasons };
  },
);

/** One count with one dimension: dimensions of one record would multiply. */
function count(metrics: Metrics, name: string, dimension: string, value: string): void {
  const metric = metrics.singleMetric();
  metric.addDimension(dimension, value);
  metric.addMetric(name, MetricUnit.Count, 1);
}
