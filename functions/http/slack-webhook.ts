import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { readSecret } from '../adapters/aws/secrets.ts';
import { answerClick } from '../adapters/slack/answer-click.ts';
import { answerDenial } from '../adapters/slack/deny.ts';
import { ApprovalEnv, approvalEdges } from '../adapters/slack/edges.ts';
import { receive } from '../adapters/slack/receive.ts';
import { http } from '../runtime/http.ts';

/**
 * Slack wants its answer within 3 s, and two of its own calls may come one after the other (the card, then its response
 * URL), so what does not go through at once is left to the sweeper.
 */
const IMPATIENT = { timeoutMs: 1_000, waitBudgetMs: 0 };

/** Takes clicks from Slack: verifies the raw body, decides once, resumes the execution, makes the card true. */
export const handler = http(
  {
    env: {
      ...ApprovalEnv,
      SLACK_SIGNING_SECRET_NAME: z.string().min(1),
      SLACK_TEAM_ID: z.string().default(''),
      SLACK_APP_ID: z.string().default(''),
    },
  },
  async (request, invocation) => {
    const { env, log, metrics } = invocation;
    const edges = { ...approvalEdges(invocation, IMPATIENT), answerTask };
    const home = { teamId: env.SLACK_TEAM_ID, appId: env.SLACK_APP_ID };
    const received = await receive(edges, request, await readSecret(env.SLACK_SIGNING_SECRET_NAME), home);
    if (received.kind === 'refused') {
      metrics.addMetric('SlackRequestRefused', MetricUnit.Count, 1);
      log.warn('refused a request', { refusal: received.why });
      return { statusCode: 401, body: 'unauthorized' };
    }
    if (received.kind === 'click') await answerClick(edges, received.click);
    if (received.kind !== 'denial') return { statusCode: 200, body: '' };
    const shown = await answerDenial(edges, received.denial);
    if (shown === null) return { statusCode: 200, body: '' };
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(shown) };
  },
);
