import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reserve } from '../../../functions/adapters/calibration-store.ts';
import { foldCluster, rebuild, releaseOrphans } from '../../../functions/adapters/fold.ts';
import { closeJob, loadJob, recordEffect } from '../../../functions/adapters/job-store.ts';
import { recordOutcome } from '../../../functions/adapters/outcome-store.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { startDynamo } from '../../fixtures/dynamo.ts';
import {
  Crash,
  calibrationOf,
  claim,
  configOf,
  decided,
  decisionOf,
  dyingTable,
  indexed,
  instant,
  keyOf,
  ledgerJobs,
  moment,
  OVERDUE,
  roundOf,
  T,
} from './fixture.ts';

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ table, close } = await startDynamo());
});
afterAll(() => close());

const started = (clusterId: string, jobId: string, seconds: number, on = table) =>
  recordOutcome(on, roundOf(clusterId, jobId), { type: 'JobStarted', at: instant(seconds) }, T, moment(seconds));

/** Each label in the ledger once, every row marked, nothing in flight, and the ledger rebuilds the stored bytes. */
async function expectSettled(clusterId: string, jobIds: string[]) {
  const item = await calibrationOf(table, clusterId);
  expect((await ledgerJobs(table, clusterId)).toSorted()).toEqual(jobIds.toSorted());
  expect(await indexed(table, clusterId)).toEqual([]);
  for (const jobId of jobIds) expect((await loadJob(table, roundOf(clusterId, jobId)))?.folded_in).toBeGreaterThan(0);
  expect(item.in_flight_statement ?? new Set()).toEqual(new Set());
  expect(item.marked_version).toBe(item.version);
  expect(deserialise(item.state).version).toBe(item.version);
  const rebuilt = await rebuild(table, clusterId);
  expect(rebuilt?.version).toBe(item.version);
  expect(Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item.state))).toBe(true);
}

describe('fold', () => {
  it('folds a label once, however often it is asked to', async () => {
    await decided(table, 'once', 'a');
    await started('once', 'a', 30);
    const first = await foldCluster(table, configOf('once'), moment(30), [keyOf('a')]);
    const second = await foldCluster(table, configOf('once'), moment(31), [keyOf('a')]);
    expect([first.folded, second.folded]).toEqual([1, 0]);
    expect(await calibrationOf(table, 'once')).toMatchObject({ sample_count: 1, version: 1 });
    await expectSettled('once', ['a']);
  });

  it('applies labels in the order in which they became known, then by job id', async () => {
    for (const [jobId, seconds] of [
      ['c', 20],
      ['b', 10],
      ['a', 20],
    ] as const) {
      await decided(table, 'order', jobId);
      await started('order', jobId, seconds);
    }
    await foldCluster(table, configOf('order'), moment(60));
    expect(await ledgerJobs(table, 'order')).toEqual(['b', 'a', 'c']);
  });

  it('labels a job that never reports as long, and settles its reservation, at submit + T + 60 s', async () => {
    await decided(table, 'silent', 'a');
    await foldCluster(table, configOf('silent'), new Date(OVERDUE.getTime() - 1));
    expect((await calibrationOf(table, 'silent')).in_flight_statement).toEqual(new Set([keyOf('a')]));
    await foldCluster(table, configOf('silent'), OVERDUE);
    expect(await loadJob(table, roundOf('silent', 'a'))).toMatchObject({
      long_wait: true,
      label_at: instant(T),
      folded_in: 1,
    });
    await expectSettled('silent', ['a']);
  });

  it('waits for a label that a collector puts in our future', async () => {
    await decided(table, 'ahead', 'a');
    await recordOutcome(table, roundOf('ahead', 'a'), { type: 'JobStarted', at: instant(50) }, T, moment(10));
    expect((await foldCluster(table, configOf('ahead'), moment(10), [keyOf('a')])).folded).toBe(0);
    expect((await foldCluster(table, configOf('ahead'), moment(50))).folded).toBe(1);
  });

  it.each([
    ['cancelled before it started', {}, { type: 'JobCancelled', at: instant(20) }],
    ['started before the decision', { decidedAt: instant(60) }, { type: 'JobStarted', at: instant(20) }],
  ] as const)('releases a job that %s without teaching', async (name, more, told) => {
    const clusterId = name.replaceAll(' ', '-');
    await decided(table, clusterId, 'a', more);
    const before = deserialise((await calibrationOf(table, clusterId)).state);
    await recordOutcome(table, roundOf(clusterId, 'a'), told, T, moment(61));
    await foldCluster(table, configOf(clusterId), moment(61), [keyOf('a')]);
    const learnt = deserialise((await calibrationOf(table, clusterId)).state);
    expect([learnt.n, learnt.hold, learnt.weights]).toEqual([0, before.hold, before.weights]);
    await expectSettled(clusterId, ['a']);
  });

  it('keeps the place of an intervention until it is known whether it had to be undone', async () => {
    const more = { kind: 'intervention', tier: 4 } as const;
    await decided(table, 'held', 'a', more);
    const effect = { action: 'hold', decisionId: decisionOf('held', 'a').decisionId, at: instant(1), intervened: true };
    await recordEffect(table, roundOf('held', 'a'), { ...effect, status: 'done' });
    expect((await foldCluster(table, configOf('held'), OVERDUE)).folded).toBe(0);
    expect((await loadJob(table, roundOf('held', 'a')))?.unfolded_due).toBe(
      new Date(OVERDUE.getTime() + 60_000).toISOString(),
    );

    await recordEffect(table, roundOf('held', 'a'), { ...effect, status: 'undone' });
    await closeJob(table, roundOf('held', 'a'), { status: 'denied', at: moment(T + 90) });
    await foldCluster(table, configOf('held'), moment(T + 120));
    const item = await calibrationOf(table, 'held');
    expect(item.in_flight_intervention).toBeUndefined();
    expect(deserialise(item.state).tokens.intervention).toBeLessThan(2.1);
    await expectSettled('held', ['a']);
  });

  it('goes on past a row that nobody can read, and names it', async () => {
    await decided(table, 'poisoned', 'bad');
    await decided(table, 'poisoned', 'good');
    await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: { PK: 'CLUSTER#poisoned', SK: `JOB#${keyOf('bad')}` },
        UpdateExpression: 'SET submitted_at = :nonsense',
        ExpressionAttributeValues: { ':nonsense': 'yesterday' },
      }),
    );
    const report = await foldCluster(table, configOf('poisoned'), OVERDUE);
    expect(report).toMatchObject({ folded: 1, unreadable: [keyOf('bad')] });
  });

  it('works off a backlog in bounded batches', async () => {
    const jobs = Array.from({ length: 230 }, (_, i) => `job-${String(i).padStart(3, '0')}`);
    for (const jobId of jobs) await decided(table, 'backlog', jobId, { executed: false, scope: 'escalate' });
    expect(await foldCluster(table, configOf('backlog'), OVERDUE)).toMatchObject({ folded: 230, batches: 2 });
    expect(await ledgerJobs(table, 'backlog')).toEqual(jobs);
    await expectSettled('backlog', jobs);
  });

  it('lets several folders work at once', async () => {
    const jobs = Array.from({ length: 24 }, (_, i) => `job-${i}`);
    for (const jobId of jobs) await decided(table, 'crowd', jobId, { executed: false });
    await Promise.all(
      jobs.map(async (jobId, i) => {
        await started('crowd', jobId, 10 + i);
        await foldCluster(table, configOf('crowd'), moment(60), [keyOf(jobId)]);
      }),
    );
    await foldCluster(table, configOf('crowd'), moment(60));
    await expectSettled('crowd', jobs);
  });

  it('rebuilds the state although an operator changed the budgets between two batches', async () => {
    await decided(table, 'budgets', 'a');
    await started('budgets', 'a', 10);
    await foldCluster(table, configOf('budgets'), moment(10));
    await decided(table, 'budgets', 'b');
    await started('budgets', 'b', 20);
    const budgets = { statement: { perDay: 100, cap: 12 } };
    await foldCluster(table, configOf('budgets', { budgets }), moment(20));
    await expectSettled('budgets', ['a', 'b']);
  });
});

describe('a crash at any write of the fold', () => {
  /** Two jobs with labels, one overdue: ledger, compare-and-set, marks and a label all have their write. */
  async function prepared(clusterId: string) {
    for (const jobId of ['a', 'b', 'c']) await decided(table, clusterId, jobId);
    await started(clusterId, 'a', 10);
    await started(clusterId, 'b', 20);
  }
  const WRITES = 7;

  it('has this many writes to crash at', async () => {
    await prepared('count');
    const counted = dyingTable(table, Number.POSITIVE_INFINITY, 'before');
    await foldCluster(counted, configOf('count'), OVERDUE);
    expect(counted.writes()).toBe(WRITES);
    await expectSettled('count', ['a', 'b', 'c']);
  });

  const points = Array.from({ length: WRITES }, (_, i) => i + 1).flatMap(
    (k) =>
      [
        [k, 'before'],
        [k, 'after'],
      ] as const,
  );
  it.each(points)('leaves each label folded exactly once: write %i, %s it took effect', async (k, when) => {
    const clusterId = `crash-${k}-${when}`;
    await prepared(clusterId);
    await expect(foldCluster(dyingTable(table, k, when), configOf(clusterId), OVERDUE)).rejects.toThrow(Crash);
    // Wherever it died: places are given back exactly where the harm of `c` is paid for, since that is one write.
    const left = await calibrationOf(table, clusterId);
    const isPaid = deserialise(left.state).tokens.statement < 9.5;
    expect([left.in_flight_statement?.size ?? 0, isPaid]).toEqual(left.version === 0 ? [3, false] : [0, true]);
    // A label that came while the fold was down must not get mixed into the batch that was cut short.
    await decided(table, clusterId, 'd');
    await started(clusterId, 'd', 15);
    await foldCluster(table, configOf(clusterId), OVERDUE, [keyOf('d')]);
    await expectSettled(clusterId, ['a', 'b', 'c', 'd']);
  });

  it('takes up the list that a crash left in the ledger, and keeps newer labels for the next batch', async () => {
    await prepared('left');
    await expect(foldCluster(dyingTable(table, 2, 'after'), configOf('left'), OVERDUE)).rejects.toThrow(Crash);
    await decided(table, 'left', 'd');
    await started('left', 'd', 5);
    expect(await foldCluster(table, configOf('left'), OVERDUE)).toMatchObject({ folded: 4, batches: 2 });
    expect(await ledgerJobs(table, 'left')).toEqual(['a', 'b', 'c', 'd']);
    await expectSettled('left', ['a', 'b', 'c', 'd']);
  });

  it.each(points)('survives a second crash at the same place: write %i, %s', async (k, when) => {
    const clusterId = `twice-${k}-${when}`;
    await prepared(clusterId);
    await foldCluster(dyingTable(table, k, when), configOf(clusterId), OVERDUE).catch(() => {});
    await foldCluster(dyingTable(table, k, when), configOf(clusterId), OVERDUE).catch(() => {});
    await foldCluster(table, configOf(clusterId), OVERDUE);
    await expectSettled(clusterId, ['a', 'b', 'c']);
  });
});

describe('reservations', () => {
  it('takes a place once per job, and refuses when all are taken', async () => {
    await decided(table, 'places', 'a', { kind: 'intervention' });
    const take = (jobId: string) => reserve(table, 'places', 'intervention', keyOf(jobId));
    expect([await take('a'), await take('b'), await take('c'), await take('d'), await take('b')]).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it('refuses a cluster that has no calibration', async () => {
    expect(await reserve(table, 'nobody', 'statement', 'a')).toBe(false);
  });

  it('gives back a place whose decision was never recorded, once it cannot be any more', async () => {
    await decided(table, 'orphan', 'backed');
    await claim(table, 'orphan', 'lost');
    await reserve(table, 'orphan', 'statement', keyOf('lost'));
    expect(await releaseOrphans(table, configOf('orphan'), moment(T))).toEqual([]);
    expect(await releaseOrphans(table, configOf('orphan'), OVERDUE)).toEqual([keyOf('lost')]);
    expect((await calibrationOf(table, 'orphan')).in_flight_statement).toEqual(new Set([keyOf('backed')]));
  });

  it('gives back a place that a retry took again after the fold', async () => {
    await decided(table, 'again', 'a');
    await started('again', 'a', 10);
    await foldCluster(table, configOf('again'), moment(10));
    await reserve(table, 'again', 'statement', keyOf('a'));
    expect(await releaseOrphans(table, configOf('again'), moment(11))).toEqual([keyOf('a')]);
  });
});
