import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { answerDenial } from '../../../../functions/adapters/slack/deny.ts';
import { SlackRefused, SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { liftFreeze, putFreeze } from '../../../../functions/adapters/tables/freeze.ts';
import { clusterKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { answerApproval } from '../../../../functions/application/approvals/answer-approval.ts';
import { settle } from '../../../../functions/application/approvals/settle.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import type { ApprovalItem } from '../../../../schemas/items/approval.ts';
import { ANNA, ASKED, aConfig, BEN, buttons, EXPIRES, minutesAfter, OWNER, withSlack, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf } = useQuestions();
const CARD = { channel: 'C0ALERTS', messageTs: '1.000001' };

describe('Deny', () => {
  it('asks why in a modal, decides nothing before it is sent off, and then keeps the reason', async () => {
    const { approval, at, modals, cards, resumed, stored } = await asked();
    await answerClick(at(now5), { ...click(approval, ANNA, 'deny'), triggerId: 'trigger-1' });
    expect(modals).toMatchObject([
      { triggerId: 'trigger-1', view: { callback_id: 'deny', private_metadata: approval.approval_id } },
    ]);
    expect([resumed, (await stored()).status]).toEqual([[], 'pending']);

    const denial = { approvalId: approval.approval_id, by: ANNA, reason: 'the job\nis <!channel> nearly done ' };
    expect(await answerDenial(at(now5), denial)).toBeNull();
    expect(resumed[0]?.answer).toMatchObject({ decision: 'denied', by: ANNA });
    expect(words(cards.get('1.000001'))).toContain('_Why:_ the job is &lt;!channel&gt; nearly done');
    expect(await auditOf(approval)).toEqual(expect.arrayContaining([`${ANNA}: was asked why`, `${ANNA}: denied`]));
  });

  it.each([
    ['its three seconds are over', new SlackRefused('views.open', 'expired_trigger_id')],
    ['Slack does not answer', new SlackUnavailable('views.open: no answer')],
  ])('denies without a reason when %s, and asks why in the thread', async (_when, error) => {
    const { approval, ports, posts, resumed } = await asked();
    const slack = { openModal: () => Promise.reject(error) };
    await answerClick(
      { ...withSlack(ports, slack), now: now5 },
      { ...click(approval, ANNA, 'deny'), triggerId: 'late' },
    );
    expect(resumed.map(({ answer }) => answer.decision)).toEqual(['denied']);
    expect(posts[1]?.thread).toBe('1.000001');
    expect(words(posts[1]?.message)).toBe(
      '<@U0ANNA>, you denied this. Please say why in this thread, so that the next person knows.',
    );
  });

  it('says in the modal who was faster', async () => {
    const { approval, at, resumed } = await asked();
    await answerClick(at(now5), click(approval, BEN));
    const shown = await answerDenial(at(now5), { approvalId: approval.approval_id, by: ANNA, reason: 'no' });
    expect(JSON.stringify(shown)).toContain('*Approved* by <@U0BEN>, 2026-11-20 08:05 UTC.');
    expect(resumed).toHaveLength(1);
  });

  it('opens no modal for somebody who may not deny, and a made-up modal denies nothing', async () => {
    const { approval, at, modals, privateReplies, resumed } = await asked();
    await answerClick(at(now5), { ...click(approval, 'U0STRANGER', 'deny'), triggerId: 't' });
    expect(modals).toEqual([]);
    expect(privateReplies[0]).toContain('you are not among the approvers');
    const shown = await answerDenial(at(now5), { approvalId: approval.approval_id, by: 'U0STRANGER', reason: 'no' });
    expect(JSON.stringify(shown)).toContain('you are not among the approvers');
    expect(resumed).toEqual([]);
  });
});

describe('an answer from elsewhere', () => {
  const answer = { decision: 'approved', reason: 'checked the queue' } as const;

  it('goes the same way, is shown with where it came from, and is one answer', async () => {
    const { approval, at, cards, resumed, stored } = await asked();
    const carry = (decided: ApprovalItem) => settle(at(now5), decided);
    const by = { kind: 'console', id: ANNA } as const;
    const taken = await answerApproval(at(now5), { approvalId: approval.approval_id, by, ...answer }, carry);
    expect(taken.outcome).toBe('decided');
    expect(resumed[0]?.answer).toMatchObject({ decision: 'approved', by: ANNA, reason: 'checked the queue' });
    expect(words(cards.get('1.000001'))).toContain('*Approved* by <@U0ANNA> in the console, 2026-11-20 08:05 UTC.');
    expect(await stored()).toMatchObject({ decided_via: 'console', answered_at: now5.toISOString() });
    const again = await answerApproval(at(now5), { approvalId: approval.approval_id, by, ...answer }, carry);
    expect(again.outcome).toBe('tooLate');
  });

  it('knows a person by the name that the configuration maps to Slack, and refuses the others', async () => {
    const { approval, at, resumed } = await asked();
    const from = (id: string) =>
      answerApproval(at(now5), { approvalId: approval.approval_id, by: { kind: 'cli', id }, ...answer }, (decided) =>
        settle(at(now5), decided),
      );
    expect(await from('olga')).toMatchObject({ outcome: 'refused', why: expect.stringContaining('your own job') });
    expect(await from('root')).toMatchObject({ outcome: 'refused', why: expect.stringContaining('no Slack id') });
    expect(resumed).toEqual([]);
  });

  it('is authorised by the configuration as it is now', async () => {
    const { approval, at, resumed } = await asked();
    const config = aConfig({ approvers: { suggest: [BEN], gate: [] } });
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', config, applied_at: ASKED.toISOString() };
    await putItem(dynamo.table, item);
    await answerClick(at(now5), click(approval, ANNA));
    expect(resumed).toEqual([]);
    await answerClick(at(now5), click(approval, BEN));
    expect(resumed).toHaveLength(1);
  });
});

describe('a private explanation', () => {
  it('goes to the channel, for that person only, when the response URL is used up', async () => {
    const { approval, ports } = await asked();
    const told: unknown[][] = [];
    const slack = {
      replyPrivately: () => Promise.reject(new SlackRefused('response_url', 'http_404')),
      ephemeral: async (...args: unknown[]) => void told.push(args),
    };
    await answerClick({ ...withSlack(ports, slack), now: now5 }, { ...click(approval, OWNER), ...CARD });
    expect(told).toEqual([['C0ALERTS', OWNER, { text: expect.stringContaining('this is your own job') }]]);
  });
});

describe('the card', () => {
  it('is replaced by the response URL when chat.update does not get through', async () => {
    const { approval, ports, replaced } = await asked();
    const slack = { update: () => Promise.reject(new SlackUnavailable('down')) };
    await answerClick({ ...withSlack(ports, slack), now: now5 }, click(approval, ANNA));
    expect(replaced).toHaveLength(1);
    expect(words(replaced[0]?.message)).toContain('*Approved* by <@U0ANNA>');
  });

  it('that nobody knew of is corrected as soon as somebody presses something on it', async () => {
    const { approval, at, replaced, privateReplies } = await asked();
    await answerClick(at(now5), click(approval, ANNA));
    await answerClick(at(now5), { ...click(approval, BEN), ...CARD, messageTs: '1.000777' });
    expect(privateReplies).toEqual([expect.stringContaining('*Approved* by <@U0ANNA>')]);
    expect(buttons(replaced[0]?.message).map(({ action }) => action)).not.toContain('approve');
  });

  it('reminds once, in its thread, those who may answer', async () => {
    const { approval, at, posts } = await asked();
    const reminders = () => posts.filter(({ message }) => words(message).startsWith('⏰'));
    await sweep(at(minutesAfter(EXPIRES, -31)));
    expect(reminders()).toEqual([]);
    await sweep(at(minutesAfter(EXPIRES, -29)));
    await sweep(at(minutesAfter(EXPIRES, -28)));
    expect(reminders().map(({ thread }) => thread)).toEqual(['1.000001']);
    // Olga owns the job.
    expect(words(reminders()[0]?.message)).toBe(
      '⏰ Still open until 2026-11-20 12:00 UTC; if nobody answers, nothing is done. <@U0ANNA> <@U0BEN>',
    );
    expect(await auditOf(approval)).toContain('vgac-agentic: reminded');
  });
});

describe('freezing from the card', () => {
  const freezeItem = async () => {
    const Key = { PK: clusterKey('west-1'), SK: 'FREEZE' };
    return (await dynamo.table.client.send(new GetCommand({ TableName: dynamo.table.name, Key }))).Item;
  };

  it('stops the cluster, offers to unfreeze it, and leaves the question open', async () => {
    const { approval, at, posts, stored, privateReplies } = await asked();
    await answerClick(at(now5), { ...click(approval, ANNA, 'freeze'), ...CARD });
    expect(await freezeItem()).toMatchObject({ by: ANNA, reason: 'frozen from an approval card' });
    expect(words(posts[1]?.message)).toContain('🧊 *Frozen* by <@U0ANNA>');
    expect(buttons(posts[1]?.message)).toEqual([
      { action: 'unfreeze', value: `${approval.approval_id}#${now5.toISOString()}`, label: 'Unfreeze cluster' },
    ]);
    await answerClick(at(now5), click(approval, BEN, 'freeze'));
    expect(privateReplies).toEqual(['It is already frozen, by <@U0ANNA>: frozen from an approval card.']);
    const freeze = now5.toISOString();
    await answerClick(at(now5), { ...click(approval, BEN, 'unfreeze'), freeze, ...CARD, messageTs: '1.000002' });
    expect(await freezeItem()).toBeUndefined();
    expect((await stored()).status).toBe('pending');
    expect(await auditOf(approval)).toEqual(
      expect.arrayContaining([`${ANNA}: froze the cluster`, `${BEN}: unfroze the cluster`]),
    );
  });

  it.each(['freeze', 'unfreeze'] as const)(
    'to %s takes the right to approve something on the cluster',
    async (action) => {
      const { approval, at, privateReplies } = await asked();
      await answerClick(at(now5), click(approval, 'U0STRANGER', action));
      expect(privateReplies).toEqual([expect.stringContaining('you are not among the approvers of this cluster')]);
      expect(await freezeItem()).toBeUndefined();
      expect(await auditOf(approval)).toContain(`U0STRANGER: refused to ${action}`);
    },
  );

  it.each<[string, Parameters<typeof asked>[0], string]>([
    ['of a job of their own', {}, OWNER],
    ['of a job whose user is not known', { user: 'nobody-knows' }, ANNA],
    ['of a tier that others approve', { tier: 4 }, OWNER],
  ])('is for every approver of the cluster, from the card %s too', async (_, question, by) => {
    const { approval, at } = await asked(question);
    await answerClick(at(now5), click(approval, by, 'freeze'));
    expect(await freezeItem()).toMatchObject({ by });
    await answerClick(at(now5), { ...click(approval, by, 'unfreeze'), freeze: now5.toISOString() });
    expect(await freezeItem()).toBeUndefined();
  });

  it('lifts only the freeze that the button was shown for', async () => {
    const { approval, at, privateReplies } = await asked();
    await answerClick(at(now5), click(approval, ANNA, 'freeze'));
    const old = { ...click(approval, BEN, 'unfreeze'), freeze: now5.toISOString() };
    await answerClick(at(now5), old);
    const later = { by: 'ops', reason: 'storage is broken', now: minutesAfter(now5, 30) };
    await putFreeze(dynamo.table, 'west-1', later);
    for (const stale of [old, click(approval, BEN, 'unfreeze')]) {
      await answerClick(at(minutesAfter(now5, 40)), stale);
      expect(await freezeItem()).toMatchObject({ by: 'ops', at: later.now.toISOString() });
      expect(privateReplies.at(-1)).toBe(
        'It has since been frozen again, by ops: storage is broken. This button only lifts the earlier freeze.',
      );
    }
    await liftFreeze(dynamo.table, 'west-1', { by: 'ops', now: now5 });
    await answerClick(at(now5), old);
    expect(privateReplies.at(-1)).toBe('It is not frozen.');
  });
});
