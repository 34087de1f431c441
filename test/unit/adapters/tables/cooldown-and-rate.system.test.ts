import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { loadUsage, useAction } from '../../../../functions/adapters/tables/cooldown-and-rate.ts';
import { clusterKey } from '../../../../functions/adapters/tables/table.ts';
import { ClusterConfig } from '../../../../schemas/config.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { Crash, dyingTable } from '../../application/outcomes/fixture.ts';

const dynamo = useTable();
const NOON = Date.parse('2026-11-20T12:00:00.000Z');
const HOUR = 3_600_000;
const at = (milliseconds: number) => new Date(NOON + milliseconds);
const MINUTE = 60_000;

function cluster(clusterId: string, limits: object = {}) {
  const config = ClusterConfig.parse({ clusterId, platform: 'slurm', limits });
  return {
    use: async (jobId: string, decision: string, now: Date, action = 'requeue', table = dynamo.table) =>
      (await useAction(table, config, { jobId, action }, decision, now)) === null,
    whyNot: (jobId: string, decision: string, now: Date) =>
      useAction(dynamo.table, config, { jobId, action: 'requeue' }, decision, now),
    usage: (jobId: string, now: Date, action: string | undefined = 'requeue', decision?: string) =>
      loadUsage(dynamo.table, config, { jobId, action }, now, decision),
  };
}

describe('the cooldown', () => {
  it('is of one action on one job, and of no other', async () => {
    const { use, usage } = cluster('one');
    expect(await use('job', 'd1', at(0))).toBe(true);
    expect(await use('job', 'd2', at(MINUTE))).toBe(false);
    expect(await use('job', 'd3', at(MINUTE), 'hold')).toBe(true);
    expect(await use('other', 'd4', at(MINUTE))).toBe(true);
    expect(await usage('job', at(MINUTE))).toMatchObject({ coolingDown: true });
    expect(await usage('another', at(MINUTE))).toMatchObject({ coolingDown: false });
  });

  it.each([
    [30 * MINUTE - 1, true],
    [30 * MINUTE, false],
  ])('after %d ms of 30 minutes is on: %s', async (age, coolingDown) => {
    const { use, usage } = cluster(`age-${age}`);
    await use('job', 'd1', at(0));
    expect(await usage('job', at(age))).toMatchObject({ coolingDown });
    expect(await use('job', 'd2', at(age))).toBe(!coolingDown);
  });

  it('is none where the time that is stored lies in the future: a clock was wrong', async () => {
    const { use, usage } = cluster('future');
    await use('job', 'd1', new Date('2099-01-01T00:00:00Z'));
    expect(await usage('job', at(0))).toMatchObject({ coolingDown: false });
    expect(await use('job', 'd2', at(0))).toBe(true);
    expect(await usage('job', at(MINUTE))).toMatchObject({ coolingDown: true });
  });

  it('is one where the time that is stored lies a little ahead: clocks differ', async () => {
    const { use, usage, whyNot } = cluster('ahead');
    await use('job', 'd1', at(MINUTE));
    expect(await usage('job', at(0))).toMatchObject({ coolingDown: true });
    expect(await whyNot('job', 'd2', at(0))).toBe('cooldown');
  });

  it('of nothing stops nobody, the one with the slower clock included', async () => {
    const { use } = cluster('none', { cooldownMinutes: 0 });
    expect(await use('job', 'd1', at(1_000))).toBe(true);
    expect(await use('job', 'd2', at(0))).toBe(true);
  });

  it('does not stand in the way of a retry of its own decision', async () => {
    const { use, usage } = cluster('retry');
    await use('job', 'd1', at(0));
    expect(await usage('job', at(MINUTE), 'requeue', 'd1')).toEqual({ coolingDown: false, usedThisHour: 0 });
    expect(await use('job', 'd1', at(MINUTE))).toBe(true);
  });

  it('lets one of many decisions about one job through when they come at once', async () => {
    const { use, usage } = cluster('race');
    const won = await Promise.all(Array.from({ length: 12 }, (_, i) => use('job', `d${i}`, at(i))));
    expect(won.filter(Boolean)).toHaveLength(1);
    const rest = await Promise.all(Array.from({ length: 12 }, (_, i) => use('job', `e${i}`, at(MINUTE + i))));
    expect(rest.filter(Boolean)).toEqual([]);
    // Whoever lost has given its place in the hour back.
    expect((await usage('other', at(2 * MINUTE))).usedThisHour).toBe(won.filter(Boolean).length);
  });

  it('expires, and the count of an hour too', async () => {
    const { use } = cluster('expiry');
    await use('a/job', 'd1', at(0));
    for (const SK of ['LIMIT#requeue#a%2Fjob', `LIMIT#HOUR#${NOON / HOUR}`]) {
      const Key = { PK: clusterKey('expiry'), SK };
      const { Item } = await dynamo.table.client.send(new GetCommand({ TableName: dynamo.table.name, Key }));
      expect(Item).toMatchObject({ v: 1, ttl: expect.any(Number) });
      expect(Number(Item?.ttl)).toBeGreaterThanOrEqual(NOON / 1000 + 1_800);
      expect(Number(Item?.ttl)).toBeLessThan(NOON / 1000 + 3 * 86_400);
    }
  });
});

describe('the actions per hour', () => {
  it('are of the cluster, over all jobs and actions', async () => {
    const { use, usage, whyNot } = cluster('hour', { actionsPerHour: 3 });
    expect(await use('a', 'd1', at(0))).toBe(true);
    expect(await use('b', 'd2', at(1), 'hold')).toBe(true);
    expect(await use('c', 'd3', at(2), 'adjust-priority')).toBe(true);
    expect(await use('d', 'd4', at(3))).toBe(false);
    expect(await whyNot('d', 'd4', at(3))).toBe('rate');
    expect(await usage('d', at(4))).toEqual({ coolingDown: false, usedThisHour: 3 });
    expect(await use('d', 'd4', at(HOUR))).toBe(true);
  });

  it('are 60 where nothing else is configured, and none is none', async () => {
    const { use } = cluster('default');
    const taken = await Promise.all(Array.from({ length: 65 }, (_, i) => use(`job-${i}`, `d${i}`, at(i))));
    expect(taken.filter(Boolean)).toHaveLength(60);
    expect(await cluster('zero', { actionsPerHour: 0 }).use('a', 'd1', at(0))).toBe(false);
  });

  it('are counted exactly whatever clock each worker has', async () => {
    const { use } = cluster('clocks', { actionsPerHour: 10 });
    const jitter = (i: number) => (i * 7_919) % 20_000;
    const taken = await Promise.all(Array.from({ length: 30 }, (_, i) => use(`job-${i}`, `d${i}`, at(jitter(i)))));
    expect(taken.filter(Boolean)).toHaveLength(10);
  });

  it.each([1, 2].flatMap((k) => (['before', 'after'] as const).map((when) => [k, when] as const)))(
    'count a decision once that died at write %i, %s it took effect, and was retried, also in the next hour',
    async (k, when) => {
      for (const later of [1_000, HOUR]) {
        const { use, usage } = cluster(`crash-${k}-${when}-${later}`);
        const dying = dyingTable(dynamo.table, k, when);
        await expect(use('job', 'd1', at(0), 'requeue', dying)).rejects.toThrow(Crash);
        expect(await use('job', 'd1', at(later))).toBe(true);
        const counts = [await usage('other', at(0)), ...(later < HOUR ? [] : [await usage('other', at(later))])];
        expect(counts.reduce((sum, { usedThisHour }) => sum + usedThisHour, 0)).toBe(1);
      }
    },
  );

  it('do not concern a decision without an action', async () => {
    const config = ClusterConfig.parse({ clusterId: 'nothing', platform: 'slurm' });
    const usage = await loadUsage(dynamo.table, config, { jobId: 'job', action: undefined }, at(0));
    expect(usage).toEqual({ coolingDown: false, usedThisHour: 0 });
  });

  it('are unreadable rather than guessed at when something else wrote them', async () => {
    const Item = { PK: clusterKey('broken'), SK: `LIMIT#HOUR#${NOON / HOUR}`, v: 1, decisions: 7, ttl: 1 };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item }));
    await expect(cluster('broken').usage('job', at(0))).rejects.toMatchObject({ name: 'UnreadableItem' });
  });
});
