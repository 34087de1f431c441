import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOrCreateCalibration } from '../../../../functions/adapters/tables/calibration.ts';
import { reservationStore } from '../../../../functions/adapters/tables/catch-up-store.ts';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { closeJob, loadJob, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { ledgerReader } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import { releaseOrphans } from '../../../../functions/application/outcomes/release-orphans.ts';
import { deserialise } from '../../../../functions/domain/calibration/codec.ts';
import { tierOf } from '../../../../functions/domain/reservations.ts';
import { startDynamo } from '../../../fixtures/dynamo.ts';
import {
  Crash,
  calibrationOf,
  claim,
  configOf,
  decided,
  decisionOf,
  dyingTable,
  expectNothingTaken,
  indexed,
  instant,
  keyOf,
  ledgerJobs,
  moment,
  OVERDUE,
  release,
  reserve,
  roundOf,
  T,
  taken,
} from './fixture.ts';

let table: Table;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ table, close } = await startDynamo());
});
afterAll(() => close());

/** Decided and recorded without anything done: nothing is reserved. */
const shadow = { tier: 0, called: 0, cost: 0, executed: false, next: 'nothing' } as const;

const started = (clusterId: string, jobId: string, seconds: number, on = table) =>
  joinOutcomeToRow(on, roundOf(clusterId, jobId), { type: 'JobStarted', at: instant(seconds) }, T, moment(seconds));

/** Each label in the ledger once, every row marked, nothing in flight, and the ledger rebuilds the stored bytes. */
async function expectSettled(clusterId: string, jobIds: string[]) {
  const item = await calibrationOf(table, clusterId);
  expect((await ledgerJobs(table, clusterId)).toSorted()).toEqual(jobIds.toSorted());
  expect(await indexed(table, clusterId)).toEqual([]);
  for (const jobId of jobIds) expect((await loadJob(table, roundOf(clusterId, jobId)))?.folded_in).toBeGreaterThan(0);
  expectNothingTaken(item);
  expect(item.marked_version).toBe(item.version);
  expect(deserialise(item.state).version).toBe(item.version);
  const rebuilt = await rebuild(ledgerReader(table), clusterId);
  expect(rebuilt?.version).toBe(item.version);
  expect(Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item.state))).toBe(true);
}

describe('fold', () => {
  it('folds a label once, however often it is asked to', async () => {
    await decided(table, 'once', 'a');
    await started('once', 'a', 30);
    const first = await foldCluster(foldStore(table), configOf('once'), moment(30), [keyOf('a')]);
    const second = await foldCluster(foldStore(table), configOf('once'), moment(31), [keyOf('a')]);
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
    await foldCluster(foldStore(table), configOf('order'), moment(60));
    expect(await ledgerJobs(table, 'order')).toEqual(['b', 'a', 'c']);
  });

  it('labels a job that never reports as long, and settles its reservation, at submit + T + 60 s', async () => {
    await decided(table, 'silent', 'a');
    await foldCluster(foldStore(table), configOf('silent'), new Date(OVERDUE.getTime() - 1));
    expect(taken(await calibrationOf(table, 'silent'))).toEqual({ places: 1, open: 1 });
    await foldCluster(foldStore(table), configOf('silent'), OVERDUE);
    expect(await loadJob(table, roundOf('silent', 'a'))).toMatchObject({
      long_wait: true,
      label_at: instant(T),
      folded_in: 1,
    });
    await expectSettled('silent', ['a']);
  });

  it('waits for a label that a collector puts in our future', async () => {
    await decided(table, 'ahead', 'a');
    await joinOutcomeToRow(table, roundOf('ahead', 'a'), { type: 'JobStarted', at: instant(50) }, T, moment(10));
    expect((await foldCluster(foldStore(table), configOf('ahead'), moment(10), [keyOf('a')])).folded).toBe(0);
    expect((await foldCluster(foldStore(table), configOf('ahead'), moment(50))).folded).toBe(1);
  });

  it.each([
    ['cancelled before it started', {}, { type: 'JobCancelled', at: instant(20) }],
    ['started before the decision', { decidedAt: instant(60) }, { type: 'JobStarted', at: instant(20) }],
  ] as const)('releases a job that %s without teaching', async (name, more, told) => {
    const clusterId = name.replaceAll(' ', '-');
    await decided(table, clusterId, 'a', more);
    const before = deserialise((await calibrationOf(table, clusterId)).state);
    await joinOutcomeToRow(table, roundOf(clusterId, 'a'), told, T, moment(61));
    await foldCluster(foldStore(table), configOf(clusterId), moment(61), [keyOf('a')]);
    const learnt = deserialise((await calibrationOf(table, clusterId)).state);
    expect([learnt.n, learnt.tiers, learnt.raw]).toEqual([0, before.tiers, before.raw]);
    await expectSettled(clusterId, ['a']);
  });

  it('keeps the place of an intervention until it is known whether it had to be undone', async () => {
    const more = { kind: 'intervention', called: 4, tier: 4 } as const;
    await decided(table, 'held', 'a', more);
    const effect = { action: 'hold', decisionId: decisionOf('held', 'a').decisionId, at: instant(1), intervened: true };
    await recordEffect(table, roundOf('held', 'a'), { ...effect, status: 'done' });
    expect((await foldCluster(foldStore(table), configOf('held'), OVERDUE)).folded).toBe(0);
    expect((await loadJob(table, roundOf('held', 'a')))?.unfolded_due).toBe(
      new Date(OVERDUE.getTime() + 60_000).toISOString(),
    );

    await recordEffect(table, roundOf('held', 'a'), { ...effect, status: 'undone' });
    await closeJob(table, roundOf('held', 'a'), { status: 'denied', at: moment(T + 90) });
    await foldCluster(foldStore(table), configOf('held'), moment(T + 120));
    const item = await calibrationOf(table, 'held');
    const [, , , gate] = deserialise(item.state).tiers;
    expect(gate).toMatchObject({ undone: 1, tokens: 190_000, wrongWeight: 10_000 });
    await expectSettled('held', ['a']);
  });

  it('looks again when the time to undo is over, and takes no evidence for stale meanwhile', async () => {
    const more = { kind: 'intervention', called: 3, tier: 3, next: 'actAndNotify' } as const;
    await decided(table, 'undoable', 'a', more);
    const { decisionId } = decisionOf('undoable', 'a');
    const effect = { action: 'requeue', decisionId, at: instant(1), intervened: true, status: 'done' } as const;
    await recordEffect(table, roundOf('undoable', 'a'), effect);
    await closeJob(table, roundOf('undoable', 'a'), { status: 'acted', at: moment(2) });
    await foldCluster(foldStore(table), configOf('undoable'), OVERDUE);
    // 15 minutes to undo, and 5 that undoing may take.
    expect((await loadJob(table, roundOf('undoable', 'a')))?.unfolded_due).toBe(instant(2 + 20 * 60));
    await foldCluster(foldStore(table), configOf('undoable'), moment(2 + 20 * 60));
    await expectSettled('undoable', ['a']);
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
    const report = await foldCluster(foldStore(table), configOf('poisoned'), OVERDUE);
    expect(report).toMatchObject({ folded: 1, unreadable: [keyOf('bad')] });
  });

  it('works off a backlog in bounded batches', async () => {
    const jobs = Array.from({ length: 230 }, (_, i) => `job-${String(i).padStart(3, '0')}`);
    for (const jobId of jobs) await decided(table, 'backlog', jobId, { ...shadow, scope: 'escalate' });
    expect(await foldCluster(foldStore(table), configOf('backlog'), OVERDUE)).toMatchObject({
      folded: 230,
      batches: 2,
    });
    expect(await ledgerJobs(table, 'backlog')).toEqual(jobs);
    await expectSettled('backlog', jobs);
  });

  it('lets several folders work at once', async () => {
    const jobs = Array.from({ length: 24 }, (_, i) => `job-${i}`);
    for (const jobId of jobs) await decided(table, 'crowd', jobId, shadow);
    await Promise.all(
      jobs.map(async (jobId, i) => {
        await started('crowd', jobId, 10 + i);
        await foldCluster(foldStore(table), configOf('crowd'), moment(60), [keyOf(jobId)]);
      }),
    );
    await foldCluster(foldStore(table), configOf('crowd'), moment(60));
    await expectSettled('crowd', jobs);
  });

  it('starts a tier anew whose numbers an operator has changed, and rebuilds that too', async () => {
    await decided(table, 'numbers', 'a');
    await started('numbers', 'a', 10);
    await foldCluster(foldStore(table), configOf('numbers'), moment(10));
    await decided(table, 'numbers', 'b');
    const config = configOf('numbers', { tiers: { warn: { promise: 0.5, tokens: 7 }, annotate: { cap: 30 } } });
    await foldCluster(foldStore(table), config, moment(20));
    const item = await calibrationOf(table, 'numbers');
    const [annotate, warn] = deserialise(item.state).tiers;
    expect(warn).toMatchObject({ era: 1, tokens: 70_000, wrong: 0, numbers: { promise: 0.5 } });
    expect(annotate.era).toBe(0);
    // Reserved before it started anew: what comes of it costs none of the new tokens.
    expect([item.free_2, taken(item).places]).toEqual([70_000, 0]);
    await started('numbers', 'b', 30);
    await foldCluster(foldStore(table), config, moment(30));
    expect(deserialise((await calibrationOf(table, 'numbers')).state).tiers[1]).toMatchObject({
      tokens: 70_000,
      wrong: 0,
    });
    await expectSettled('numbers', ['a', 'b']);
  });

  it('gives back what was decided before a tier started anew and reserved after it', async () => {
    await decided(table, 'between', 'a');
    await started('between', 'a', 10);
    const config = configOf('between', { tiers: { warn: { promise: 0.5, tokens: 7 } } });
    await foldCluster(foldStore(table), config, moment(20));
    // Decided from what stood before that fold, as Predict may while it waits for VGAC.
    await decided(table, 'between', 'b', { eras: [0, 0, 0, 0] });
    expect((await calibrationOf(table, 'between')).free_2).toBe(60_000);
    await started('between', 'b', 30);
    await foldCluster(foldStore(table), config, moment(30));
    expect(await releaseOrphans(reservationStore(table), config, moment(T + 3_601))).toBe(1);
    expect((await calibrationOf(table, 'between')).free_2).toBe(70_000);
    await expectSettled('between', ['a', 'b']);
  });
});

describe('a reservation that came just after its tier had started anew', () => {
  it('is given back when no retry of its round can be on its way', async () => {
    await decided(table, 'overtaken', 'a');
    const config = configOf('overtaken', { tiers: { warn: { promise: 0.5, tokens: 7 } } });
    await foldCluster(foldStore(table), config, moment(5));
    // Decided before the tier started anew, and reserved after it.
    await decided(table, 'overtaken', 'b', { eras: [0, 0, 0, 0] });
    expect((await calibrationOf(table, 'overtaken')).free_2).toBe(60_000);
    await started('overtaken', 'b', 30);
    await foldCluster(foldStore(table), config, moment(30));
    await releaseOrphans(reservationStore(table), config, moment(2 * 3_600));
    const item = await calibrationOf(table, 'overtaken');
    expect([item.free_2, tierOf(item, 2).places.size]).toEqual([70_000, 0]);
  });
});

it('tells two attempts at one round apart, whatever their bytes, and gives each back once', async () => {
  await loadOrCreateCalibration(table, configOf('attempts'), moment(0));
  const attempt = (ms: number) =>
    decisionOf('attempts', 'a', { decidedAt: new Date(Date.parse('2026-11-20T08:00:00.128Z') + ms).toISOString() });
  // Every low byte of the time comes up; to a reader of text all above 127 are the same.
  for (let ms = 0; ms < 256; ms += 15) {
    expect(await reserve(table, attempt(ms))).toBe(true);
    expect(await reserve(table, attempt(ms + 7))).toBe(true);
    await release(table, attempt(ms));
    await release(table, attempt(ms));
    expect((await calibrationOf(table, 'attempts')).free_2).toBe(190_000);
    await release(table, attempt(ms + 7));
  }
  expectNothingTaken(await calibrationOf(table, 'attempts'));
});

describe('a crash at any write of the fold', () => {
  /** Two jobs with labels, one overdue: ledger, compare-and-set, marks and a label all have their write. */
  async function prepared(clusterId: string) {
    for (const jobId of ['a', 'b', 'c']) await decided(table, clusterId, jobId);
    await started(clusterId, 'a', 10);
    await started(clusterId, 'b', 20);
  }
  const WRITES = 8;

  it('has this many writes to crash at', async () => {
    await prepared('count');
    const counted = dyingTable(table, Number.POSITIVE_INFINITY, 'before');
    await foldCluster(foldStore(counted), configOf('count'), OVERDUE);
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
    await expect(foldCluster(foldStore(dyingTable(table, k, when)), configOf(clusterId), OVERDUE)).rejects.toThrow(
      Crash,
    );
    // Wherever it died: places are given back exactly where wrong ones are paid for, since that is one write.
    const left = await calibrationOf(table, clusterId);
    const isPaid = (deserialise(left.state).tiers[1].tokens ?? 0) < 195_000;
    expect([taken(left).places, isPaid]).toEqual(left.version === 0 ? [3, false] : [0, true]);
    // A label that came while the fold was down must not get mixed into the batch that was cut short.
    await decided(table, clusterId, 'd');
    await started(clusterId, 'd', 15);
    await foldCluster(foldStore(table), configOf(clusterId), OVERDUE, [keyOf('d')]);
    await expectSettled(clusterId, ['a', 'b', 'c', 'd']);
  });

  it('takes up the list that a crash left in the ledger, and keeps newer labels for the next batch', async () => {
    await prepared('left');
    await expect(foldCluster(foldStore(dyingTable(table, 2, 'after')), configOf('left'), OVERDUE)).rejects.toThrow(
      Crash,
    );
    await decided(table, 'left', 'd');
    await started('left', 'd', 5);
    expect(await foldCluster(foldStore(table), configOf('left'), OVERDUE)).toMatchObject({ folded: 4, batches: 2 });
    expect(await ledgerJobs(table, 'left')).toEqual(['a', 'b', 'c', 'd']);
    await expectSettled('left', ['a', 'b', 'c', 'd']);
  });

  it.each(points)('survives a second crash at the same place: write %i, %s', async (k, when) => {
    const clusterId = `twice-${k}-${when}`;
    await prepared(clusterId);
    await foldCluster(foldStore(dyingTable(table, k, when)), configOf(clusterId), OVERDUE).catch(() => {});
    await foldCluster(foldStore(dyingTable(table, k, when)), configOf(clusterId), OVERDUE).catch(() => {});
    await foldCluster(foldStore(table), configOf(clusterId), OVERDUE);
    await expectSettled(clusterId, ['a', 'b', 'c']);
  });
});

describe('reservations', () => {
  const free = async (clusterId: string) => (await calibrationOf(table, clusterId)).free_3;
  const asking = (clusterId: string, jobId: string) =>
    decisionOf(clusterId, jobId, { called: 3, tier: 3, kind: 'intervention' });

  it('takes tokens once per attempt, and refuses when fewer are free than a tier needs', async () => {
    await loadOrCreateCalibration(table, configOf('tokens', { tiers: { suggest: { tokens: 3 } } }), moment(0));
    const take = (jobId: string) => reserve(table, asking('tokens', jobId));
    // 3, then 2 are free; an intervention needs 2 and reserves 1. The same write sent again takes nothing.
    expect([await take('a'), await take('a'), await take('b'), await take('c')]).toEqual([true, true, true, false]);
    expect(await free('tokens')).toBe(10_000);
  });

  it('reserves what a hold-out may cost, and nothing that is not there', async () => {
    await loadOrCreateCalibration(table, configOf('held-out'), moment(0));
    const holdOut = (jobId: string, cost: number) => ({ ...asking('held-out', jobId), next: 'holdOut', cost }) as const;
    expect(await reserve(table, holdOut('a', 100_000))).toBe(true);
    expect(await reserve(table, holdOut('b', 100_001))).toBe(false);
    expect(await free('held-out')).toBe(100_000);
  });

  it('never lets two executions reserve the last token', async () => {
    await loadOrCreateCalibration(table, configOf('race', { tiers: { suggest: { tokens: 5 } } }), moment(0));
    const jobs = Array.from({ length: 12 }, (_, i) => asking('race', `job-${i}`));
    const taken = await Promise.all(jobs.map((job) => reserve(table, job)));
    expect(taken.filter(Boolean)).toHaveLength(4);
    expect(await free('race')).toBe(10_000);
  });

  it('refuses a cluster that has no calibration', async () => {
    expect(await reserve(table, asking('nobody', 'a'))).toBe(false);
  });

  it('gives back what a lost attempt took, once its machine has ended, and nothing that stands', async () => {
    await decided(table, 'orphan', 'backed');
    await claim(table, 'orphan', 'lost');
    await reserve(table, decisionOf('orphan', 'lost'));
    expect(await releaseOrphans(reservationStore(table), configOf('orphan'), moment(T + 3_600))).toBe(0);
    expect(await releaseOrphans(reservationStore(table), configOf('orphan'), moment(T + 3_601))).toBe(1);
    const item = await calibrationOf(table, 'orphan');
    expect(taken(item)).toEqual({ places: 1, open: 1 });
    expect(item.free_2).toBe(190_000);
  });

  it('gives back its own and not that of another attempt at the same round', async () => {
    await decided(table, 'attempts', 'a');
    const other = decisionOf('attempts', 'a', { decidedAt: instant(1) });
    await reserve(table, other);
    expect((await calibrationOf(table, 'attempts')).free_2).toBe(180_000);
    await release(table, other);
    await started('attempts', 'a', 10);
    await foldCluster(foldStore(table), configOf('attempts'), moment(10), [keyOf('a')]);
    expect(await calibrationOf(table, 'attempts')).toMatchObject({ free_2: 190_000 });
    await expectSettled('attempts', ['a']);
  });
});
