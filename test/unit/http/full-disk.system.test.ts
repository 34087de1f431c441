import { describe, expect, it } from 'vitest';
import { NOTHING_DONE, PERHAPS_NOT_DONE } from '../../../functions/domain/answer-words.ts';
import { handler as answerApproval } from '../../../functions/http/answer-approval.ts';
import { handler as webhook } from '../../../functions/http/slack-webhook.ts';
import { AwsError } from '../../../infra/runtime/aws-error.ts';
import { DENY_MODAL, REASON_FIELD } from '../../../schemas/ports/slack.ts';
import { context } from '../../fixtures/handlers.ts';
import { ANNA, aDecision } from '../application/approvals/builders.ts';
import { useApprovalHandlers } from '../application/approvals/handlers.ts';
import { signedClick } from '../application/approvals/signed-click.ts';

const { slack, ask, answers, stored, refuseTable } = useApprovalHandlers();

const full = new AwsError('ServiceUnavailable', 'the tables cannot be written (database or disk is full)', 503);
const throttled = new AwsError('ThrottlingException', 'slow down');
const broken = new AwsError('InternalServerError', 'the row is damaged', 500);
const WRITES = /^(Put|Update|Delete|TransactWrite|BatchWrite)/;
const noWrites = (error: AwsError) => refuseTable((operation) => (WRITES.test(operation) ? error : null));

/** An answer of Anna's on the page, as the console hands it over. */
const answerOf = (approvalId: string, action: string) => {
  const event = signedClick('', { payload: JSON.stringify({ approvalId, action }) });
  const authorizer = { lambda: { person: ANNA, via: 'console' } };
  return answerApproval({ ...event, requestContext: Object.assign({}, event.requestContext, { authorizer }) }, context);
};

describe('a click in Slack while the table takes nothing', () => {
  it.each([
    ['its disk is full', full],
    ['it is overloaded', throttled],
  ])('tells the person that nothing was done: %s', async (_, error) => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    noWrites(error);
    expect(await webhook(signedClick(decisionId), context)).toEqual({ statusCode: 200, body: '' });
    expect(slack.calls.at(-1)).toEqual({ method: 'hook', body: expect.objectContaining({ text: NOTHING_DONE }) });
    expect(answers()).toEqual([]);
    expect((await stored(decisionId))?.status).toBe('pending');

    refuseTable(() => null);
    await webhook(signedClick(decisionId, { seconds: Math.floor(Date.now() / 1000) - 1 }), context);
    expect((await stored(decisionId))?.status).toBe('approved');
  });

  it('keeps the modal open with the reason that was typed', async () => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    const values = { [REASON_FIELD]: { [REASON_FIELD]: { value: 'too early' } } };
    const view = { callback_id: DENY_MODAL, private_metadata: decisionId, state: { values } };
    const submission = JSON.stringify({ type: 'view_submission', user: { id: ANNA }, view });
    noWrites(full);
    const payload = new URLSearchParams({ payload: submission }).toString();
    const { statusCode, body } = await webhook(signedClick('', { payload }), context);
    expect(statusCode).toBe(200);
    expect(JSON.parse(body ?? '')).toEqual({ response_action: 'errors', errors: { [REASON_FIELD]: NOTHING_DONE } });
    expect((await stored(decisionId))?.status).toBe('pending');
  });

  it('says to look first where the table failed only after the click was taken', async () => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    refuseTable((operation) => (operation === 'PutItem' ? null : broken));
    expect(await webhook(signedClick(decisionId), context)).toEqual({ statusCode: 200, body: '' });
    expect(slack.calls.at(-1)).toMatchObject({ method: 'hook', body: { text: PERHAPS_NOT_DONE } });
  });

  it('is a 503 where the person cannot be told either, and any other fault of ours is still one', async () => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    noWrites(full);
    const mute = signedClick(decisionId, { origin: { response_url: undefined } });
    expect(await webhook(mute, context)).toMatchObject({
      statusCode: 503,
      body: JSON.stringify({ message: PERHAPS_NOT_DONE }),
    });
    refuseTable(() => new AwsError('ValidationException', 'our own mistake'));
    await expect(webhook(signedClick(decisionId), context)).rejects.toThrow('our own mistake');
  });
});

describe('an answer outside Slack while the table takes nothing', () => {
  it.each(['approve', 'deny', 'freeze'])('%s is a 503 with a sentence, and changes nothing', async (action) => {
    const { decisionId } = aDecision();
    await ask(aDecision({ decisionId }));
    noWrites(full);
    const { statusCode, body } = await answerOf(decisionId, action);
    expect(statusCode).toBe(503);
    expect(JSON.parse(body ?? '')).toEqual({ outcome: 'unavailable', message: PERHAPS_NOT_DONE });
    expect((await stored(decisionId))?.status).toBe('pending');
    refuseTable(() => null);
    expect((await answerOf(decisionId, action)).statusCode).toBe(200);
  });
});
