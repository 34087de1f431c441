import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { handler } from '../../../functions/job-workflow/check-calibration.ts';
import { aJob } from '../../fixtures/builders.ts';
import { aConfig, seedCluster } from '../../fixtures/clusters.ts';
import { context, useTable } from '../../fixtures/handlers.ts';

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

  it('fails by name when the item cannot be read, so that the machine predicts in shadow', async () => {
    await put({ PK: 'CLUSTER#broken', SK: 'CALIBRATION', v: 1, version: 'seven' });
    await expect(handler({ job: aJob({ clusterId: 'broken' }) }, context)).rejects.toMatchObject({
      name: 'UnreadableItem',
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
