import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { readSecret } from '../adapters/aws/secrets.ts';
import { ApprovalSettings, approvalPorts } from '../adapters/messages/approval-ports.ts';
import { slackBot } from '../adapters/messages/bot.ts';
import { answerClick } from '../adapters/slack/answer-click.ts';
import { answerDenial } from '../adapters/slack/deny.ts';
import { receive } from '../adapters/slack/receive.ts';
import { clickStore } from '../adapters/tables/approval-stores.ts';
import { takeOnce } from '../adapters/tables/signed-requests.ts';
import { table } from '../adapters/tables/table.ts';
import { http } from '../runtime/http.ts';

/**
 * Slack expects a response within 3 s, which must cover two sequential calls to Slack (the card, then the response URL), so
 * anything that fails at once is left to the sweeper.
 */
const IMPATIENT = { timeoutMs: 1_000, waitBudgetMs: 0 };

/** Takes clicks from Slack: verifies the raw body, decides once, resumes the execution, updates the card. */
export const handler = http(
  {
    env: {
      ...ApprovalSettings,
      SLACK_SIGNING_SECRET_NAME: z.string().min(1),
      SLACK_TEAM_ID: z.string().default(''),
      SLACK_APP_ID: z.string().default(''),
    },
  },
  async (request, invocation) => {
    const { env, now, log, metrics } = invocation;
    const here = table(env.DYNAMODB_TABLE_NAME);
    const slack = slackBot(env, IMPATIENT);
    const ports = { ...approvalPorts(invocation, clickStore(here), IMPATIENT), slack, answerTask };
    const home = { teamId: env.SLACK_TEAM_ID, appId: env.SLACK_APP_ID };
    const received = await receive(
      { takeOnce: (...taken) => takeOnce(here, ...taken), now },
      request,
      await readSecret(env.SLACK_SIGNING_SECRET_NAME),
      home,
    );
    if (received.kind === 'refused') {
      metrics.addMetric('SlackRequestRefused', MetricUnit.Count, 1);
      log.warn('refused a request', { refusal: received.why });
      return { statusCode: 401, body: 'unauthorized' };
    }
    if (received.kind === 'click') await answerClick(ports, received.click);
    if (received.kind !== 'denial') return { statusCode: 200, body: '' };
    const shown = await answerDenial(ports, received.denial);
    if (shown === null) return { statusCode: 200, body: '' };
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(shown) };
  },
);
