import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { crowdedChannels, loadCrowd } from '../../../../functions/adapters/tables/question-lists.ts';
import { listMessageFor } from '../../../../functions/application/approvals/question-lists.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { joined, LIST_LENGTH, membersOf, NO_CROWD, without } from '../../../../functions/domain/crowd.ts';
import { ANNA, ASKED, BEN, buttons, minutesAfter, OWNER, recorder, requeue, withSlack, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();
const CHANNEL = '#gpu-alerts';

type Recorded = ReturnType<typeof recorder>;

/** So many questions, asked one after the other of one Slack. */
async function crowd(count: number, one: Recorded = recorder(dynamo.table)) {
  const all = [];
  for (let i = 0; i < count; i++) {
    const jobId = `job-${i + 1}`;
    const about = { jobId, asks: { tier: 3, ...requeue({ jobId }) } };
    all.push(await asked({ token: `token-${i + 1}`, change: { slack: one.ports.slack }, about }));
  }
  return { all, one };
}

/** The list that a message shows now, and what its buttons carry. */
function listIn({ cards }: Recorded, ts: string) {
  const card = cards.get(ts);
  return { text: words(card), buttons: buttons(card), pinned: buttons(card)[0]?.value ?? '' };
}

const press = (by: string, action: 'approveAll' | 'denyAll', pinned: string) => ({
  ...{ action, approvalId: pinned, by, responseUrl: 'https://hooks.slack.com/actions/1' },
  ...{ channel: 'C0ALERTS', messageTs: '1.000004' },
});

describe('more questions in a channel than people follow one by one', () => {
  it('have cards of their own up to three, and then share a list, which names each of them whole', async () => {
    const { all, one } = await crowd(5);
    // Three cards, the list, and the other two in its thread.
    expect(one.posts.map(({ thread }) => thread)).toEqual([
      ...[undefined, undefined, undefined, undefined],
      ...['1.000004', '1.000004'],
    ]);
    const { text, buttons: pressable } = listIn(one, '1.000004');
    expect(text).toContain('🚨 *2 more questions wait for a human* in this channel:');
    expect(text.match(/^\*\d\.\* /gm)).toEqual(['*1.* ', '*2.* ']);
    expect(text).toContain('*1.* Move job `job-4` to queue `short`?');
    expect(text).toContain(
      'owner `olga` · 4 GPUs · queue `gpu-long` · cluster `west-1` · q 82 % · until 12:00 UTC · <https://slack.test/archives/C0ALERTS/p1000005|its card>',
    );
    expect(pressable.map(({ label }) => label)).toEqual(['Approve all 2', 'Deny all 2']);
    for (const { approval } of all) expect(await isOpen(approval)).toBe(true);
  });

  it('are at most ten on a list, and then begin another', () => {
    let many = NO_CROWD;
    for (let i = 0; i < 25; i++) many = joined(many, `q${i}`, 3);
    expect([1, 2, 3].map((number) => membersOf(many, number).length)).toEqual([LIST_LENGTH, LIST_LENGTH, 2]);
    expect(joined(many, 'q7', 3)).toBe(many);
    const fewer = without(many, new Set(['q24', 'q23']));
    expect(membersOf(joined(fewer, 'next', 3), 3)).toEqual(['next']);
  });

  it('are answered together by whoever may, each by its own rules, and the reply lists what became of each', async () => {
    const { all, one } = await crowd(5);
    const { pinned } = listIn(one, '1.000004');
    await answerClick(one.at(now5), press(ANNA, 'approveAll', pinned));
    const statuses = await Promise.all(all.map(async ({ stored }) => (await stored()).status));
    expect(statuses).toEqual(['pending', 'pending', 'pending', 'approved', 'approved']);
    expect(one.resumed.map(({ token }) => token).sort()).toEqual(['token-4', 'token-5']);
    expect(one.privateReplies).toEqual([expect.stringContaining('*2 of 2 approved.*')]);
    expect(one.privateReplies[0]).toContain('• job `job-4` on `west-1`: ✅ *Approved* by <@U0ANNA>');
    expect(listIn(one, '1.000004').text).toContain('All questions in this list are answered or closed');
  });

  it('mean the list as it was shown: what came later stays open', async () => {
    const { all, one } = await crowd(4);
    const { pinned } = listIn(one, '1.000004');
    const later = await crowdOfOne(one, 'job-9');
    await answerClick(one.at(now5), press(BEN, 'denyAll', pinned));
    expect((await all[3]?.stored())?.status).toBe('denied');
    expect((await later.stored()).status).toBe('pending');
    const list = listIn(one, '1.000004');
    expect(list.text).toContain('*1 more question waits for a human*');
    expect(list.text).toContain('Move job `job-9`');
    expect(list.pinned).not.toBe(pinned);
  });

  it('stay open when somebody may not answer them, and the reply says why for each', async () => {
    const { all, one } = await crowd(5);
    await answerClick(one.at(now5), press(OWNER, 'approveAll', listIn(one, '1.000004').pinned));
    expect(one.privateReplies[0]).toContain('*0 of 2 approved.*');
    expect(one.privateReplies[0]?.match(/this is your own job/g)).toHaveLength(2);
    expect((await all[4]?.stored())?.status).toBe('pending');
    const approval = all[4]?.approval ?? expect.fail('not asked');
    expect(await auditOf(approval)).toContain(`${OWNER}: refused to approve`);
  });

  it('are answered once, when one is answered by itself and all at once by somebody else', async () => {
    const { all, one } = await crowd(5);
    const { pinned } = listIn(one, '1.000004');
    const approval = all[3]?.approval ?? expect.fail('not asked');
    await Promise.all([
      answerClick(one.at(now5), click(approval, BEN, 'deny')),
      answerClick(one.at(now5), press(ANNA, 'approveAll', pinned)),
    ]);
    const after = (await all[3]?.stored()) ?? expect.fail('gone');
    const audit = await auditOf(approval);
    expect(audit.filter((fact) => /: (approved|denied)$/.test(fact))).toEqual([`${after.decided_by}: ${after.status}`]);
    expect((await all[4]?.stored())?.status).toBe('approved');
  });

  it.each(['LIST@0123456789abcdef0123456789abcdef', 'LIST@x', 'dec_1', 'OPEN@#gpu-alerts'])(
    'are not answered by a button that carries %s',
    async (pinned) => {
      const { at, privateReplies } = recorder(dynamo.table);
      await answerClick(at(now5), press(ANNA, 'approveAll', pinned));
      expect(privateReplies).toEqual(['This list is no longer known here.']);
    },
  );

  it('leave their list one by one, and give their places in the channel to the next', async () => {
    const { all, one } = await crowd(5);
    const [first, , , fourth] = all;
    if (!first || !fourth) return expect.fail('nothing was asked');
    await answerClick(one.at(now5), click(fourth.approval, ANNA));
    expect(listIn(one, '1.000004').text).toContain('*1 more question waits for a human*');
    await answerClick(one.at(now5), click(first.approval, ANNA));
    const { open } = await loadCrowd(dynamo.table, CHANNEL);
    expect(open).toHaveLength(3);
    const before = one.posts.length;
    await crowdOfOne(one, 'job-9');
    expect(one.posts[before]?.thread).toBe('1.000004');
  });

  it('are counted over all clusters of the channel', async () => {
    const one = recorder(dynamo.table);
    const { all } = await crowd(3, one);
    const { approval } = all[0] ?? expect.fail('nothing was asked');
    const elsewhere = { ...approval, approval_id: 'dec_elsewhere', cluster_id: 'east-1' };
    expect((await listMessageFor(one.ports, elsewhere, CHANNEL))?.ts).toBe('1.000004');
  });

  it('are put right by the sweeper, also what a crash left on a list', async () => {
    const { all, one } = await crowd(5);
    const { approval } = all[4] ?? expect.fail('nothing was asked');
    const down = { update: () => Promise.reject(new Error('Slack is down')) };
    await answerClick({ ...withSlack(one.ports, down), now: now5 }, click(approval, ANNA));
    expect(listIn(one, '1.000004').text).toContain('*2 more questions wait');
    await sweep(one.at(minutesAfter(ASKED, 6)));
    expect(listIn(one, '1.000004').text).toContain('*1 more question waits');
    for (const other of all.slice(0, 4)) await answerClick(one.at(now5), click(other.approval, ANNA, 'deny'));
    await sweep(one.at(minutesAfter(ASKED, 7)));
    expect(await crowdedChannels(dynamo.table)).toEqual([]);
    const next = await crowdOfOne(one, 'job-10');
    expect(one.posts.at(-1)?.thread).toBeUndefined();
    expect(await isOpen(next.approval)).toBe(true);
  });

  it('asked at once are all shown, each in one place', async () => {
    const one = recorder(dynamo.table);
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, i) => {
        const jobId = `job-${i}`;
        const about = { jobId, asks: { tier: 3, ...requeue({ jobId }) } };
        return asked({ token: `token-${i}`, change: { slack: one.ports.slack }, about });
      }),
    );
    const { open, lists } = await loadCrowd(dynamo.table, CHANNEL);
    expect(open).toHaveLength(6);
    expect(lists).toHaveLength(1);
    await sweep(one.at(minutesAfter(ASKED, 2)));
    const list = listIn(one, lists[0]?.card?.ts ?? '');
    expect(list.text).toContain('*3 more questions wait');
    expect(new Set(all.map(({ approval }) => approval.approval_id)).size).toBe(6);
  });
});

async function crowdOfOne(one: Recorded, jobId: string) {
  const about = { jobId, asks: { tier: 3, ...requeue({ jobId }) } };
  return asked({ token: `token-${jobId}`, change: { slack: one.ports.slack }, about });
}
