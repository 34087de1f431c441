import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { RecordOutcomeInput, RecordOutcomeOutput } from '../../schemas/machines/job-workflow.ts';
import { emit } from '../adapters/event-bus.ts';
import { closeJob } from '../adapters/job-store.ts';
import { table } from '../adapters/table.ts';
import { closingStatus } from '../domain/closing.ts';
import { task } from '../runtime/task.ts';

/** Closes the row and tells the bus how the job's decision ended. */
export const handler = task(
  {
    input: RecordOutcomeInput,
    output: RecordOutcomeOutput,
    env: { DYNAMODB_TABLE_NAME: z.string(), EVENT_BUS_NAME: z.string() },
  },
  async ({ job, decision, effect, answer, failure }, { env, now, log, metrics }) => {
    const { clusterId, jobId, submittedAt } = job;
    const status = closingStatus({ decision, effect, answer, failed: failure !== null });
    const reasons = decision?.reasons ?? [];
    await closeJob(table(env.DYNAMODB_TABLE_NAME), job, {
      status,
      effect: effect ?? undefined,
      failure: failure ? { error: failure.Error ?? 'unknown', cause: failure.Cause?.slice(0, 1_000) } : undefined,
      at: now,
    });
    await emit(env.EVENT_BUS_NAME, 'DecisionRecorded', {
      schemaVersion: 1,
      clusterId,
      jobId,
      submittedAt,
      decisionId: decision?.decisionId ?? null,
      scope: decision?.scope ?? null,
      kind: decision?.kind ?? null,
      tier: decision?.tier ?? null,
      executed: decision?.executed ?? false,
      status,
      reasons,
      at: now.toISOString(),
    });
    metrics.addDimension('Status', status);
    metrics.addMetric('DecisionRecorded', MetricUnit.Count, 1);
    if (failure) log.warn('the job ended in a failure', { clusterId, jobId, error: failure.Error });
    return { status, reasons };
  },
);
