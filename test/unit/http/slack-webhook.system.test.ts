import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it, vi } from 'vitest';
import { table } from '../../../functions/adapters/tables/table.ts';
import { handler as sweeper } from '../../../functions/events/approval-sweeper.ts';
import { handler as webhook } from '../../../functions/http/slack-webhook.ts';
import { context } from '../../fixtures/handlers.ts';
import { ANNA, ASKED, aDecision, BEN, EXPIRES } from '../application/approvals/builders.ts';
import { useApprovalHandlers } from '../application/approvals/handlers.ts';
import { signedClick } from '../application/approvals/signed-click.ts';

const { slack, sfn, bus, ask, answers, stored } = useApprovalHandlers();

describe('SlackWebhook', () => {
  it.each([false, true])('answers the execution and the card (base64 body: %s)', async (base64) => {
    const decision = aDecision();
    expect(await ask(decision)).toEqual({ approvalId: decision.decisionId, expiresAt: EXPIRES.toISOString() });
    expect(await webhook(signedClick(decision.decisionId, { base64 }), context)).toEqual({ statusCode: 200, body: '' });
    expect(answers()).toEqual([
      {
        taskToken: 'token-1',
        output: JSON.stringify({
          decision: 'approved',
          by: ANNA,
          at: ASKED.toISOString(),
          reason: 'approved in Slack',
        }),
      },
    ]);
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'chat.update']);
    expect(JSON.stringify([slack.calls, bus.calls().map(({ args }) => args[0].input)])).not.toContain('token-1');
  });

  it('gives forged, replayed and unsigned requests the same answer, and does nothing', async () => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    const old = Math.floor(ASKED.getTime() / 1000) - 301;
    const { 'X-Slack-Signature': _, ...unsigned } = signedClick(decisionId).headers;
    const refused = [
      signedClick(decisionId, { secret: 'guessed' }),
      signedClick(decisionId, { seconds: old }),
      { ...signedClick(decisionId), headers: unsigned },
      { ...signedClick(decisionId), body: `${signedClick(decisionId).body}&x=1` },
      {
        ...signedClick(decisionId),
        headers: { ...signedClick(decisionId).headers, 'Content-Type': 'application/json' },
      },
    ];
    for (const event of refused) {
      expect(await webhook(event, context)).toEqual({ statusCode: 401, body: 'unauthorized' });
    }
    expect(answers()).toEqual([]);
    expect((await stored(decisionId))?.status).toBe('pending');
  });

  it.each([
    ['payload=%7B%7D', 401],
    ['payload=not-json', 401],
    ['payload=1&payload=2', 401],
    ['nothing=1', 401],
    ['payload=%7B%22type%22%3A%22shortcut%22%2C%22user%22%3A%7B%22id%22%3A%22U0ANNA%22%7D%7D&x=1', 401],
    [`payload=${encodeURIComponent('{"type":"view_closed","user":{"id":"U0ANNA"}}')}`, 200],
    [
      `payload=${encodeURIComponent('{"type":"block_actions","user":{"id":"U0ANNA"},"actions":[{"action_id":"something-else","value":"x"}]}')}`,
      200,
    ],
  ])('answers an authentic %s with %i and does nothing', async (payload, statusCode) => {
    expect(await webhook(signedClick('', { payload }), context)).toMatchObject({ statusCode });
    expect(answers()).toEqual([]);
  });

  it('names whoever decided to a late approver', async () => {
    const decision = aDecision();
    await ask(decision);
    await webhook(signedClick(decision.decisionId, { by: BEN, action: 'deny' }), context);
    await webhook(signedClick(decision.decisionId, { by: ANNA }), context);
    expect(answers()).toHaveLength(1);
    expect(slack.calls.at(-1)).toMatchObject({
      method: 'hook',
      body: { text: '⛔ *Denied* by <@U0BEN>, 2026-11-20 08:00 UTC; nothing is done.' },
    });
  });

  it('decides although Slack and the execution do not answer, and the sweeper repairs it', async () => {
    const decision = aDecision();
    await ask(decision);
    slack.down = true;
    sfn.on(SendTaskSuccessCommand).rejects(new Error('down'));
    expect(await webhook(signedClick(decision.decisionId), context)).toMatchObject({ statusCode: 200 });
    expect((await stored(decision.decisionId))?.status).toBe('approved');

    slack.down = false;
    sfn.reset();
    sfn.on(SendTaskSuccessCommand).resolves({});
    const report = await sweeper({}, context);
    expect(report).toMatchObject({ failed: 0 });
    expect(answers().map(({ taskToken }) => taskToken)).toContain('token-1');
    expect((await stored(decision.decisionId))?.listing).toBe('APPROVALS#CLOSED#west-1');
  });

  it('takes a request once: the same signature again is refused like a forgery, and nothing happens', async () => {
    const decision = aDecision();
    await ask(decision);
    const details = signedClick(decision.decisionId, { action: 'details' });
    expect(await webhook(details, context)).toMatchObject({ statusCode: 200 });
    const calls = slack.calls.length;
    expect(await webhook(details, context)).toEqual({ statusCode: 401, body: 'unauthorized' });
    expect(slack.calls).toHaveLength(calls);
    // The same person presses again, a second later.
    const again = signedClick(decision.decisionId, { action: 'details', seconds: ASKED.getTime() / 1000 + 1 });
    expect(await webhook(again, context)).toMatchObject({ statusCode: 200 });
  });

  it('takes one of two copies that come at once', async () => {
    const decision = aDecision();
    await ask(decision);
    const click = signedClick(decision.decisionId);
    const answered = await Promise.all([webhook(click, context), webhook(click, context), webhook(click, context)]);
    expect(answered.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401, 401]);
    expect(answers()).toHaveLength(1);
  });

  it.each([
    ['nothing', {}, 401],
    ['another workspace', { team: { id: 'T0OTHER' }, api_app_id: 'A0OURS' }, 401],
    ['another app', { team: { id: 'T0OURS' }, api_app_id: 'A0OTHER' }, 401],
    ['our workspace and app', { team: { id: 'T0OURS' }, api_app_id: 'A0OURS' }, 200],
    ['our app, installed for a grid', { team: null, user: { id: ANNA, team_id: 'T0OURS' }, api_app_id: 'A0OURS' }, 200],
  ])('answers a signed click that says it is from %s with what it deserves', async (_where, origin, statusCode) => {
    vi.stubEnv('SLACK_TEAM_ID', 'T0OURS');
    vi.stubEnv('SLACK_APP_ID', 'A0OURS');
    const decision = aDecision();
    await ask(decision);
    expect(await webhook(signedClick(decision.decisionId, { origin }), context)).toMatchObject({ statusCode });
    expect(answers()).toHaveLength(statusCode === 200 ? 1 : 0);
    vi.unstubAllEnvs();
  });

  it('stores nothing of a request that it refuses', async () => {
    const { decisionId } = aDecision();
    const sent = vi.spyOn(table('any').client, 'send');
    await webhook(signedClick(decisionId, { secret: 'guessed' }), context);
    await webhook(signedClick(decisionId, { payload: 'payload=%7B%7D' }), context);
    expect(sent).not.toHaveBeenCalled();
    sent.mockRestore();
  });

  it('shows a modal to whoever denies, and takes its answer', async () => {
    const decision = aDecision();
    await ask(decision);
    await webhook(signedClick(decision.decisionId, { action: 'deny', origin: { trigger_id: '1.2.abc' } }), context);
    const opened = slack.calls.find(({ method }) => method === 'views.open');
    expect(opened?.body).toMatchObject({ trigger_id: '1.2.abc', view: { private_metadata: decision.decisionId } });
    expect(answers()).toEqual([]);
    const submission = {
      type: 'view_submission',
      user: { id: ANNA },
      view: {
        callback_id: 'deny',
        private_metadata: decision.decisionId,
        state: { values: { reason: { reason: { type: 'plain_text_input', value: 'not tonight' } } } },
      },
    };
    const payload = new URLSearchParams({ payload: JSON.stringify(submission) }).toString();
    expect(await webhook(signedClick('', { payload }), context)).toEqual({ statusCode: 200, body: '' });
    expect(JSON.parse(answers()[0]?.output ?? '{}')).toMatchObject({ decision: 'denied', reason: 'not tonight' });
    const late = signedClick('', { payload, seconds: ASKED.getTime() / 1000 + 1 });
    expect(await webhook(late, context)).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: expect.stringContaining('"response_action":"update"'),
    });
  });
});
