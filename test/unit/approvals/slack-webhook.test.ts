import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { handler as sweeper } from '../../../functions/events/approval-sweeper.ts';
import { handler as webhook } from '../../../functions/http/slack-webhook.ts';
import { context } from '../../fixtures/handlers.ts';
import { ANNA, ASKED, aDecision, BEN, EXPIRES } from './builders.ts';
import { useApprovalEdges } from './edges.ts';
import { signedClick } from './signed-click.ts';

const { slack, sfn, bus, ask, answers, stored } = useApprovalEdges();

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

  it('tells a late approver who decided', async () => {
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
});
