import { Metrics } from '@aws-lambda-powertools/metrics';
import { type BatchGetCommand, DeleteCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { loadCalibration, loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { oldestUnfolded, recordDecision } from '../../../functions/adapters/tables/jobs.ts';
import { joinOutcomeToRow } from '../../../functions/adapters/tables/outcomes.ts';
import { handler } from '../../../functions/job-workflow/check-calibration.ts';
import { aDecision, aJob } from '../../fixtures/builders.ts';
import { aConfig, admitted, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';
import { instant, moment } from '../application/outcomes/fixture.ts';

const dynamo = useTable();

async function verdict(clusterId: string, labels: number) {
  await seedCluster(dynamo.table, aConfig({ clusterId }), labels, new Date());
  return handler({ job: aJob({ clusterId }) }, context);
}

const put = (Item: Record<string, unknown>) =>
  dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item }));

describe('CheckCalibration', () => {
  it('creates an unknown cluster in learning', async () => {
    const fresh = await handler({ job: aJob({ clusterId: 'unknown' }) }, context);
    expect(fresh).toMatchObject({ score: null, scope: 'escalate', n: 0, earnedTier: 0 });
    expect(fresh.reasons[0]).toMatchObject({ code: 'learning', message: expect.stringContaining('50 more labels') });
  });

  it('trusts a cluster that has earned it', async () => {
    expect(await verdict('earned', 400)).toMatchObject({ scope: 'autonomous', reasons: [] });
  });

  it('says how many labels a cluster that is learning still needs', async () => {
    expect((await verdict('learning', 49)).reasons[0]).toMatchObject({
      code: 'learning',
      message: expect.stringContaining('1 more label'),
    });
  });

  it.each(['CLUSTER#frozen', 'CLUSTER#*'])('trusts nothing while %s is frozen', async (PK) => {
    await put({ PK, SK: 'FREEZE', v: 1, by: 'ada', reason: 'maintenance', at: new Date().toISOString() });
    const frozen = await verdict('frozen', 400);
    await dynamo.table.client.send(new DeleteCommand({ TableName: dynamo.table.name, Key: { PK, SK: 'FREEZE' } }));
    expect(frozen).toMatchObject({ scope: 'escalate' });
    expect(frozen.reasons.map(({ code }) => code)).toContain('frozen');
  });

  it.each<[string, object]>([
    ['whose item is none', { version: 'seven' }],
    ['whose state is none', { state: new Uint8Array(3) }],
  ])('says that the calibration is unreadable, for one %s, and what mends it', async (_, damage) => {
    const clusterId = `broken-${Object.keys(damage).join()}`;
    await loadOrCreateCalibration(dynamo.table, aConfig({ clusterId }), new Date());
    await put({ ...(await loadCalibration(dynamo.table, clusterId)), ...damage });
    const said = await handler({ job: aJob({ clusterId }) }, context);
    expect(said).toMatchObject({ score: null, ece: null, scope: 'escalate', earnedTier: 0 });
    expect(said.reasons[0]).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('--rebuild'),
    });
  });
});

describe('freshness', () => {
  it.each([
    [16, 'escalate'],
    [14, 'autonomous'],
  ])('with a label that has waited %i minutes to be folded the scope is %s', async (minutes, scope) => {
    const clusterId = `stale-${minutes}`;
    const due = new Date(Date.now() - minutes * 60_000).toISOString();
    await put({ PK: `CLUSTER#${clusterId}`, SK: 'JOB#1', v: 1, unfolded: `CLUSTER#${clusterId}`, unfolded_due: due });
    const said = await verdict(clusterId, 400);
    expect(said.scope).toBe(scope);
    if (scope === 'escalate') expect(said.reasons[0]?.code).toBe('stale');
  });
});

describe('an index that lags behind', () => {
  it('takes no row for old that has been folded just now', async () => {
    const due = instant(0);
    const row = { PK: 'CLUSTER#lag', v: 1, unfolded: 'CLUSTER#lag' };
    await put({ ...row, SK: 'JOB#folded', unfolded_due: due });
    await put({ ...row, SK: 'JOB#gone', unfolded_due: due });
    await put({ ...row, SK: 'JOB#old', unfolded_due: instant(50) });
    const asIndexed = await dynamo.table.client.send(
      new QueryCommand({
        TableName: dynamo.table.name,
        IndexName: 'unfolded',
        KeyConditionExpression: 'unfolded = :cluster',
        ExpressionAttributeValues: { ':cluster': 'CLUSTER#lag' },
      }),
    );
    const update = (SK: string, UpdateExpression: string, values?: object) =>
      dynamo.table.client.send(
        new UpdateCommand({
          TableName: dynamo.table.name,
          Key: { PK: 'CLUSTER#lag', SK },
          UpdateExpression,
          ...(values && { ExpressionAttributeValues: { ...values } }),
        }),
      );
    await update('JOB#folded', 'SET unfolded_due = :due', { ':due': instant(9_000) });
    await update('JOB#gone', 'REMOVE unfolded, unfolded_due');
    const send = async (command: unknown) =>
      command instanceof QueryCommand ? asIndexed : dynamo.table.client.send(command as BatchGetCommand);
    const lagging = { ...dynamo.table, client: Object.create(dynamo.table.client, { send: { value: send } }) };
    expect(await oldestUnfolded(lagging, 'lag', moment(100))).toEqual(moment(50));
    await update('JOB#old', 'SET unfolded_due = :due', { ':due': instant(9_000) });
    expect(await oldestUnfolded(lagging, 'lag', moment(100))).toBeNull();
  });
});

describe('the fold before a decision', () => {
  it('goes on where it fails, and counts that for whoever has to know', async () => {
    const counted = vi.spyOn(Metrics.prototype, 'addMetric');
    await put({ PK: 'CLUSTER#unfoldable', SK: 'FORECAST', v: 1, version: 'seven' });
    await handler({ job: aJob({ clusterId: 'unfoldable' }) }, context);
    const job = await admitted(dynamo.table, aConfig({ clusterId: 'unfoldable' }), 'j');
    await recordDecision(
      dynamo.table,
      aDecision({ clusterId: 'unfoldable', jobId: 'j', submittedAt: job.submittedAt }),
      job.submittedAt,
    );
    await joinOutcomeToRow(dynamo.table, job, { type: 'JobStarted', at: job.submittedAt }, 300, new Date());
    expect(await handler({ job }, context)).toMatchObject({ scope: 'escalate' });
    expect(counted).toHaveBeenCalledWith('FoldFailed', 'Count', 1);
    counted.mockRestore();
  });
});
