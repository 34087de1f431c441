import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { approvalPorts } from '../../../../functions/adapters/messages/approval-ports.ts';
import { closeJob, loadJob, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { clusterKey, jobKey, putItem, table } from '../../../../functions/adapters/tables/table.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { takeBack } from '../../../../functions/application/approvals/take-back.ts';
import type { Scheduler } from '../../../../functions/application/decisions/scheduler.ts';
import { approvalIdOf } from '../../../../functions/domain/approval.ts';
import { ledgerEntry } from '../../../../functions/domain/ledger-entry.ts';
import { mayBeUndoneUntil } from '../../../../functions/domain/outcome.ts';
import { permission } from '../../../../functions/domain/permission.ts';
import { handler as webhook } from '../../../../functions/http/slack-webhook.ts';
import { handler as notify } from '../../../../functions/job-workflow/notify.ts';
import type { Effect } from '../../../../schemas/effect.ts';
import { context } from '../../../fixtures/handlers.ts';
import { ANNA, ASKED, aConfig, anOwnDecision, minutesAfter, OWNER, requeue } from './builders.ts';
import { job, useApprovalHandlers } from './handlers.ts';
import { signedClick } from './signed-click.ts';
import { everyStore } from './stores.ts';

const { slack, bus, stored } = useApprovalHandlers();
const store = () => table(process.env.DYNAMODB_TABLE_NAME ?? expect.fail('no table'));
const never = () => Promise.reject(new Error('not asked for'));
const obliging: Scheduler = {
  touches: true,
  ...{ find: never, apply: never, readBack: async () => 'asIntended' },
  undo: async (placed) => ({ ...placed, undone: true }),
};

/** A requeue that the agent did on its own and read back; its execution is about to tell people. */
async function doneAutonomously(change: Partial<Effect> = {}) {
  const decision = anOwnDecision();
  const { decisionId, clusterId, jobId, submittedAt } = decision;
  const placed = { decisionId, action: 'requeue', jobId: 'job-17', before: { queue: 'long' }, undone: false };
  const effect: Effect = {
    ...{ status: 'done', action: 'requeue', decisionId, at: ASKED.toISOString(), intervened: true },
    undo: { ...placed, target: 'short' },
    ...change,
  };
  const row = {
    cluster_id: clusterId,
    job_id: jobId,
    submitted_at: submittedAt,
    claimed_by: 'arn:execution',
    decision,
  };
  await putItem(store(), { ...jobKey(decision), ...row });
  await recordEffect(store(), decision, effect);
  return {
    decision,
    id: approvalIdOf(decisionId, 'autonomous'),
    effect,
    notified: () => notify({ job, decision, effect }, context),
  };
}
const rowNow = async () => (await loadJob(store(), anOwnDecision())) ?? expect.fail('no row');
const portsAt = (now: Date) => {
  const env = { DYNAMODB_TABLE_NAME: store().name, EVENT_BUS_NAME: 'vgac', SLACK_BOT_TOKEN_NAME: 'bot' };
  const log = { warn: () => undefined };
  return approvalPorts(
    { env: { ...env, SLACK_API_BASE_URL: 'https://slack.test/api' }, now, log },
    everyStore(store()),
  );
};
const shown = () => JSON.stringify(slack.calls.at(-1)?.body);
const requests = () =>
  bus
    .commandCalls(PutEventsCommand)
    .flatMap(({ args: [{ input }] }) => input.Entries ?? [])
    .filter(({ DetailType }) => DetailType === 'UndoRequested');
async function auditOf(id: string): Promise<string[]> {
  const answer = await store().client.send(
    new QueryCommand({
      TableName: store().name,
      KeyConditionExpression: 'PK = :pk AND begins_with(SK, :audit)',
      ExpressionAttributeValues: { ':pk': `APPROVAL#${id}`, ':audit': 'AUDIT#' },
    }),
  );
  return (answer.Items ?? []).map(({ what, who }) => `${who}: ${what}`);
}

describe('what the agent did on its own', () => {
  beforeEach(async () => {
    const item = { PK: clusterKey('west-1'), SK: 'CONFIG', config: aConfig(), applied_at: ASKED.toISOString() };
    await putItem(store(), item);
  });

  it('is announced with an Undo button: a signed click has it undone, read back, shown and counted as a harm', async () => {
    const { decision, id, effect, notified } = await doneAutonomously();
    expect(await notified()).toEqual({ sent: true });
    expect(shown()).toContain('*Done by the agent on its own*, 2026-11-20 08:00 UTC; nobody was asked.');
    expect(shown()).toContain('It can be undone here until 2026-11-20 08:15 UTC.');
    expect(shown()).toContain('"action_id":"undo"');

    expect(await webhook(signedClick(id, { action: 'undo' }), context)).toEqual({ statusCode: 200, body: '' });
    expect(shown()).toContain('It is being undone');
    expect(requests()).toMatchObject([{ Detail: expect.stringContaining(`"approvalId":"${id}"`) }]);
    // The execution closes its row with what it knew, after somebody had it undone.
    const now = minutesAfter(ASKED, 1);
    expect(await takeBack(portsAt(now), id, async () => obliging)).toMatchObject({ status: 'undone' });
    await closeJob(store(), decision, { status: 'acted', effect, at: now });
    expect(shown()).toContain('*Undone*, 2026-11-20 08:01 UTC, and read back from the scheduler.');
    expect(shown()).not.toContain('action_id');
    const row = { ...(await rowNow()), label_at: now.toISOString(), long_wait: true };
    expect(row.effect?.status).toBe('undone');
    expect(ledgerEntry(row, 0.5)).toMatchObject({ done: true, touched: true, undone: true });
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining(['vgac-agentic: may be undone', `${ANNA}: asked to undo`, 'vgac-agentic: effect undone']),
    );
  });

  it.each([
    ['a stranger', 'U0STRANGER', 'you are not among the approvers'],
    ['the owner of the job', OWNER, 'this is your own job'],
  ])('is not undone by %s, who learns why', async (_who, by, why) => {
    const { id, notified } = await doneAutonomously();
    await notified();
    await webhook(signedClick(id, { by, action: 'undo' }), context);
    expect(shown()).toContain(why);
    expect(requests()).toEqual([]);
    expect(await auditOf(id)).toContain(`${by}: refused to undo`);
  });

  it.each(['approve', 'deny'])('is no question: a click on %s changes nothing and resumes nothing', async (action) => {
    const { id, notified } = await doneAutonomously();
    await notified();
    await webhook(signedClick(id, { action }), context);
    expect(shown()).toContain('nobody was asked');
    expect((await stored(id))?.status).toBe('autonomous');
  });

  it('permits nothing to anybody who takes its record for an approval', async () => {
    const { decision, id, notified } = await doneAutonomously();
    await notified();
    const item = (await stored(id)) ?? expect.fail('not recorded');
    const limits = { coolingDown: false, usedThisHour: 0 };
    const world = { frozen: false, touches: true, limits, config: aConfig({ dryRun: false }), now: ASKED };
    const approval = { item, verdict: decision.evidence };
    const { decisionId } = decision;
    const row = await rowNow();
    expect(() => permission({ decisionId, row, approval, world })).toThrow('with something to do');
    const asks = { tier: 3, ...requeue() };
    const asking = { ...row, decision: { ...decision, asks } };
    expect(() => permission({ decisionId, row: asking, approval, world })).toThrow('does not permit');
  });

  it('is announced once, however often the machine repeats itself', async () => {
    const { notified } = await doneAutonomously();
    await notified();
    await notified();
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage']);
  });

  it('loses its button when the time is over, and is not swept again', async () => {
    const { decision, id, notified } = await doneAutonomously();
    await notified();
    await closeJob(store(), decision, { status: 'acted', at: ASKED });
    const answerTask = vi.fn();
    await sweep({ ...portsAt(minutesAfter(ASKED, 16)), answerTask });
    expect(shown()).toContain('The time to undo it from here is over.');
    expect(shown()).not.toContain('action_id');
    expect((await stored(id))?.listing).toBe('APPROVALS#CLOSED#west-1');
    expect(answerTask).not.toHaveBeenCalled();
    vi.setSystemTime(minutesAfter(ASKED, 17));
    await webhook(signedClick(id, { action: 'undo' }), context);
    expect(shown()).toContain('The time to undo this is over.');
    expect(requests()).toEqual([]);
  });

  it('names the console and the command line where there is only an incoming webhook, and has no button there', async () => {
    vi.stubEnv('SLACK_BOT_TOKEN_NAME', '');
    const { id, notified } = await doneAutonomously();
    expect(await notified()).toEqual({ sent: true });
    vi.unstubAllEnvs();
    expect(slack.calls.map(({ method }) => method)).toEqual(['hook']);
    expect(shown()).toContain(`npx vgac approve ${id} --undo`);
    expect(shown()).not.toMatch(/action_id|actions/);
    expect((await stored(id))?.status).toBe('autonomous');
  });

  it.each([
    ['a dry run', { status: 'dryRun', intervened: false }],
    ['what has nothing to take back', { undo: undefined }],
    ['what failed', { status: 'failed', reason: 'read back different' }],
  ] as const)('is announced without an Undo button: %s', async (_what, change) => {
    const { id, notified } = await doneAutonomously(change);
    await notified();
    expect(shown()).not.toContain('action_id');
    expect(await stored(id)).toBeNull();
  });

  it('waits for its time to be over before its token is settled', async () => {
    const { decision, effect } = await doneAutonomously();
    const row = { ...(await rowNow()), status: 'acted', closed_at: ASKED.toISOString(), effect } as const;
    expect(mayBeUndoneUntil(row, 15, minutesAfter(ASKED, 19.9))).not.toBe(null);
    expect(mayBeUndoneUntil(row, 15, minutesAfter(ASKED, 20))).toBe(null);
    expect(mayBeUndoneUntil({ ...row, effect: { ...effect, status: 'undone' } }, 15, ASKED)).toBe(null);
    expect(mayBeUndoneUntil({ ...row, decision: { ...decision, next: 'act' } }, 15, ASKED)).toBe(null);
  });
});
