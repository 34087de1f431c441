import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { loadCalibration } from '../../../functions/adapters/calibration-store.ts';
import { recordOwnEffect } from '../../../functions/adapters/job-store.ts';
import { roundsOf } from '../../../functions/adapters/round-store.ts';
import { jobKey } from '../../../functions/adapters/table.ts';
import { roundKey } from '../../../functions/domain/round.ts';
import { handler as checkCalibration } from '../../../functions/job-workflow/check-calibration.ts';
import { handler } from '../../../functions/job-workflow/predict.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { aJob } from '../../fixtures/builders.ts';
import { aConfig, admitted, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { useVgac } from '../../fixtures/vgac.ts';

const dynamo = useTable();
const vgac = useVgac();

/** A cluster of its own for each test, with so many labels behind it. */
async function cluster(clusterId: string, labels: number, over: Record<string, unknown> = {}): Promise<ClusterConfig> {
  const config = aConfig({ clusterId, ...over });
  await seedCluster(dynamo.table, config, labels, new Date());
  return config;
}

async function predict(config: ClusterConfig, jobId: string) {
  const job = await admitted(dynamo.table, config, jobId);
  const verdict = await checkCalibration({ job }, context);
  return handler({ job, verdict }, context);
}

/** The only round of a job. */
const row = async ({ clusterId }: ClusterConfig, jobId: string) =>
  (await roundsOf(dynamo.table, { clusterId, jobId }))[0];

describe('Predict', () => {
  it('withholds a statement while the cluster is learning, and records it all the same', async () => {
    const config = await cluster('learning', 0);
    vgac.answer({ p: 0.35 });
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'escalate', next: 'withhold', executed: false, foldable: true, tier: 1 });
    expect((await row(config, 'j'))?.decision).toEqual(decision);
    expect(await row(config, 'j')).toMatchObject({ unfolded: 'CLUSTER#learning' });
  });

  it('asks a human about an intervention that the evidence does not carry', async () => {
    const config = await cluster('asking', 10);
    expect(await predict(config, 'j')).toMatchObject({
      next: 'ask',
      kind: 'intervention',
      tier: 4,
      arguments: { action: 'hold', jobId: 'j' },
    });
  });

  it('acts alone where the evidence carries it, with a place in flight reserved before the record', async () => {
    const config = await cluster('earned', 400);
    vgac.answer({ p: 0.02 });
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'autonomous', executed: true, kind: 'statement', next: 'nothing' });
    expect((await loadCalibration(dynamo.table, 'earned'))?.in_flight_statement).toEqual(new Set([roundKey(decision)]));
  });

  it('gives a retry the decision that was recorded, and takes no second place', async () => {
    const config = await cluster('retried', 400);
    vgac.answer({ p: 0.02 });
    const job = await admitted(dynamo.table, config, 'j');
    const verdict = await checkCalibration({ job }, context);
    const first = await handler({ job, verdict }, context);
    vgac.answer({ p: 0.99 });
    expect(await handler({ job, verdict }, context)).toEqual(first);
    expect((await loadCalibration(dynamo.table, 'retried'))?.in_flight_statement?.size).toBe(1);
  });

  it('records one decision when two attempts race', async () => {
    const config = await cluster('raced', 400);
    vgac.answer({ p: 0.02 });
    const job = await admitted(dynamo.table, config, 'j');
    const verdict = await checkCalibration({ job }, context);
    const [one, other] = await Promise.all([handler({ job, verdict }, context), handler({ job, verdict }, context)]);
    expect(one).toEqual(other);
    expect((await loadCalibration(dynamo.table, 'raced'))?.in_flight_statement).toEqual(new Set([roundKey(job)]));
  });

  it('records what our own effect resubmitted like any other job, and never acts on it', async () => {
    const config = await cluster('resubmitted', 400);
    vgac.answer({ p: 0.02 });
    const job = await admitted(dynamo.table, config, 'j');
    await recordOwnEffect(dynamo.table, job, 'dec_before');
    const decision = await handler({ job, verdict: await checkCalibration({ job }, context) }, context);
    expect(decision).toMatchObject({ executed: false, foldable: true, scope: 'escalate' });
    expect(decision.reasons.map(({ code }) => code)).toContain('ownEffect');
  });

  it('never has more in flight than the budget allows, however many come at once', async () => {
    const config = await cluster('crowded', 400);
    vgac.answer({ p: 0.02 });
    const decisions = await Promise.all(Array.from({ length: 15 }, (_, index) => predict(config, `j${index}`)));
    expect(decisions.filter(({ executed }) => executed).length).toBe(10);
    expect((await loadCalibration(dynamo.table, 'crowded'))?.in_flight_statement?.size).toBe(10);
  });

  it('decides late, and does nothing, when the job has started already', async () => {
    const config = await cluster('late', 400);
    vgac.answer({ p: 0.02 });
    const job = await admitted(dynamo.table, config, 'j');
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: jobKey(job),
        UpdateExpression: 'SET started_at = :at',
        ExpressionAttributeValues: { ':at': job.submittedAt },
      }),
    );
    const verdict = await checkCalibration({ job }, context);
    const decision = await handler({ job, verdict }, context);
    expect(decision).toMatchObject({ late: true, executed: false, next: 'nothing', foldable: false });
    expect(await row(config, 'j')).not.toHaveProperty('unfolded');
    expect((await loadCalibration(dynamo.table, 'late'))?.in_flight_statement).toBe(undefined);
  });

  it('trusts nothing when the verdict is missing', async () => {
    const config = await cluster('blind', 400);
    vgac.answer({ p: 0.02 });
    const job = await admitted(dynamo.table, config, 'j');
    expect(await handler({ job, verdict: null }, context)).toMatchObject({ scope: 'escalate', executed: false });
  });

  it('predicts and escalates when the calibration item cannot be read', async () => {
    const config = await cluster('unreadable', 400);
    const job = await admitted(dynamo.table, config, 'j');
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: 'CLUSTER#unreadable', SK: 'CALIBRATION' },
        UpdateExpression: 'SET #state = :state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': new Uint8Array([1, 2, 3]) },
      }),
    );
    const decision = await handler({ job, verdict: null }, context);
    expect(decision).toMatchObject({ scope: 'escalate', executed: false });
    expect(decision.reasons.map(({ code }) => code)).toContain('unreadable');
  });

  it('proposes nothing above an annotation when VGAC gives no probability', async () => {
    const config = await cluster('unsure', 400, { vgac: { riskScoreIsProbability: false } });
    const decision = await predict(config, 'j');
    expect(decision.tier).toBeLessThanOrEqual(1);
    expect(decision).toMatchObject({ executed: false, prediction: { p: null, q: null } });
  });

  it('fails by a name the machine catches when VGAC refuses, and records nothing', async () => {
    const config = await cluster('refused', 400);
    vgac.refuse();
    await expect(predict(config, 'j')).rejects.toMatchObject({ name: 'VgacRefused' });
    expect(await row(config, 'j')).not.toHaveProperty('decision');
  });

  it('records nothing for a job that was never admitted', async () => {
    await cluster('stranger', 400);
    const job = aJob({ clusterId: 'stranger', jobId: 'nobody', submittedAt: new Date().toISOString() });
    await expect(handler({ job, verdict: null }, context)).rejects.toMatchObject({ name: 'DecisionNotRecorded' });
  });
});
