import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { decideApproval, openApproval } from '../../../functions/adapters/tables/approvals.ts';
import { loadJob } from '../../../functions/adapters/tables/jobs.ts';
import { subjectOf } from '../../../functions/domain/subject.ts';
import { handler } from '../../../functions/job-workflow/act.ts';
import { handler as checkCalibration } from '../../../functions/job-workflow/check-calibration.ts';
import { handler as predict } from '../../../functions/job-workflow/predict.ts';
import type { Decision } from '../../../schemas/decision.ts';
import { aConfig, admitted, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { useVgac } from '../../fixtures/vgac.ts';

const dynamo = useTable();
const vgac = useVgac();

/** A decided job of a cluster of its own, with so many labels behind it: by default enough to act autonomously. */
async function decided(clusterId: string, p: number, over: Record<string, unknown> = {}, labels = 400) {
  const config = aConfig({ clusterId, ...over });
  await seedCluster(dynamo.table, config, labels, new Date());
  vgac.answer({ p });
  const job = await admitted(dynamo.table, config, 'j');
  const decision = await predict({ job, verdict: await checkCalibration({ job }, context) }, context);
  const row = () => loadJob(dynamo.table, job);
  return { decision, row, act: (step: 'apply' | 'approved' | 'release') => act(decision, step) };
}

const act = ({ clusterId, jobId, submittedAt, decisionId }: Decision, step: 'apply' | 'approved' | 'release') =>
  handler({ clusterId, jobId, submittedAt, decisionId, step }, context);

const put = (Item: Record<string, unknown>) =>
  dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item }));

async function approve(decision: Decision) {
  const subject = subjectOf(decision, 'act');
  if (subject === null) throw new Error('nobody is asked about this decision');
  const asked = {
    decision,
    subject,
    question: 'act' as const,
    executionArn: 'arn',
    taskToken: 't',
    terms: { alternatives: [], undo_seconds: 900, cards_at_once: 5 },
    channel: '#gpu',
  };
  await openApproval(dynamo.table, asked, new Date());
  const answer = { status: 'approved' as const, by: 'U02APPROVER', via: 'slack' as const, reason: 'yes' };
  await decideApproval(dynamo.table, decision.decisionId, answer, new Date());
}

/** Too few labels for anything: what is called for is asked. */
const LEARNING = 10;

/** Annotations for everything: the cheapest statement that has something to do. */
const onlyAnnotate = { actions: { annotate: { action: 'annotate' } } };

describe('Act', () => {
  it('does in dry run what it would have done, and leaves a statement to be kept when the row is closed', async () => {
    const { decision, row, act } = await decided('dry', 0.97, onlyAnnotate);
    expect(decision).toMatchObject({ executed: true, next: 'act' });
    const { decisionId } = decision;
    expect(await act('apply')).toMatchObject({ status: 'dryRun', decisionId, intervened: false, follows: 'close' });
    expect((await row())?.effect).toBe(undefined);
  });

  it('does nothing while the cluster is frozen', async () => {
    const { act } = await decided('frozen', 0.97, onlyAnnotate);
    await put({ PK: 'CLUSTER#frozen', SK: 'FREEZE', v: 1, by: 'ada', reason: 'now', at: new Date().toISOString() });
    expect(await act('apply')).toMatchObject({ status: 'refused', reason: expect.stringContaining('frozen') });
  });

  it('does nothing on a job that has started', async () => {
    const { row, act } = await decided('started', 0.97, onlyAnnotate);
    await put({ ...(await row()), started_at: new Date().toISOString() });
    expect(await act('apply')).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('no longer waiting'),
    });
  });

  it('does not carry out what the record does not say was decided by the agent', async () => {
    const { decision, act } = await decided('asked', 0.97, {}, LEARNING);
    expect(decision).toMatchObject({ executed: false, next: 'ask' });
    await expect(act('apply')).rejects.toMatchObject({ name: 'NotPermitted' });
  });

  it('does not carry out arguments that were changed after the record', async () => {
    const { decision, row, act } = await decided('changed', 0.97, onlyAnnotate);
    await put({ ...(await row()), decision: { ...decision, arguments: { ...decision.arguments, jobId: 'another' } } });
    await expect(act('apply')).rejects.toMatchObject({ name: 'NotPermitted' });
  });

  it('does not carry out another decision than the recorded one', async () => {
    const { decision } = await decided('other', 0.97, onlyAnnotate);
    await expect(act({ ...decision, decisionId: 'dec_forged' }, 'apply')).rejects.toMatchObject({
      name: 'NotPermitted',
    });
  });

  it('does not act on an approval that nobody gave', async () => {
    const { act } = await decided('unapproved', 0.97, {}, LEARNING);
    await expect(act('approved')).rejects.toMatchObject({ name: 'NotPermitted' });
  });

  it('carries out what a human approved', async () => {
    const suggest = { actions: { suggest: [{ action: 'requeue', target: 'short' }] } };
    const { decision, act } = await decided('approved', 0.97, suggest, LEARNING);
    await approve(decision);
    expect(await act('approved')).toMatchObject({ status: 'dryRun', action: 'requeue', follows: 'close' });
  });

  it('asks nothing about a hold that would only have been placed', async () => {
    const { decision, act } = await decided('held', 0.97, {}, LEARNING);
    await approve(decision);
    expect(await act('approved')).toMatchObject({ action: 'hold', status: 'dryRun', follows: 'close' });
  });

  it('asks about what the job called for beyond what was done', async () => {
    const tiers = { gate: { promise: 0.99 }, suggest: { tokens: 0 } };
    const { decision, row, act } = await decided('beyond', 0.97, { tiers });
    expect(decision).toMatchObject({ tier: 2, asks: { tier: 4 } });
    expect(await act('apply')).toMatchObject({ action: 'warn', follows: 'ask' });
    await approve(decision);
    expect(await act('approved')).toMatchObject({ action: 'hold', decisionId: `${decision.decisionId}.asked` });
    expect(await row()).toMatchObject({ effect: { action: 'warn' }, approved_effect: { action: 'hold' } });
  });

  it('makes an approval void when the job was faster', async () => {
    const { decision, row, act } = await decided('overtaken', 0.97, {}, LEARNING);
    await approve(decision);
    await put({ ...(await row()), started_at: new Date().toISOString() });
    expect(await act('approved')).toMatchObject({ status: 'void', follows: 'void', reason: expect.any(String) });
  });

  it('does to a job what was done to another a moment ago, and a retry of the same takes nothing away', async () => {
    const suggest = { actions: { suggest: [{ action: 'requeue', target: 'short' }] } };
    const { decision, act: first } = await decided('cooling', 0.97, suggest, LEARNING);
    await approve(decision);
    expect(await first('approved')).toMatchObject({ status: 'dryRun' });
    expect(await first('approved')).toMatchObject({ status: 'dryRun' });

    const config = aConfig({ clusterId: 'cooling', ...suggest });
    const job = await admitted(dynamo.table, config, 'second');
    const second = await predict({ job, verdict: await checkCalibration({ job }, context) }, context);
    await approve(second);
    expect(await act(second, 'approved')).toMatchObject({ status: 'dryRun' });
  });

  it('takes back a hold that is there, and nothing that is not', async () => {
    const { act } = await decided('releasing', 0.97);
    await expect(act('release')).rejects.toMatchObject({ name: 'NotPermitted' });
  });
});
