import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { liftFreeze, putFreeze } from '../../../../functions/adapters/tables/freeze.ts';
import { clusterKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { answerOutsideSlack } from '../../../../functions/application/approvals/answer-outside-slack.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import type { ApprovalItem } from '../../../../schemas/items/approval.ts';
import type { AnswerRequest } from '../../../../schemas/ports/answer.ts';
import { ANNA, aConfig, BEN, EXPIRES, minutesAfter, OWNER, type TestPorts, withSlack, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf } = useQuestions();
const ARN = 'arn:aws:sts::123456789012:assumed-role/approver/anna@example.com';

const as = (person: string, via: 'console' | 'cli' = 'console') => ({ lambda: { person, via } });
const answer = (
  ports: Omit<TestPorts, 'answerTask'>,
  authorizer: unknown,
  { approval_id: approvalId }: ApprovalItem,
  what: Omit<AnswerRequest, 'approvalId'>,
) => answerOutsideSlack(ports, authorizer, Buffer.from(JSON.stringify({ approvalId, ...what })));

const freezeItem = async () => {
  const Key = { PK: clusterKey('west-1'), SK: 'FREEZE' };
  return (await dynamo.table.client.send(new GetCommand({ TableName: dynamo.table.name, Key }))).Item;
};

describe('an answer outside of Slack', () => {
  it('decides without touching the token, and the sweeper that it wakes up resumes the execution', async () => {
    const { approval, at, ports, events, resumed, cards, stored } = await asked();
    const { answerTask: _, ...withoutTokens } = at(now5);
    const reply = await answer(withoutTokens, as(ANNA), approval, { action: 'approve', reason: 'checked\nthe queue' });
    expect(reply).toEqual({ outcome: 'done', message: 'Approved by U0ANNA in the console, 2026-11-20 08:05 UTC.' });
    expect(resumed).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'ApprovalDecided', detail: { via: 'console', by: ANNA } });
    expect(words(cards.get('1.000001'))).toContain('*Approved* by <@U0ANNA> in the console');
    await sweep({ ...ports, now: now5 });
    expect(resumed.map(({ answer: given }) => given)).toEqual([
      { decision: 'approved', by: ANNA, at: now5.toISOString(), reason: 'checked the queue' },
    ]);
    expect(await stored()).toMatchObject({ status: 'approved', decided_via: 'console' });
    expect(await auditOf(approval)).toEqual(expect.arrayContaining([`${ANNA}: approved`, 'vgac-agentic: resumed']));
  });

  it('works while Slack is down, and the card says so once Slack is back', async () => {
    const { approval, ports, resumed, cards } = await asked();
    const down = () => Promise.reject(new SlackUnavailable('down'));
    const without = { ...withSlack(ports, { post: down, update: down }), now: now5 };
    const reply = await answer(without, as(ANNA, 'cli'), approval, { action: 'deny', reason: 'not tonight' });
    expect(reply.message).toBe('Denied by U0ANNA on the command line, 2026-11-20 08:05 UTC; nothing is done.');
    await sweep(without);
    expect(resumed.map(({ answer: given }) => given.decision)).toEqual(['denied']);
    expect(words(cards.get('1.000001'))).toContain('Human Review Needed');
    await sweep({ ...ports, now: minutesAfter(now5, 1) });
    expect(words(cards.get('1.000001'))).toContain('*Denied* by <@U0ANNA> on the command line');
    expect(words(cards.get('1.000001'))).toContain('_Why:_ not tonight');
    expect(resumed).toHaveLength(1);
  });

  it('says who decided and when to whoever comes later, from wherever', async () => {
    const { approval, at, privateReplies, resumed } = await asked();
    await answerClick(at(now5), click(approval, BEN));
    const late = await answer(at(minutesAfter(now5, 1)), as(ANNA), approval, { action: 'deny' });
    expect(late).toEqual({
      outcome: 'tooLate',
      message: 'Already answered; yours does not count. Approved by U0BEN in Slack, 2026-11-20 08:05 UTC.',
    });
    expect(resumed).toHaveLength(1);
    const other = await asked();
    await answer(other.at(now5), as(ANNA), other.approval, { action: 'approve' });
    await answerClick(other.at(minutesAfter(now5, 1)), click(other.approval, BEN, 'approve'));
    expect(other.privateReplies).toEqual(['✅ *Approved* by <@U0ANNA> in the console, 2026-11-20 08:05 UTC.']);
    expect(privateReplies).toEqual([]);
  });

  it('words a timeout as a timeout', async () => {
    const { approval, at } = await asked();
    const reply = await answer(at(EXPIRES), as(ANNA), approval, { action: 'approve' });
    expect(reply.outcome).toBe('tooLate');
    expect(reply.message).toMatch(/^Expired: the time to answer ended .* UTC; nothing is done\.$/);
  });

  it.each(['approve', 'deny', 'undo'] as const)(
    'to %s is refused to the owner of the job and to strangers, and audited',
    async (action) => {
      const { approval, at, stored } = await asked();
      expect(await answer(at(now5), as(OWNER), approval, { action })).toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('this is your own job'),
      });
      expect(await answer(at(now5), as('U0STRANGER', 'cli'), approval, { action })).toMatchObject({
        message: 'You cannot do this: you are not among the approvers of tier suggest on this cluster.',
      });
      expect((await stored()).status).toBe('pending');
      expect(await freezeItem()).toBeUndefined();
      expect(await auditOf(approval)).toEqual(
        expect.arrayContaining([`${OWNER}: refused to ${action}`, `U0STRANGER: refused to ${action}`]),
      );
    },
  );

  it.each(['freeze', 'unfreeze'] as const)('to %s is refused to strangers, and audited', async (action) => {
    const { approval, at } = await asked();
    expect(await answer(at(now5), as('U0STRANGER', 'cli'), approval, { action })).toMatchObject({
      message: 'You cannot do this: you are not among the approvers of this cluster.',
    });
    expect(await freezeItem()).toBeUndefined();
    expect(await auditOf(approval)).toContain(`U0STRANGER: refused to ${action}`);
  });

  it('from AWS counts for the person that the configuration maps the caller to, and for nobody else', async () => {
    const { approval, at, stored } = await asked();
    const iam = { iam: { userArn: ARN } };
    expect(await answer(at(now5), iam, approval, { action: 'approve' })).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('no Slack id in the configuration'),
    });
    const config = aConfig({ users: { ...aConfig().users, [ARN]: ANNA } });
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', config, applied_at: now5.toISOString() };
    await putItem(dynamo.table, item);
    await answer(at(now5), iam, approval, { action: 'approve' });
    expect(await stored()).toMatchObject({ status: 'approved', decided_by: ANNA, decided_via: 'cli' });
  });

  it.each([
    ['nobody has proven who calls', undefined, {}],
    ['the caller is called like a name of the cluster', { lambda: { person: 'olga', via: 'cli' } }, {}],
    ['the client is made up', { lambda: { person: ANNA, via: 'slack' } }, {}],
    ['the body says who answers', as(ANNA), { by: BEN }],
    ['the action is none', as(ANNA), { action: 'acknowledge' }],
  ])('changes nothing where %s', async (_, authorizer, change) => {
    const { approval, at, stored } = await asked();
    const body = Buffer.from(JSON.stringify({ approvalId: approval.approval_id, action: 'approve', ...change }));
    expect((await answerOutsideSlack(at(now5), authorizer, body)).outcome).toBe('malformed');
    expect((await stored()).status).toBe('pending');
  });

  it('records a look at the details, and who looked', async () => {
    const { approval, at } = await asked();
    expect((await answer(at(now5), as(BEN), approval, { action: 'details' })).message).toMatch(
      /^Waiting for an answer/,
    );
    expect(await auditOf(approval)).toContain(`${BEN}: looked at the details`);
  });

  it('freezes and unfreezes the cluster, and leaves the freeze of all clusters to an operator', async () => {
    const { approval, at, posts } = await asked();
    expect(await answer(at(now5), as(ANNA), approval, { action: 'freeze' })).toMatchObject({ outcome: 'done' });
    expect(await freezeItem()).toMatchObject({ by: ANNA });
    expect(words(posts[1]?.message)).toContain('🧊 *Frozen* by <@U0ANNA>');
    expect(await answer(at(now5), as(BEN), approval, { action: 'freeze' })).toEqual({
      outcome: 'nothingToDo',
      message: 'west-1 is already frozen, by U0ANNA: frozen from an approval card.',
    });
    await putFreeze(dynamo.table, '*', { by: 'ops', reason: 'maintenance', now: now5 });
    expect((await answer(at(now5), as(BEN), approval, { action: 'unfreeze' })).message).toBe(
      'All clusters are frozen, by ops: maintenance. Only an operator can lift that.',
    );
    expect(await freezeItem()).toBeUndefined();
    await liftFreeze(dynamo.table, '*', { by: 'ops', now: now5 });
  });

  it('lifts only the freeze that the page showed, and on the command line whichever is there', async () => {
    const { approval, at } = await asked();
    await putFreeze(dynamo.table, 'west-1', { by: 'ops', reason: 'storage is broken', now: now5 });
    const freeze = minutesAfter(now5, -60).toISOString();
    expect(await answer(at(now5), as(OWNER), approval, { action: 'unfreeze', freeze })).toEqual({
      outcome: 'nothingToDo',
      message: 'west-1 has since been frozen again, by ops: storage is broken. Look at that freeze before you lift it.',
    });
    expect(await freezeItem()).toMatchObject({ by: 'ops' });
    const lifts = { action: 'unfreeze', freeze: now5.toISOString() } as const;
    expect(await answer(at(now5), as(OWNER), approval, lifts)).toMatchObject({ outcome: 'done' });
    await putFreeze(dynamo.table, 'west-1', { by: 'ops', reason: 'again', now: now5 });
    expect(await answer(at(now5), as(BEN, 'cli'), approval, { action: 'unfreeze' })).toMatchObject({ outcome: 'done' });
    expect(await freezeItem()).toBeUndefined();
  });

  it('does not know an approval that is none', async () => {
    const { approval, at } = await asked();
    const none = { ...approval, approval_id: 'dec_none' };
    for (const action of ['approve', 'details', 'undo'] as const) {
      expect((await answer(at(now5), as(ANNA), none, { action })).outcome).toBe('unknown');
    }
  });
});
