import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listClusters, loadCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { loadConfig, loadFreeze } from '../../../../functions/adapters/tables/config.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { appliedLines } from '../../../../infra/cli/configure/applied-lines.ts';
import { applyClusters } from '../../../../infra/cli/configure/apply-clusters.ts';
import { freeze, lift } from '../../../../infra/cli/freeze/switch.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import { startDynamo } from '../../../fixtures/dynamo.ts';

const NOW = new Date('2026-11-20T08:00:00.000Z');
const cluster = (clusterId: string, more: object = {}) =>
  ClusterConfig.parse({ clusterId, platform: 'slurm', ...more });

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ table, close } = await startDynamo());
});
afterAll(() => close());

describe('applying a configuration', () => {
  it('stores it and creates an unknown cluster in learning', async () => {
    const [applied] = await applyClusters(table, [cluster('fresh', { longWaitSeconds: 600 })], NOW);
    expect(applied?.created).toBe(true);
    expect(await loadConfig(table, 'fresh')).toMatchObject({
      platform: 'slurm',
      longWaitSeconds: 600,
      dryRun: true,
    });
    expect(await loadCalibration(table, 'fresh')).toMatchObject({
      platform: 'slurm',
      is_learning_mode: true,
      sample_count: 0,
      version: 0,
    });
    expect(await listClusters(table)).toContain('fresh');
  });

  it('makes a salt where there is none, and keeps it when the file is applied again', async () => {
    let made = 0;
    const newSalt = () => `generated-salt-${++made}`;
    await applyClusters(table, [cluster('salted')], NOW, newSalt);
    const again = await applyClusters(table, [cluster('salted', { longWaitSeconds: 600 })], NOW, newSalt);
    expect(again).toMatchObject([{ created: false, config: { salt: 'generated-salt-1', longWaitSeconds: 600 } }]);
    expect(made).toBe(1);
  });

  it('lets the file replace the salt', async () => {
    await applyClusters(table, [cluster('own-salt')], NOW);
    const [applied] = await applyClusters(table, [cluster('own-salt', { salt: 'a-salt-of-my-own' })], NOW);
    expect(applied?.config.salt).toBe('a-salt-of-my-own');
  });

  it('agrees on one salt when two operators apply at once', async () => {
    const both = await Promise.all([1, 2, 3].map(() => applyClusters(table, [cluster('raced')], NOW)));
    expect(new Set(both.map(([applied]) => applied?.config.salt)).size).toBe(1);
  });

  it('makes salts that nobody can guess', async () => {
    const applied = await applyClusters(table, [cluster('one'), cluster('two')], NOW);
    const [one, two] = applied.map(({ config }) => config.salt);
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(one).not.toBe(two);
  });

  it('leaves what a known cluster has learnt alone', async () => {
    await applyClusters(table, [cluster('known')], NOW);
    const before = await loadCalibration(table, 'known');
    await applyClusters(table, [cluster('known')], new Date(NOW.getTime() + 60_000));
    expect(await loadCalibration(table, 'known')).toEqual(before);
  });

  it('prints what was applied and what may not be meant, and no salt', async () => {
    const actions = { suggest: [{ action: 'requeue', target: 'short' }], gate: { action: 'hold' } };
    const [applied] = await applyClusters(table, [cluster('printed', { actions, dryRun: false })], NOW);
    if (!applied) throw new Error('nothing was applied');
    const text = appliedLines(applied).join('\n');
    expect(text).toContain('actions requeue, hold');
    expect(text).toContain('nobody can approve a hold');
    expect(text).toContain('there is nothing to act on');
    expect(text).not.toContain(applied.config.salt);
  });
});

describe('a freeze', () => {
  const why = { by: 'ada', reason: 'maintenance', now: NOW };
  beforeAll(async () => {
    await applyClusters(table, [cluster('icy'), cluster('warm')], NOW);
  });

  it('stops one cluster, says who and why, and is lifted again', async () => {
    await freeze(table, 'icy', why);
    expect(await loadFreeze(table, 'icy')).toMatchObject({ by: 'ada', reason: 'maintenance' });
    expect(await loadFreeze(table, 'warm')).toBeNull();
    expect(await lift(table, 'icy', { by: 'ben', now: NOW })).toMatchObject({
      by: 'ada',
      reason: 'maintenance',
      at: NOW.toISOString(),
    });
    expect(await loadFreeze(table, 'icy')).toBeNull();
    expect(await lift(table, 'icy', { by: 'ben', now: NOW })).toBeNull();
  });

  it('of all clusters stops each of them', async () => {
    await freeze(table, 'all', why);
    expect(await loadFreeze(table, 'warm')).toMatchObject({ by: 'ada' });
    await lift(table, 'all', { by: 'ben', now: NOW });
    expect(await loadFreeze(table, 'warm')).toBeNull();
  });

  it('of a cluster that does not exist is refused, and writes nothing', async () => {
    await expect(freeze(table, 'typo', why)).rejects.toMatchObject({ name: 'FreezeRefused' });
    const key = { PK: 'CLUSTER#typo', SK: 'FREEZE' };
    expect((await table.client.send(new GetCommand({ TableName: table.name, Key: key }))).Item).toBeUndefined();
  });
});
