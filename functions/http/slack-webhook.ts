import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod';
import { answerTask } from '../adapters/aws/executions.ts';
import { readSecret } from '../adapters/aws/secrets.ts';
import { ApprovalSettings, approvalPorts, IMPATIENT } from '../adapters/messages/approval-ports.ts';
import { slackBot } from '../adapters/messages/bot.ts';
import { answerOrExcuse, NOT_TOLD } from '../adapters/slack/excuse.ts';
import { receive } from '../adapters/slack/receive.ts';
import { clickStore } from '../adapters/tables/approval-stores.ts';
import { signedRequests } from '../adapters/tables/signed-requests.ts';
import { table } from '../adapters/tables/table.ts';
import { isTableTrouble } from '../adapters/tables/unavailable.ts';
import { http, json } from '../runtime/http.ts';

const Settings = {
  ...ApprovalSettings,
  SLACK_SIGNING_SECRET_NAME: z.string().min(1),
  SLACK_TEAM_ID: z.string().default(''),
  SLACK_APP_ID: z.string().default(''),
};

/** Takes clicks from Slack: verifies the raw body, decides once, resumes the execution, updates the card. */
export const handler = http({ env: Settings }, async (request, invocation) => {
  const { env, now, log, metrics } = invocation;
  const here = table(env.DYNAMODB_TABLE_NAME);
  const secret = await readSecret(env.SLACK_SIGNING_SECRET_NAME);
  const home = { teamId: env.SLACK_TEAM_ID, appId: env.SLACK_APP_ID };
  const received = await receive({ ...signedRequests(here), now }, request, secret, home);
  if (received.kind === 'refused') {
    metrics.addMetric('SlackRequestRefused', MetricUnit.Count, 1);
    log.warn('refused a request', { refusal: received.why });
    return { statusCode: 401, body: 'unauthorized' };
  }
  const ports = approvalPorts(invocation, clickStore(here), IMPATIENT);
  const clickPorts = { ...ports, slack: slackBot(env, IMPATIENT), answerTask };
  const shown = await answerOrExcuse(clickPorts, received, isTableTrouble);
  return shown === null ? { statusCode: 200, body: '' } : json(shown === NOT_TOLD ? 503 : 200, shown);
});
