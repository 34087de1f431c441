import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { sweep } from '../adapters/slack/sweep.ts';
import { task } from '../runtime/task.ts';

const SweepReport = z.object({
  open: z.number().int(),
  settled: z.number().int(),
  expired: z.number().int(),
  posted: z.number().int(),
  failed: z.number().int(),
});

/** Every minute: finishes what a crash or an outage of Slack left half done. */
export const handler = task(
  { input: z.unknown(), output: SweepReport, env: ApprovalEnv },
  async (_schedule, invocation) => {
    const report = await sweep({ ...approvalEdges(invocation), answerTask });
    if (report.failed > 0) invocation.metrics.addMetric('ApprovalSweepFailed', MetricUnit.Count, report.failed);
    return report;
  },
);
