import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import type { SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { digestMessages } from '../../../../functions/adapters/slack/daily-digest.ts';
import type { Send } from '../../../../functions/adapters/slack/notifier.ts';
import { digestStore } from '../../../../functions/adapters/tables/approval-stores.ts';
import { clusterKey, jobKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { postDailyDigest, readFatigue } from '../../../../functions/application/approvals/daily-digest.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { fatigue } from '../../../../functions/domain/fatigue.ts';
import { outlineOf } from '../../../../functions/domain/figures.ts';
import { countDay, isNews } from '../../../../functions/domain/withheld.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import { ANNA, ASKED, aDecision, BEN, buttons, minutesAfter, recorder, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click } = useQuestions();
const MORNING = new Date('2026-11-21T06:00:00.000Z');

let clusters = 0;
/** A cluster of its own, with jobs of 20 November and one before and after. */
async function clusterWithJobs() {
  clusters += 1;
  const clusterId = `digest-${clusters}`;
  const put = async (
    jobId: string,
    submittedAt: string,
    next: 'withhold' | 'act' | 'nothing' | 'ask',
    code: string,
    more: Partial<Decision> = {},
    status?: 'acted' | 'expired' | 'refused',
  ) => {
    const reasons = [{ code, message: `because of <!channel> ${code}`, scope: 'escalate' as const }];
    const listing = { listing: clusterKey(clusterId), listing_key: `PREDICTION#${submittedAt}#${jobId}` };
    const decision = aDecision({ clusterId, jobId, submittedAt, next, reasons, ...more });
    await putItem(dynamo.table, {
      ...jobKey(decision),
      ...listing,
      decision,
      outline: outlineOf(decision),
      ...(status && { status }),
    });
  };
  await put('before', '2026-11-19T23:59:59.999Z', 'withhold', 'learning');
  await put('one', '2026-11-20T00:00:00.000Z', 'withhold', 'tokens');
  await put('two', '2026-11-20T12:00:00.000Z', 'withhold', 'tokens');
  await put('three', '2026-11-20T13:00:00.000Z', 'withhold', 'drift');
  await put('acted', '2026-11-20T14:00:00.000Z', 'act', 'none', { called: 3, tier: 1, executed: true });
  await put('warned', '2026-11-20T14:00:00.000Z', 'act', 'none', { called: 2, tier: 2, asks: null }, 'acted');
  await put('refused', '2026-11-20T14:00:00.000Z', 'act', 'frozen', { called: 2, tier: 2, asks: null }, 'refused');
  await put('quiet', '2026-11-20T15:00:00.000Z', 'nothing', 'none', { called: 0, asks: null });
  await put('asked', '2026-11-20T15:00:00.000Z', 'ask', 'none', {}, 'expired');
  await put('after', '2026-11-21T00:00:00.001Z', 'withhold', 'learning');
  const sent: SlackMessage[] = [];
  const post: Send = async (_channel, message) => sent.push(message) > 0;
  return { clusterId, sent, post };
}

const postDigest = (clusterId: string, send: Send, now: Date) =>
  postDailyDigest({ store: digestStore(dynamo.table), messages: digestMessages(send), now }, clusterId, '#gpu-alerts');

describe('the daily digest', () => {
  it('counts what was withheld the day before, by reason, once a day', async () => {
    const { clusterId, sent, post } = await clusterWithJobs();
    expect(await postDigest(clusterId, post, MORNING)).toBe(true);
    expect(await postDigest(clusterId, post, minutesAfter(MORNING, 1))).toBe(false);
    expect(sent).toHaveLength(1);
    expect(words(sent[0])).toBe(
      [
        `🗒️ *8 jobs* on cluster \`${clusterId}\` on 2026-11-20 (UTC): 1 nothing needed · 2 acted (1 annotate, 1 warn) · 1 asked · 4 withheld`,
        '1 acted and also asked',
        '*Why it was withheld:*',
        '• 2 × `tokens`, such as: because of &lt;!channel&gt; tokens',
        '• 1 × `drift`, such as: because of &lt;!channel&gt; drift',
        '• 1 × `frozen`, such as: because of &lt;!channel&gt; frozen',
        'No action is needed; they were predicted and recorded all the same.',
        '',
      ].join('\n'),
    );
  });

  it('is posted after all when the first attempt failed', async () => {
    const { clusterId, sent, post } = await clusterWithJobs();
    const down = () => Promise.reject(new Error('Slack is down'));
    await expect(postDigest(clusterId, down, MORNING)).rejects.toThrow('down');
    expect(await postDigest(clusterId, post, MORNING)).toBe(true);
    expect(sent).toHaveLength(1);
  });

  it('says nothing about a cluster on which nothing happened', async () => {
    const { post, sent } = await clusterWithJobs();
    expect(await postDigest('quiet', post, MORNING)).toBe(false);
    expect(sent).toEqual([]);
  });

  it('is acknowledged once, keeps its text, and shows others who did it', async () => {
    const { clusterId, sent, post } = await clusterWithJobs();
    await postDigest(clusterId, post, MORNING);
    const [button] = buttons(sent[0]);
    expect(button).toEqual({ action: 'acknowledge', value: `DAY@${clusterId}@2026-11-20`, label: 'Acknowledge' });
    const { at, cards, privateReplies } = recorder(dynamo.table);
    const press = (by: string) =>
      answerClick(at(MORNING), {
        action: 'acknowledge',
        approvalId: button?.value ?? '',
        by,
        responseUrl: 'https://hooks.slack.com/actions/1',
        channel: 'C0ALERTS',
        messageTs: '7.000001',
      });
    await press(ANNA);
    await press(BEN);
    expect(words(cards.get('7.000001'))).toContain('*8 jobs* on cluster');
    expect(words(cards.get('7.000001'))).toContain('☑️ Acknowledged by <@U0ANNA>, 2026-11-21 06:00 UTC.');
    expect(buttons(cards.get('7.000001'))).toEqual([]);
    expect(privateReplies).toEqual(['It was acknowledged by <@U0ANNA>, 2026-11-21 06:00 UTC.']);
  });

  it.each(['dec_1', 'DAY@x@2026-11-20', 'OPEN@west-1', 'DAY@west-1'])(
    'cannot be acknowledged as %s',
    async (approvalId) => {
      const { at, privateReplies } = recorder(dynamo.table);
      await answerClick(at(MORNING), { action: 'acknowledge', approvalId, by: ANNA, responseUrl: 'https://x' });
      expect(privateReplies).toEqual(['This digest is no longer known here.']);
    },
  );
});

describe('how approvals are answered', () => {
  const one = (by: string, status: 'approved' | 'denied' | 'void' | 'expired', seconds: number) => ({
    cluster_id: 'west-1',
    status,
    requested_at: ASKED.toISOString(),
    decided_by: by,
    ...(status !== 'expired' && { answered_at: new Date(ASKED.getTime() + seconds * 1000).toISOString() }),
  });

  it('is a rate and a median for each person and cluster; timeouts are nobody’s', () => {
    const answers = [
      one(ANNA, 'approved', 4),
      one(ANNA, 'void', 8),
      one(ANNA, 'denied', 600),
      one(BEN, 'approved', 10),
      one(BEN, 'approved', 30),
      one('vgac-agentic', 'expired', 0),
    ];
    expect(fatigue(answers)).toEqual([
      { clusterId: 'west-1', approver: ANNA, answers: 3, approveRate: 2 / 3, medianSeconds: 8 },
      { clusterId: 'west-1', approver: BEN, answers: 2, approveRate: 1, medianSeconds: 20 },
    ]);
    expect(fatigue([])).toEqual([]);
  });

  it('is read from what was really answered, and shown in the digest', async () => {
    const { approval, at } = await asked();
    await answerClick(at(now5), click(approval, ANNA, 'deny'));
    await sweep(at(minutesAfter(ASKED, 6)));
    const [mine] = (await readFatigue(digestStore(dynamo.table), 'west-1', MORNING)).filter(
      ({ approver }) => approver === ANNA,
    );
    expect(mine).toEqual({ clusterId: 'west-1', approver: ANNA, answers: 1, approveRate: 0, medianSeconds: 300 });
    const sent: SlackMessage[] = [];
    await postDigest('west-1', async (_channel, message) => sent.push(message) > 0, MORNING);
    expect(words(sent[0])).toContain('• <@U0ANNA>: 1 answered, 0% approved, half of them within 5m');
  });
});

describe('a day', () => {
  it('adds up, and withholds only what was called for', () => {
    const row = { called: 0, tier: 0, asks: false, reason: null };
    const { figures, reasons } = countDay([
      { outline: { ...row, next: 'withhold', called: 1 }, status: null },
      { outline: { ...row, next: 'nothing' }, status: 'nothingNeeded' },
      { outline: null, status: 'failed' },
      { outline: null, status: null },
    ]);
    expect(figures.jobs).toBe(4);
    expect(figures.parts).toMatchObject({ withheld: 1, nothingNeeded: 1, failed: 1, undecided: 1 });
    expect(reasons).toEqual([{ code: 'none', times: 1, example: 'no rule was recorded' }]);
  });

  it('on which nothing was called for is no news', () => {
    const quiet = countDay([
      { outline: { next: 'nothing', called: 0, tier: 0, asks: false, reason: null }, status: null },
    ]);
    expect(isNews(quiet, [])).toBe(false);
  });
});
