import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { sweepStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { sweep } from '../application/approvals/sweep.ts';
import { task } from '../runtime/task.ts';

const SweepReport = z.object({
  open: z.number().int(),
  settled: z.number().int(),
  expired: z.number().int(),
  posted: z.number().int(),
  reminded: z.number().int(),
  failed: z.number().int(),
});

/** Every minute: shows on each card what became of its effect, reminds, expires, and finishes what a crash or a Slack outage left half done. */
export const handler = task(
  { input: z.unknown(), output: SweepReport, env: ApprovalSettings },
  async (_schedule, invocation) => {
    const store = sweepStore(table(invocation.env.DYNAMODB_TABLE_NAME));
    const report = await sweep({ ...approvalPorts(invocation, store), answerTask });
    if (report.failed > 0) invocation.metrics.addMetric('ApprovalSweepFailed', MetricUnit.Count, report.failed);
    return report;
  },
);
