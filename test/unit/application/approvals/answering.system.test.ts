import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { clusterKey } from '../../../../functions/adapters/tables/table.ts';
import { loadToken } from '../../../../functions/adapters/tables/task-tokens.ts';
import { present } from '../../../../functions/application/approvals/present.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { answerOf } from '../../../../functions/domain/approval.ts';
import { ANNA, ASKED, BEN, buttons, EXPIRES, minutesAfter, OWNER, recorder, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();

describe('asking', () => {
  it('stores the question and its token apart, posts one card, and says so', async () => {
    const { approval, posts, events, stored } = await asked();
    expect(approval).toMatchObject({ status: 'pending', tier: 'suggest', user: 'olga', requests: 1 });
    expect(approval.expires_at).toBe(EXPIRES.toISOString());
    expect(posts).toHaveLength(1);
    expect(posts[0]?.channel).toBe('#gpu-alerts');
    expect(await stored()).toMatchObject({ channel: 'C0ALERTS', card_ts: '1.000001' });
    expect(events.map(({ type }) => type)).toEqual(['ApprovalRequested']);
    expect(JSON.stringify([posts, events, await stored(), await auditOf(approval)])).not.toContain('token-1');
    expect(await loadToken(dynamo.table, approval.approval_id)).toBe('token-1');
  });

  it('reuses the card and keeps the expiry when the machine asks again; only the newest token is answered', async () => {
    const { request, posts, approval, at, resumed, stored } = await asked();
    const again = await request('token-2');
    expect(posts).toHaveLength(1);
    expect(again.expires_at).toBe(approval.expires_at);
    await answerClick(at(now5), click(approval, ANNA));
    expect(resumed.map(({ token }) => token)).toEqual(['token-2']);
    expect((await stored()).requests).toBe(2);
  });

  it('stays pending when Slack is down, and the sweeper posts the card later', async () => {
    const { ports, approval, warnings, posts, stored } = await asked({
      change: {
        slack: { ...recorder(dynamo.table).ports.slack, post: () => Promise.reject(new SlackUnavailable('down')) },
      },
    });
    expect(warnings).toEqual(['left to the sweeper: SlackUnavailable']);
    expect((await stored()).card_ts).toBeUndefined();
    const up = recorder(dynamo.table);
    await sweep(up.at(minutesAfter(ASKED, 0.5)));
    expect(up.posts).toEqual([]);
    await sweep(up.at(minutesAfter(ASKED, 2)));
    await sweep(up.at(minutesAfter(ASKED, 3)));
    const mine = up.posts.filter(({ message }) => buttons(message)[0]?.value === approval.approval_id);
    expect(mine).toHaveLength(1);
    expect([ports.table, posts]).toEqual([dynamo.table, []]);
  });

  it('leaves one card to press when two are posted at once', async () => {
    const { ports, approval, cards } = await asked({ change: {} });
    const { card_ts: _, ...withoutCard } = approval;
    await present(ports, withoutCard);
    expect([...cards.values()].filter((card) => buttons(card).length > 0)).toHaveLength(1);
    expect(words(cards.get('1.000002'))).toBe('This request is shown in another card.');
  });

  it('opens a second approval for keeping a hold that was approved before', async () => {
    const { approval } = await asked({ question: 'keep', tier: 4 });
    expect(approval.approval_id).toMatch(/-keep$/);
    expect(approval.tier).toBe('gate');
  });
});

describe('a click', () => {
  it.each([
    ['approve', 'approved'],
    ['deny', 'denied'],
  ] as const)(
    'to %s resumes the execution once, makes the card true and leaves nothing open',
    async (action, status) => {
      const { approval, at, resumed, cards, events, privateReplies, stored } = await asked();
      await answerClick(at(now5), click(approval, ANNA, action));
      const answer = {
        decision: status,
        by: ANNA,
        at: now5.toISOString(),
        reason: action === 'deny' ? 'denied without a reason' : 'approved in Slack',
      };
      expect(resumed).toEqual([{ token: 'token-1', answer }]);
      expect(answerOf(await stored())).toEqual(answer);
      expect(buttons(cards.get('1.000001')).map(({ action: left }) => left)).toEqual(
        action === 'approve' ? ['undo'] : [],
      );
      expect(words(cards.get('1.000001'))).toContain('<@U0ANNA>');
      expect(events.at(-1)).toMatchObject({ type: 'ApprovalDecided', detail: { decision: status, by: ANNA } });
      expect(await loadToken(dynamo.table, approval.approval_id)).toBeNull();
      // An approval stays on the sweeper's list until what came of it is known.
      expect(await isOpen(approval)).toBe(action === 'approve');
      expect(privateReplies).toEqual([]);
      expect(await auditOf(approval)).toEqual([`vgac-agentic: asked`, `${ANNA}: ${status}`, 'vgac-agentic: resumed']);
    },
  );

  it('keeps the first answer when two approvers click at once, and names them to the other', async () => {
    const { approval, at, resumed, privateReplies, events, stored } = await asked();
    await Promise.all([
      answerClick(at(now5), click(approval, ANNA, 'approve')),
      answerClick(at(now5), click(approval, BEN, 'deny')),
    ]);
    const { status, decided_by } = await stored();
    expect(resumed).toHaveLength(1);
    expect(resumed[0]?.answer).toMatchObject({ decision: status, by: decided_by });
    expect(events.filter(({ type }) => type === 'ApprovalDecided')).toHaveLength(1);
    expect(privateReplies).toHaveLength(1);
    expect(privateReplies[0]).toContain(`by <@${decided_by}>, 2026-11-20 08:05 UTC`);
  });

  it('decides once however many click', async () => {
    const { approval, at, resumed } = await asked();
    const clicks = Array.from({ length: 12 }, (_, i) =>
      click(approval, i % 2 ? ANNA : BEN, i % 3 ? 'approve' : 'deny'),
    );
    await Promise.all(clicks.map((one) => answerClick(at(now5), one)));
    expect(resumed).toHaveLength(1);
  });

  it.each([
    [minutesAfter(EXPIRES, -0.001), 1],
    [EXPIRES, 0],
    [minutesAfter(EXPIRES, 0.5), 0],
  ])('at %s counts %i times', async (when, times) => {
    const { approval, at, resumed, privateReplies, stored } = await asked();
    await answerClick(at(when), click(approval, ANNA));
    expect(resumed).toHaveLength(times);
    expect((await stored()).status).toBe(times ? 'approved' : 'pending');
    if (!times) expect(privateReplies).toEqual([expect.stringContaining('*Expired*')]);
  });

  it.each([
    ['somebody who is no approver', 'U0STRANGER', 'olga', /not among the approvers/],
    ['the owner of the job', OWNER, 'olga', /your own job/],
    ['an approver, for a user without a Slack id', ANNA, 'nobody-knows', /no Slack id/],
  ])('of %s is explained privately, audited, and does nothing', async (_who, by, user, why) => {
    const { approval, at, resumed, privateReplies, stored } = await asked({ user });
    await answerClick(at(now5), click(approval, by));
    expect(resumed).toEqual([]);
    expect((await stored()).status).toBe('pending');
    expect(privateReplies).toEqual([expect.stringMatching(why)]);
    expect(await auditOf(approval)).toContain(`${by}: refused to approve`);
  });

  it('on Details shows the rest of the evidence to whoever asks for it, and to nobody else', async () => {
    const { approval, at, posts, privateReplies, stored } = await asked();
    await answerClick(at(now5), click(approval, ANNA, 'details'));
    expect(posts).toHaveLength(1);
    expect(privateReplies[0]).toContain('ECE between 0.030 and 0.062 with 90 % certainty');
    expect((await stored()).status).toBe('pending');
    expect(await auditOf(approval)).toContain(`${ANNA}: looked at the details`);
  });

  it('on Details shows a stranger the same, privately and a few times an hour', async () => {
    const { approval, at, posts, cards, privateReplies } = await asked();
    const shown = JSON.stringify([...cards.values()]);
    for (let i = 0; i < 6; i++) await answerClick(at(now5), click(approval, 'U0STRANGER', 'details'));
    expect(privateReplies).toHaveLength(4);
    for (const reply of privateReplies.slice(0, 3)) expect(reply).toContain('ECE between');
    expect(privateReplies[3]).toMatch(/^You have seen the details of this request several times in this hour/);
    const looked = (await auditOf(approval)).filter((fact) => fact === 'U0STRANGER: looked at the details');
    expect(looked.length).toBeLessThanOrEqual(3);
    expect([posts.length, JSON.stringify([...cards.values()])]).toEqual([1, shown]);
    // Nobody else is kept from looking, nor the same person an hour later.
    for (let i = 0; i < 5; i++) await answerClick(at(now5), click(approval, ANNA, 'details'));
    await answerClick(at(minutesAfter(now5, 60)), click(approval, 'U0STRANGER', 'details'));
    expect(privateReplies.slice(4).every((reply) => reply.includes('ECE between'))).toBe(true);
    expect(privateReplies).toHaveLength(10);
  });

  it('on an unknown approval is answered with a sentence that says so', async () => {
    const { ports, privateReplies, resumed } = recorder(dynamo.table);
    await answerClick(ports, { action: 'approve', approvalId: 'dec_nothing', by: ANNA, responseUrl: 'https://x' });
    expect(privateReplies).toEqual(['This request is no longer known here.']);
    expect(resumed).toEqual([]);
  });

  it('is not answered while the configuration cannot be read', async () => {
    const { approval, at, resumed, stored } = await asked();
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', v: 1, config: { clusterId: 1 }, applied_at: 'x' };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: item }));
    await expect(answerClick(at(now5), click(approval, ANNA))).rejects.toThrow('CONFIG');
    expect([resumed, (await stored()).status]).toEqual([[], 'pending']);
  });
});
