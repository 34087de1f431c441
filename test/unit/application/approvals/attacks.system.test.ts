import { InvalidToken, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerTask } from '../../../../functions/adapters/aws/executions.ts';
import { noticeCard, undoNotice } from '../../../../functions/adapters/slack/cards.ts';
import { isSlacksUrl } from '../../../../functions/adapters/slack/client.ts';
import { prose } from '../../../../functions/adapters/slack/escape.ts';
import { clusterKey, table } from '../../../../functions/adapters/tables/table.ts';
import { reasonOf } from '../../../../functions/application/approvals/answer-approval.ts';
import { visible } from '../../../../functions/domain/visible.ts';
import { handler as webhook } from '../../../../functions/http/slack-webhook.ts';
import { whyNot } from '../../../../infra/cli/approve/send.ts';
import { DENY_MODAL, REASON_FIELD } from '../../../../schemas/ports/slack.ts';
import { context } from '../../../fixtures/handlers.ts';
import { ANNA, ASKED, aConfig, aDecision, anApproval, requeue } from './builders.ts';
import { useApprovalHandlers } from './handlers.ts';
import { signedClick } from './signed-click.ts';

const { slack, sfn, bus, ask, answers, stored } = useApprovalHandlers();
const ELSEWHERE = 'U0ELSEWHERE';

/** A modal as Slack sends it off, with whatever somebody made of its metadata. */
function signedDenial(metadata: string, by: string, reason = 'because') {
  const values = { [REASON_FIELD]: { [REASON_FIELD]: { value: reason } } };
  const view = { callback_id: DENY_MODAL, private_metadata: metadata, state: { values } };
  const submission = { type: 'view_submission', user: { id: by }, view };
  return signedClick('', { payload: new URLSearchParams({ payload: JSON.stringify(submission) }).toString() });
}

describe('somebody who may answer on another cluster only', () => {
  it.each(['approve', 'deny', 'undo', 'freeze', 'unfreeze'])('cannot %s here, and is told why', async (action) => {
    const { client, name: TableName } = table(process.env.DYNAMODB_TABLE_NAME ?? '');
    const config = aConfig({ clusterId: 'east-1', approvers: { suggest: [ELSEWHERE], gate: [ELSEWHERE] } });
    const Item = { PK: clusterKey('east-1'), SK: 'CONFIG', v: 1, config, applied_at: ASKED.toISOString() };
    await client.send(new PutCommand({ TableName, Item }));
    const decision = aDecision();
    await ask(decision);
    await webhook(signedClick(decision.decisionId, { by: ELSEWHERE, action }), context);
    expect(JSON.stringify(slack.calls.at(-1))).toContain('you are not among the approvers');
    expect((await stored(decision.decisionId))?.status).toBe('pending');
    expect(answers()).toEqual([]);
  });

  it('cannot deny here by a modal of their own cluster with this id in its metadata', async () => {
    const decision = aDecision();
    await ask(decision);
    const answer = await webhook(signedDenial(decision.decisionId, ELSEWHERE), context);
    expect(answer.body).toContain('you are not among the approvers');
    expect((await stored(decision.decisionId))?.status).toBe('pending');
    expect((await webhook(signedDenial('OPEN@west-1', ANNA), context)).body).toContain('no longer known here');
    expect((await webhook(signedDenial(`${decision.decisionId}#AUDIT`, ANNA), context)).body).toContain(
      'no longer known',
    );
  });

  it('cannot turn the button of a digest into a key for other records', async () => {
    const decision = aDecision();
    await ask(decision);
    for (const value of [decision.decisionId, 'OPEN@west-1', 'DAY@west-1@2026-11-20', 'DAY@@2026-11-20']) {
      await webhook(signedClick(value, { action: 'acknowledge' }), context);
      expect(JSON.stringify(slack.calls.at(-1)?.body)).toContain('no longer known here');
    }
    expect((await stored(decision.decisionId))?.status).toBe('pending');
  });

  it('approves tier 4 only where tier 4 is theirs', async () => {
    const gate = aDecision({ asks: { tier: 4, ...requeue({ action: 'hold', target: undefined }) } });
    await ask(gate);
    await webhook(signedClick(gate.decisionId, { by: 'U0OWNER' }), context);
    expect(JSON.stringify(slack.calls.at(-1))).toContain('not among the approvers of tier gate');
    expect((await stored(gate.decisionId))?.status).toBe('pending');
  });
});

describe('the task token', () => {
  it('is in no error, even where Step Functions quotes it', async () => {
    const token = 'AQCsecret-token';
    sfn.on(SendTaskSuccessCommand).rejects(new InvalidToken({ message: `Invalid Token: '${token}'`, $metadata: {} }));
    const failure: unknown = await answerTask(token, {
      decision: 'approved',
      by: ANNA,
      at: ASKED.toISOString(),
      reason: '',
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TaskNotAnswered', message: "InvalidToken: Invalid Token: '[token]'" });
    expect(failure instanceof Error && `${failure.stack}${String(failure.cause)}`).not.toContain(token);
  });

  it('is in no call to Slack and no event, whatever the answer', async () => {
    for (const action of ['approve', 'deny', 'details', 'freeze']) {
      const decision = aDecision();
      await ask(decision, 'AQCsecret-token');
      await webhook(signedClick(decision.decisionId, { action }), context);
    }
    const said = JSON.stringify([slack.calls, bus.calls().map(({ args }) => args[0].input)]);
    expect(said).not.toContain('AQCsecret-token');
  });
});

describe('text that hides', () => {
  it.each([
    ['a right-to-left override', 'job-\u202e71', 'job-71'],
    ['an isolate', '\u2067approve\u2069', 'approve'],
    ['a soft hyphen', 'ap\u00adprove', 'approve'],
    ['tags, which a model reads and nobody sees', 'ok\u{e0041}\u{e0042}', 'ok'],
    ['letters that look like nothing', '\u3164\u115f\uffa0x', 'x'],
    ['line breaks', 'one\n*Approved* by\r\u2028me', 'one *Approved* by me'],
    ['half a pair', 'x\ud83d', 'x'],
  ])('is shown without %s', (_what, text, plain) => {
    expect(visible(text)).toBe(plain);
    expect(reasonOf(text)).toBe(plain);
  });

  it('does not paint over the lines around', () => {
    const zalgo = `a${'\u0301\u0336\u0489'.repeat(200)}b`;
    expect(visible(zalgo).length).toBeLessThan(8);
    expect(prose(zalgo, 300)).toContain('b');
    expect(visible('né́ हिन्दी ไม่')).toBe('né́ हिन्दी ไม่');
  });

  it('is cut between characters, not within one', () => {
    expect(reasonOf('🔥'.repeat(600))).toBe('🔥'.repeat(500));
  });
});

describe('a response URL', () => {
  it.each([
    ['https://hooks.slack.com/actions/T1/2/3', true],
    ['http://hooks.slack.com/actions/T1/2/3', false],
    ['https://hooks.slack.com:8443/actions', false],
    ['https://hooks.slack.com.evil.example/actions', false],
    ['https://hooks.slack.com@evil.example/', false],
    ['https://user:pass@hooks.slack.com/', false],
    ['https://evil.example\\@hooks.slack.com/', false],
    ['https://169.254.169.254/latest/meta-data', false],
    ['http://127.0.0.1:4566/', false],
    ['file:///etc/passwd', false],
    ['//hooks.slack.com/', false],
  ])('%s: called: %s', (url, called) => {
    expect(isSlacksUrl(url, 'https://slack.com/api')).toBe(called);
  });
});

describe('an incoming webhook', () => {
  const done = { status: 'autonomous', decided_at: ASKED.toISOString() } as const;
  const effect = { status: 'done', at: ASKED.toISOString() } as const;

  it.each([
    ['a question', noticeCard(anApproval()), 'Nothing can be answered here'],
    ['a hold', noticeCard(anApproval({ question: 'keep' })), 'Nothing can be answered here'],
    [
      'what was done autonomously',
      undoNotice(anApproval({ ...done, effect }), ASKED),
      'Nothing can be undone in this channel',
    ],
  ])('carries %s in words only, and says so: nothing in it can be pressed', (_what, message, said) => {
    const text = JSON.stringify(message);
    expect(new Set(message.blocks.map(({ type }) => type))).toEqual(new Set(['section']));
    expect(text).not.toMatch(/action_id|"button"|accessory|undone here|<http/);
    expect(text).toContain(said);
    expect(text).toContain('npx vgac approve dec_');
  });
});

describe('vgac approve against AWS', () => {
  const url = new URL('https://a1b2c3.execute-api.eu-central-1.amazonaws.com/approvals/answer');

  it.each([
    [403, { message: 'The security token included in the request is expired' }, 'are they expired?'],
    [403, { message: 'User is not authorized' }, 'execute-api:Invoke'],
    [404, { message: 'Not Found' }, 'is VGAC_APPROVALS_URL the output ApprovalsUrl?'],
    [429, { message: 'Too Many Requests' }, 'nothing was answered'],
    [503, null, 'look at how the approval stands before you try again'],
  ])('says for %s what to do, in words of its own and of the gateway', (status, json, said) => {
    const why = whyNot(url, status, json);
    expect(why).toContain(said);
    expect(why.includes(json?.message ?? 'It says')).toBe(json !== null);
  });

  it('prints no escape sequence that somebody put into an answer', () => {
    expect(whyNot(url, 500, { message: '\u001b[31mowned\n' })).toMatch(/It says: \[31mowned$/);
  });
});
