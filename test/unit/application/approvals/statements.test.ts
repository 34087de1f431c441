import { describe, expect, it, vi } from 'vitest';
import type { SlackMessage } from '../../../../functions/adapters/slack/client.ts';
import { effectMessages } from '../../../../functions/adapters/slack/effect-messages.ts';
import { SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import type { Delivery } from '../../../../functions/adapters/slack/notifier.ts';
import { saidOf } from '../../../../functions/adapters/slack/statement.ts';
import { notifyStore } from '../../../../functions/adapters/tables/approval-stores.ts';
import { loadStatements } from '../../../../functions/adapters/tables/statements.ts';
import { publishStatement } from '../../../../functions/application/approvals/rolling-statements.ts';
import { countOf, type Said, withStatement } from '../../../../functions/domain/rolling-statements.ts';
import type { Effect } from '../../../../schemas/effect.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { ASKED, anOwnDecision, minutesAfter, recorder, words } from './builders.ts';

const dynamo = useTable();
let clusters = 0;
const aCluster = () => {
  clusters += 1;
  return { clusterId: `said-${clusters}`, channel: '#gpu-alerts', minutes: 15 };
};

/** A statement at a minute after the hour. */
function said(minute: number, { action = 'annotate', status = 'done' as Effect['status'], jobId = 'job-17' } = {}) {
  const args = { action, clusterId: 'west-1', jobId, text: '~12 minutes (±5m)' };
  const decision = anOwnDecision({ tier: action === 'warn' ? 2 : 1, kind: 'statement', arguments: args, jobId });
  const at = minutesAfter(ASKED, minute).toISOString();
  return saidOf(decision, { status, action, decisionId: decision.decisionId, at, intervened: false });
}

type Where = ReturnType<typeof aCluster>;

function bot() {
  const slack = recorder(dynamo.table);
  const store = notifyStore(dynamo.table);
  const delivery: Delivery = { kind: 'bot', slack: slack.ports.slack };
  /** Adds a statement at a minute after the hour. */
  const publish = (minute: number, of: Said, where: Where, by: Delivery = delivery) => {
    const { now, warn } = slack.at(minutesAfter(ASKED, minute));
    return publishStatement({ store, messages: effectMessages(by), now, warn }, of, where);
  };
  return { ...slack, publish, shown: (ts: string) => words(slack.cards.get(ts)) };
}

describe('statements that notify people', () => {
  it('share one message per cluster for a quarter of an hour, which counts them by tier', async () => {
    const { publish, posts, shown } = bot();
    const where = aCluster();
    const tell = (minute: number, ...of: Parameters<typeof said> extends [number, ...infer R] ? R : never) =>
      publish(minute, said(minute, ...of), where);
    expect(await tell(0)).toBe(true);
    await tell(3, { action: 'warn', jobId: 'job-18' });
    await tell(14);
    expect(posts).toHaveLength(1);
    expect(shown('1.000001').split('\n')).toEqual([
      `🗒️ *3 statements* on \`${where.clusterId}\` since 08:00 UTC: 2 annotated, 1 warned about.`,
      '• 08:00 `job-17` annotated: “~12 minutes (±5m)”',
      '• 08:03 `job-18` warned about: “~12 minutes (±5m)”',
      '• 08:14 `job-17` annotated: “~12 minutes (±5m)”',
      '_You are notified because:_ calibration score 0.720 has to be above 0.85 · ⚠️ calibration: 72%',
    ]);
    await tell(15);
    expect(posts).toHaveLength(2);
    expect(shown('1.000002')).toContain('*1 statement*');
    expect(shown('1.000001')).toContain('*3 statements*');
  });

  it('in dry run are what would have been said', async () => {
    const { publish, shown } = bot();
    const where = aCluster();
    await publish(0, said(0, { status: 'dryRun' }), where);
    await publish(1, said(1, { status: 'dryRun', action: 'warn' }), where);
    expect(shown('1.000001')).toContain('1 would have been annotated, 1 would have been warned about.');
    expect(shown('1.000001')).toContain('• 08:01 `job-17` would have been warned about:');
  });

  it('keep the latest ten lines and count the rest', async () => {
    const { publish, shown } = bot();
    const where = aCluster();
    for (let i = 0; i < 13; i++) await publish(i, said(i, { jobId: `job-${i}` }), where);
    const text = shown('1.000001');
    expect(text).toContain('*13 statements*');
    expect(text).toContain('… 3 earlier');
    expect(text.match(/^• /gm)).toHaveLength(10);
    expect(text).toContain('`job-12`');
  });

  it('are announced once, however often the machine repeats itself', async () => {
    const { publish, posts, shown } = bot();
    const where = aCluster();
    const one = said(0);
    await publish(0, one, where);
    await publish(1, one, where);
    expect([posts.length, shown('1.000001').includes('*1 statement*')]).toEqual([1, true]);
    // Also when the time of its message is over.
    await publish(20, one, where);
    expect(posts).toHaveLength(1);
  });

  it('are all in one message when executions announce them at the same time', async () => {
    const { publish, posts, shown } = bot();
    const where = aCluster();
    await Promise.all(Array.from({ length: 12 }, (_, i) => publish(0, said(0, { jobId: `job-${i}` }), where)));
    expect(posts).toHaveLength(1);
    expect(countOf((await loadStatements(dynamo.table, where.clusterId))?.counts ?? {})).toBe(12);
    expect(shown('1.000001')).toContain('*12 statements*');
  });

  it('lose nothing while Slack is down: the retry, or the next one, shows them', async () => {
    const { publish, posts, shown } = bot();
    const where = aCluster();
    const down: Delivery = {
      kind: 'bot',
      slack: { ...bot().ports.slack, post: () => Promise.reject(new SlackUnavailable('down')) },
    };
    const first = said(0);
    await expect(publish(0, first, where, down)).rejects.toBeInstanceOf(SlackUnavailable);
    await publish(0, first, where);
    expect(posts).toHaveLength(1);
    const deaf: Delivery = {
      kind: 'bot',
      slack: { ...bot().ports.slack, update: () => Promise.reject(new SlackUnavailable('down')) },
    };
    await expect(publish(1, said(1), where, deaf)).rejects.toBeInstanceOf(SlackUnavailable);
    await publish(2, said(2), where);
    expect(shown('1.000001')).toContain('*3 statements*');
  });

  it('are posted by the next one where whoever began to post has died', async () => {
    const { publish, posts } = bot();
    const where = aCluster();
    const died: Delivery = { kind: 'bot', slack: { ...bot().ports.slack, post: () => new Promise(() => undefined) } };
    void publish(0, said(0), where, died);
    await vi.waitFor(async () =>
      expect((await loadStatements(dynamo.table, where.clusterId))?.posting_at).toBeDefined(),
    );
    await publish(0.1, said(0.1), where);
    expect(posts).toEqual([]);
    await publish(1, said(1), where);
    expect(posts).toHaveLength(1);
    expect(words(posts[0]?.message)).toContain('*3 statements*');
  });

  it('are one message per quarter of an hour on an incoming webhook, with what came of the one before', async () => {
    const sent: SlackMessage[] = [];
    const delivery: Delivery = { kind: 'webhook', post: async (message) => void sent.push(message) };
    const { publish } = bot();
    const where = aCluster();
    for (const minute of [0, 1, 2, 14, 15]) {
      expect(await publish(minute, said(minute, { action: minute ? 'warn' : 'annotate' }), where, delivery)).toBe(true);
    }
    expect(sent).toHaveLength(2);
    expect(words(sent[0])).toContain('*1 statement*');
    expect(words(sent[1])).toContain('From 08:00 UTC on, in all: 1 annotated, 3 warned about.');
  });

  it('are counted where nobody can be notified', async () => {
    const where = aCluster();
    expect(await bot().publish(0, said(0), where, { kind: 'none' })).toBe(false);
    expect((await loadStatements(dynamo.table, where.clusterId))?.counts).toEqual({ annotate: 1 });
  });

  it('are the same statements in whatever order their clocks bring them', () => {
    const first = withStatement(null, said(5), 900_000);
    const second = withStatement(first, said(4), 900_000);
    expect([countOf(second.counts), second.began_at]).toEqual([2, first.began_at]);
  });
});
