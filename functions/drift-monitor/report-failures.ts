import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { ReportFailuresInput, ReportFailuresOutput } from '../../schemas/machines/drift-monitor.ts';
import { NoticeSettings, operatorMessagesFor } from '../adapters/messages/notices.ts';
import { troubleStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { reportTrouble } from '../application/approvals/operator-notices.ts';
import { task } from '../runtime/task.ts';

/** Reports the clusters this run could not visit: counted and logged every time, notified once per failure and day. */
export const handler = task(
  {
    input: ReportFailuresInput,
    output: ReportFailuresOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...NoticeSettings },
  },
  async ({ failures }, { env, now, log, metrics }) => {
    metrics.addMetric('ClusterNotFolded', MetricUnit.Count, failures.length);
    for (const failure of failures) log.error('could not visit a cluster', failure);
    const store = troubleStore(table(env.DYNAMODB_TABLE_NAME));
    const ports = { store, messages: operatorMessagesFor(env), defaultChannel: env.SLACK_DEFAULT_CHANNEL, now };
    return { notified: await reportTrouble(ports, failures) };
  },
);
