import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/executions.ts';
import { readSecret } from '../adapters/secrets.ts';
import { answerClick } from '../adapters/slack/answer-click.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { readInteraction } from '../adapters/slack/interaction.ts';
import { whyNotSlack } from '../adapters/slack/signature.ts';
import { http } from '../runtime/http.ts';

/** Slack wants its answer within 3 s, so what does not go through at once is left to the sweeper. */
const IMPATIENT = { timeoutMs: 1_500, waitBudgetMs: 0 };

/** Takes clicks from Slack: verifies the raw body, decides once, resumes the execution, makes the card true. */
export const handler = http(
  { env: { ...ApprovalEnv, SLACK_SIGNING_SECRET_NAME: z.string().min(1) } },
  async (request, invocation) => {
    const { env, now, log, metrics } = invocation;
    const refusal = whyNotSlack(request, await readSecret(env.SLACK_SIGNING_SECRET_NAME), now);
    if (refusal) {
      metrics.addMetric('SlackRequestRefused', MetricUnit.Count, 1);
      log.warn('refused a request that is not from Slack', { refusal });
      return { statusCode: 401, body: 'unauthorized' };
    }
    const interaction = readInteraction(request.body);
    if (interaction.kind === 'malformed') return { statusCode: 400, body: 'malformed' };
    if (interaction.kind === 'click') {
      await answerClick({ ...approvalEdges(invocation, IMPATIENT), answerTask }, interaction.click);
    }
    return { statusCode: 200, body: '' };
  },
);
