import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { loadAskPlaces } from '../../../functions/adapters/tables/asking.ts';
import { claimJob, recordOwnEffect } from '../../../functions/adapters/tables/jobs.ts';
import { roundsOf } from '../../../functions/adapters/tables/rounds.ts';
import { jobKey } from '../../../functions/adapters/tables/table.ts';
import { unpacked } from '../../../functions/domain/forecast/codec.ts';
import { INPUTS } from '../../../functions/domain/forecast/inputs.ts';
import { handler as checkCalibration } from '../../../functions/job-workflow/check-calibration.ts';
import { handler } from '../../../functions/job-workflow/predict.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { aJob } from '../../fixtures/builders.ts';
import { aConfig, admitted, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { useVgac } from '../../fixtures/vgac.ts';
import { calibrationOf, expectNothingTaken, taken } from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const vgac = useVgac();

/** Only tiers 1 and 2: whatever q is, a statement is the most that is called for. */
const statements = { actions: { annotate: { action: 'annotate' }, warn: { action: 'warn' } } };

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
    expect(decision).toMatchObject({ scope: 'escalate', next: 'withhold', executed: false, called: 1, tier: 0 });
    expect((await row(config, 'j'))?.decision).toEqual(decision);
    expect(await row(config, 'j')).toMatchObject({ unfolded: 'CLUSTER#learning' });
  });

  it('asks a human about an intervention that the evidence does not carry, and takes a place for the question', async () => {
    const config = await cluster('asking', 10);
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({
      next: 'ask',
      called: 4,
      tier: 0,
      executed: false,
      asks: { tier: 4, arguments: { action: 'hold', jobId: 'j' } },
    });
    expect((await loadAskPlaces(dynamo.table, 'asking')).open).toMatchObject([{ id: decision.decisionId, tier: 4 }]);
  });

  it('does what a lower tier may, and asks about the rest', async () => {
    // What holds promised cannot be earned; suggestions have none of their tokens left, and lack nothing else.
    const tiers = { gate: { promise: 0.99 }, suggest: { tokens: 0 } };
    const config = await cluster('lower', 400, { tiers, evidenceDays: 0 });
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({
      called: 4,
      tier: 2,
      next: 'act',
      arguments: { action: 'warn' },
      paper: [3],
      asks: { tier: 4, arguments: { action: 'hold' } },
    });
    expect(decision.passedOver.map(({ tier, reasons }) => [tier, reasons[0]?.code])).toEqual([
      [4, 'evidence'],
      [3, 'tokens'],
    ]);
  });

  it('withholds what nobody has room to be asked about, and says so', async () => {
    const config = await cluster('full', 10, { asking: { open: 1 } });
    await predict(config, 'first');
    const decision = await predict(config, 'second');
    expect(decision).toMatchObject({ next: 'withhold', asks: null });
    expect(decision.reasons.map(({ code }) => code)).toContain('notAsked');
  });

  it('asks nobody where nobody may answer', async () => {
    const config = await cluster('nobody', 10, { approvers: {} });
    expect(await predict(config, 'j')).toMatchObject({ next: 'withhold', asks: null });
  });

  it('calls for nothing, and reserves nothing, where a long wait is unlikely', async () => {
    const config = await cluster('quiet', 400);
    vgac.answer({ p: 0.02 });
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'autonomous', next: 'nothing', called: 0, executed: false, cost: 0 });
    expectNothingTaken(await calibrationOf(dynamo.table, 'quiet'));
  });

  it.each([
    [5e-324, 1e-200],
    [1, 0],
    [1e-131, 315_360_000],
  ])('records a decision whatever is legal: p = %d with a wait of %d s, on a job of 5e-324 GPUs', async (p, wait) => {
    const config = await cluster(`extreme-${p}`, 400);
    vgac.answer({ p, waitSeconds: wait });
    const request = { gpus: 5e-324, cpuMillis: 0, memoryGb: 1e-300, estimatedMinutes: 1e-200 };
    const now = new Date();
    const job = aJob({ clusterId: config.clusterId, jobId: 'j', submittedAt: now.toISOString(), request });
    await claimJob(dynamo.table, job, 'arn:j', now);
    const decision = await handler({ job, verdict: await checkCalibration({ job }, context) }, context);
    expect((await row(config, 'j'))?.decision?.decisionId).toBe(decision.decisionId);
  });

  it('acts autonomously where the evidence carries it, with its token reserved before the record', async () => {
    const config = await cluster('earned', 400, statements);
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'autonomous', executed: true, kind: 'statement', next: 'act', called: 2 });
    const item = await calibrationOf(dynamo.table, 'earned');
    expect([taken(item), item.free_2, item.demand_2]).toEqual([{ places: 1, open: 1 }, 190_000, 1]);
  });

  it('gives a retry the decision that was recorded, and reserves no second time', async () => {
    const config = await cluster('retried', 400, statements);
    const job = await admitted(dynamo.table, config, 'j');
    const verdict = await checkCalibration({ job }, context);
    const first = await handler({ job, verdict }, context);
    vgac.answer({ p: 0.02 });
    expect(await handler({ job, verdict }, context)).toEqual(first);
    expect((await calibrationOf(dynamo.table, 'retried')).free_2).toBe(190_000);
  });

  it('records one decision when two attempts race, and the other gives back what it took', async () => {
    const config = await cluster('raced', 400, statements);
    const job = await admitted(dynamo.table, config, 'j');
    const verdict = await checkCalibration({ job }, context);
    const [one, other] = await Promise.all([handler({ job, verdict }, context), handler({ job, verdict }, context)]);
    expect(one).toEqual(other);
    const item = await calibrationOf(dynamo.table, 'raced');
    expect([taken(item).places, item.free_2]).toEqual([1, 190_000]);
  });

  it('records what our own effect resubmitted like any other job, and never acts on it or asks', async () => {
    const config = await cluster('resubmitted', 400);
    const job = await admitted(dynamo.table, config, 'j');
    await recordOwnEffect(dynamo.table, job, 'dec_before');
    const decision = await handler({ job, verdict: await checkCalibration({ job }, context) }, context);
    expect(decision).toMatchObject({ executed: false, foldable: true, scope: 'escalate', asks: null });
    expect(decision.reasons.map(({ code }) => code)).toContain('ownEffect');
  });

  it('never reserves more tokens than there are, however many come at once', async () => {
    const config = await cluster('crowded', 400, {
      ...statements,
      tiers: { warn: { tokens: 5 }, annotate: { tokens: 0 } },
    });
    const decisions = await Promise.all(Array.from({ length: 12 }, (_, index) => predict(config, `j${index}`)));
    expect(decisions.filter(({ executed }) => executed)).toHaveLength(5);
    // The others were passed over for want of tokens alone: they are scored on paper.
    expect(decisions.filter(({ paper }) => paper.includes(2))).toHaveLength(7);
    const item = await calibrationOf(dynamo.table, 'crowded');
    expect([taken(item), item.free_2]).toEqual([{ places: 5, open: 12 }, 0]);
  });

  it('decides late, and does nothing, when the job has started already', async () => {
    const config = await cluster('late', 400);
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
    expect(decision).toMatchObject({ executed: false, next: 'late', foldable: false });
    // Counted before the next job is decided; it waits for its end, and for no label.
    await checkCalibration({ job }, context);
    expect(await row(config, 'j')).toMatchObject({ counted: 'running', unfolded: 'CLUSTER#late' });
    expect(await row(config, 'j')).not.toHaveProperty('folded_in');
    expectNothingTaken(await calibrationOf(dynamo.table, 'late'));
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

  it('serves only the queue forecast where VGAC gives no probability, and says so', async () => {
    const config = await cluster('unsure', 400, { ...statements, vgac: { riskScoreIsProbability: false } });
    const { prediction, next } = await predict(config, 'j');
    expect(prediction).toMatchObject({
      ...{ p: null, q: 0.5, confidence: 0.8 },
      models: { servedBy: 'queue', qWithoutVgac: 0.5, qWithVgac: null, vgac: 'noProbability', vgacWaitSeconds: 1_200 },
    });
    expect(next).toBe('act');
  });

  it('serves only the queue forecast where VGAC does not answer, and says so', async () => {
    const config = await cluster('silent', 400, statements);
    vgac.silence();
    const { prediction } = await predict(config, 'j');
    expect(prediction).toMatchObject({
      ...{ p: null, q: 0.5, confidence: null },
      models: { servedBy: 'queue', vgac: 'silent', vgacWaitSeconds: null },
    });
  });

  it('asks no VGAC where the cluster is without one', async () => {
    const config = await cluster('without', 400, { ...statements, vgac: { variant: 'builtin' } });
    vgac.refuse();
    const { prediction, next } = await predict(config, 'j');
    expect(prediction).toMatchObject({ p: null, q: 0.5, models: { servedBy: 'queue', vgac: 'notAsked' } });
    expect(next).toBe('act');
  });

  it("lets VGAC's probability in where it has shown that it helps, and keeps what each says", async () => {
    const config = await cluster('with', 400, statements);
    vgac.answer({ p: 0.6 });
    const { prediction } = await predict(config, 'j');
    expect(prediction).toMatchObject({
      p: 0.6,
      models: { servedBy: 'queueAndVgac', qWithoutVgac: 0.5, vgac: 'answered' },
    });
    expect(prediction.q).toBeCloseTo(0.6, 2);
    expect(prediction.models?.qWithVgac).toBe(prediction.q);
  });

  it('counts the job before the next is decided', async () => {
    const config = await cluster('counted', 400, statements);
    await predict(config, 'first');
    await predict(config, 'second');
    const inputs = (await row(config, 'second'))?.forecast?.inputs;
    expect(inputs && unpacked(inputs, new Float64Array(INPUTS.length))[0]).toBeCloseTo(Math.log(2), 12);
    expect(await row(config, 'first')).toMatchObject({ counted: 'pending', forecast: { gpus: 4, procs: 16 } });
  });

  it('does not act on a forecast that knows nothing yet, however good the evidence of another was', async () => {
    const config = await cluster('upgraded', 400, statements);
    await dynamo.table.client.send(
      new DeleteCommand({ TableName: dynamo.table.name, Key: { PK: 'CLUSTER#upgraded', SK: 'FORECAST' } }),
    );
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'escalate', executed: false, next: 'withhold' });
    expect(decision.reasons[0]).toMatchObject({
      code: 'learning',
      message: 'the forecast of this queue is still learning: needs 50 more labels (0 of 50)',
    });
  });

  it('serves nothing and escalates when the forecast cannot be read', async () => {
    const config = await cluster('broken', 400);
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: 'CLUSTER#broken', SK: 'FORECAST' },
        UpdateExpression: 'SET #state = :state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': new Uint8Array([1, 2, 3]) },
      }),
    );
    const decision = await predict(config, 'j');
    expect(decision).toMatchObject({ scope: 'escalate', called: 0, prediction: { q: null } });
    expect(decision.reasons.map(({ code }) => code)).toContain('noProbability');
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
