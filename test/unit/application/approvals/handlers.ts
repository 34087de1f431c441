import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { loadApproval } from '../../../../functions/adapters/tables/approval-item.ts';
import { clusterKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { handler as requestApproval } from '../../../../functions/job-workflow/request-approval.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import { aJob } from '../../../fixtures/builders.ts';
import { context, useTable } from '../../../fixtures/handlers.ts';
import { ASKED, aConfig } from './builders.ts';
import { SIGNING } from './signed-click.ts';

export const job = aJob({ clusterId: 'west-1', jobId: 'job-17', submittedAt: ASKED.toISOString(), user: 'olga' });

/** Everything the approval handlers of one test file reach: table, Slack, bus, secrets, executions; time stands at ASKED. */
export function useApprovalHandlers() {
  const dynamo = useTable();
  const sfn = mockClient(SFNClient);
  const bus = mockClient(EventBridgeClient);
  const secrets = mockClient(SecretsManagerClient);
  const slack = { calls: [] as { method: string; body: unknown }[], down: false };
  const server = setupServer(
    http.post('https://slack.test/api/:method', async ({ request, params }) => {
      if (slack.down) return new HttpResponse(null, { status: 503 });
      slack.calls.push({ method: String(params.method), body: await request.json() });
      return HttpResponse.json({ ok: true, channel: 'C0ALERTS', ts: '1700000000.000100' });
    }),
    http.post('https://hooks.slack.com/*', async ({ request }) => {
      slack.calls.push({ method: 'hook', body: await request.json() });
      return HttpResponse.text('ok');
    }),
  );
  beforeAll(() => {
    Object.assign(process.env, {
      EVENT_BUS_NAME: 'vgac',
      SLACK_API_BASE_URL: 'https://slack.test/api',
      SLACK_BOT_TOKEN_NAME: 'bot',
      SLACK_SIGNING_SECRET_NAME: 'signing',
      SLACK_DEFAULT_CHANNEL: '#gpu-alerts',
      SLACK_WEBHOOK_URL_NAME: 'webhook',
    });
    server.listen({ onUnhandledRequest: 'bypass' });
  });
  afterAll(() => {
    server.close();
    vi.useRealTimers();
  });
  beforeEach(async () => {
    vi.useFakeTimers({ now: ASKED, toFake: ['Date'] });
    Object.assign(slack, { calls: [], down: false });
    dynamo.refuse(() => null);
    for (const mock of [sfn, bus, secrets]) mock.reset();
    sfn.on(SendTaskSuccessCommand).resolves({});
    bus.on(PutEventsCommand).resolves({ Entries: [{ EventId: '1' }] });
    secrets.on(GetSecretValueCommand).rejects(new Error('ResourceNotFoundException'));
    const values = { bot: 'xoxb-1', signing: SIGNING, webhook: 'https://hooks.slack.com/services/1' };
    for (const [SecretId, SecretString] of Object.entries(values)) {
      secrets.on(GetSecretValueCommand, { SecretId }).resolves({ SecretString });
    }
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', config: aConfig(), applied_at: ASKED.toISOString() };
    await putItem(dynamo.table, item);
  });
  return {
    refuseTable: dynamo.refuse,
    slack,
    sfn,
    bus,
    /** Runs RequestApproval for a decision. */
    ask: (decision: Decision, taskToken = 'token-1', question = 'act') =>
      requestApproval({ job, decision, question, taskToken, executionArn: 'arn:execution' }, context),
    /** What the waiting executions were answered. */
    answers: () => sfn.commandCalls(SendTaskSuccessCommand).map(({ args: [{ input }] }) => input),
    stored: (id: string) => loadApproval(dynamo.table, id),
  };
}
