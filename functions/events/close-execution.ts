import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { ExecutionStatusChange } from '../../schemas/events/execution-status.ts';
import { brokenExecutionStore } from '../adapters/tables/closing-store.ts';
import { table } from '../adapters/tables/table.ts';
import { closeBrokenExecution, submissionOf } from '../application/decisions/close-broken-execution.ts';
import { task } from '../runtime/task.ts';

/** Closes the row of an execution that ended where no Catch applies: failed, timed out or aborted. */
export const handler = task(
  {
    input: ExecutionStatusChange,
    output: z.object({ outcome: z.enum(['closed', 'closedBefore', 'notItsJob', 'noJob']) }),
    env: { DYNAMODB_TABLE_NAME: z.string() },
  },
  async ({ detail }, { env, now, log, metrics }) => {
    const { executionArn, status, input, error } = detail;
    const submission = submissionOf(input, now);
    const failure = { error: error ?? `Execution.${status}`, cause: detail.cause?.slice(0, 1_000) };
    // An input that names no job was quarantined: there is no row to close, only an event to report.
    const outcome = submission
      ? await closeBrokenExecution(brokenExecutionStore(table(env.DYNAMODB_TABLE_NAME)), submission, {
          executionArn,
          failure,
          now,
        })
      : ('noJob' as const);
    metrics.addMetric('ExecutionBroken', MetricUnit.Count, 1);
    log.error('an execution ended without closing its job', {
      clusterId: submission?.job.clusterId,
      jobId: submission?.job.jobId,
      executionArn,
      status,
      error: failure.error,
      outcome,
    });
    return { outcome };
  },
);
