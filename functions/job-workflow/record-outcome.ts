import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { RecordOutcomeInput, RecordOutcomeOutput } from '../../schemas/machines/job-workflow.ts';
import { eventBus } from '../adapters/aws/event-bus.ts';
import { closingStore } from '../adapters/tables/closing-store.ts';
import { table } from '../adapters/tables/table.ts';
import { recordOutcome } from '../application/decisions/record-outcome.ts';
import { tierName } from '../domain/thresholds.ts';
import { task } from '../runtime/task.ts';

/** Closes the row and tells the bus how the job's decision ended. */
export const handler = task(
  {
    input: RecordOutcomeInput,
    output: RecordOutcomeOutput,
    env: { DYNAMODB_TABLE_NAME: z.string(), EVENT_BUS_NAME: z.string() },
  },
  async (input, { env, now, log, metrics }) => {
    const { job, decision, failure } = input;
    const ports = { store: closingStore(table(env.DYNAMODB_TABLE_NAME)), bus: eventBus(env.EVENT_BUS_NAME) };
    const recorded = await recordOutcome(ports, input, now);
    count(metrics, 'DecisionRecorded', 'Status', recorded.status);
    if (decision && decision.called > 0) count(metrics, 'Called', 'Tier', tierName(decision.called));
    if (recorded.status === 'acted' && decision) count(metrics, 'Acted', 'Tier', tierName(decision.tier));
    const { clusterId, jobId } = job;
    if (failure) log.warn('the job ended in a failure', { clusterId, jobId, error: failure.Error });
    return recorded;
  },
);

/** One metric per dimension: several dimensions on one record would multiply. */
function count(metrics: Metrics, name: string, dimension: string, value: string): void {
  const metric = metrics.singleMetric();
  metric.addDimension(dimension, value);
  metric.addMetric(name, MetricUnit.Count, 1);
}
