import { describe, expect, it } from 'vitest';
import { foldStore } from '../../../../functions/adapters/tables/fold-store.ts';
import { loadJob, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { ledgerReader } from '../../../../functions/adapters/tables/mend-store.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { foldCluster } from '../../../../functions/application/outcomes/fold-cluster.ts';
import { rebuild } from '../../../../functions/application/outcomes/rebuild.ts';
import { deserialise } from '../../../../functions/domain/calibration/codec.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import {
  Crash,
  calibrationOf,
  configOf,
  decided,
  decisionOf,
  dyingTable,
  indexed,
  instant,
  keyOf,
  ledgerJobs,
  ledgerWaits,
  moment,
  OVERDUE,
  roundOf,
  T,
} from './fixture.ts';

const dynamo = useTable();
const START = 2_000;
/** The label leaves open whether the upper bounds were missed. */
const open = { ...decisionOf('c', 'j').prediction, lowerSeconds: 10, upperSeconds: 5_000, upper90Seconds: 1_000 };

const started = (clusterId: string, jobId: string, seconds = START, on: Table = dynamo.table) =>
  joinOutcomeToRow(on, roundOf(clusterId, jobId), { type: 'JobStarted', at: instant(seconds) }, T, moment(seconds));
const fold = (clusterId: string, now = moment(START), on: Table = dynamo.table, jobIds: string[] = []) =>
  foldCluster(foldStore(on), configOf(clusterId), now, jobIds.map(keyOf));
const intervalOf = async (clusterId: string) =>
  deserialise((await calibrationOf(dynamo.table, clusterId)).state).interval;

/** One label and one wait of each job, nothing waiting, and the ledger rebuilds the stored bytes. */
async function expectWaited(clusterId: string, jobIds: string[]) {
  const item = await calibrationOf(dynamo.table, clusterId);
  expect((await ledgerJobs(dynamo.table, clusterId)).toSorted()).toEqual(jobIds);
  expect((await ledgerWaits(dynamo.table, clusterId)).toSorted()).toEqual(jobIds);
  expect(await indexed(dynamo.table, clusterId)).toEqual([]);
  for (const jobId of jobIds)
    expect((await loadJob(dynamo.table, roundOf(clusterId, jobId)))?.waited_seconds).toBe(START);
  expect(item.sample_count).toBe(jobIds.length);
  expect(item.marked_version).toBe(item.version);
  // From the label: the lower bound was kept. From the start: above the one-sided bound, below the two-sided one.
  expect(deserialise(item.state).interval.lo).toBeCloseTo(-2 + 0.0025 * jobIds.length, 9);
  expect(deserialise(item.state).interval.hi).toBeCloseTo(3 - 0.0025 * jobIds.length, 9);
  expect(deserialise(item.state).interval.up).toBeCloseTo(2.5 + 0.045 * jobIds.length, 9);
  const rebuilt = await rebuild(ledgerReader(dynamo.table), clusterId);
  expect(rebuilt?.version).toBe(item.version);
  expect(Buffer.from(rebuilt?.state ?? []).equals(Buffer.from(item.state))).toBe(true);
}

describe('the wait of a job that starts after its label was folded', () => {
  it('is folded as a line of its own, once, however often its start is reported', async () => {
    await decided(dynamo.table, 'late', 'a', { prediction: open });
    await fold('late', OVERDUE);
    expect(await intervalOf('late')).toMatchObject({ hi: 3, up: 2.5 });
    for (let i = 0; i < 2; i++) {
      await started('late', 'a');
      await fold('late', moment(START + i), dynamo.table, ['a']);
    }
    await expectWaited('late', ['a']);
  });

  it('does not change tokens, time or evidence', async () => {
    await decided(dynamo.table, 'alone', 'a', { prediction: open });
    await fold('alone', OVERDUE);
    const before = deserialise((await calibrationOf(dynamo.table, 'alone')).state);
    await started('alone', 'a');
    await fold('alone', moment(START));
    const after = deserialise((await calibrationOf(dynamo.table, 'alone')).state);
    expect({ ...after, interval: 0, version: 0 }).toEqual({ ...before, interval: 0, version: 0 });
    expect(after.interval).not.toEqual(before.interval);
  });

  it('misses an upper bound as soon as it has elapsed, and not when the job starts days later', async () => {
    await decided(dynamo.table, 'elapsed', 'a', { prediction: open });
    await fold('elapsed', OVERDUE);
    expect((await loadJob(dynamo.table, roundOf('elapsed', 'a')))?.unfolded_due).toBe(instant(1_000));
    await fold('elapsed', moment(999));
    expect(await intervalOf('elapsed')).toMatchObject({ up: 2.5 });
    await fold('elapsed', moment(1_000));
    await fold('elapsed', moment(1_001));
    expect(await intervalOf('elapsed')).toMatchObject({ hi: 3, up: 2.545 });
    expect((await loadJob(dynamo.table, roundOf('elapsed', 'a')))?.unfolded_due).toBe(instant(5_000));
    await started('elapsed', 'a', 6_000);
    await fold('elapsed', moment(6_000));
    expect(await intervalOf('elapsed')).toMatchObject({ hi: 3.0475, up: 2.545 });
    expect(await ledgerWaits(dynamo.table, 'elapsed')).toEqual(['a', 'a']);
    expect(await indexed(dynamo.table, 'elapsed')).toEqual([]);
  });

  it('is folded once when its start is reported after a bound was taken for elapsed, and only beyond that bound', async () => {
    const tell = (at: number, told: number) =>
      joinOutcomeToRow(dynamo.table, roundOf('behind', 'a'), { type: 'JobStarted', at: instant(at) }, T, moment(told));
    await decided(dynamo.table, 'behind', 'a', { prediction: open });
    await fold('behind', OVERDUE);
    await fold('behind', moment(1_000));
    await tell(800, 1_100);
    for (let i = 0; i < 3; i++) expect((await fold('behind', moment(1_100 + i))).batches).toBe(i === 0 ? 1 : 0);
    expect((await intervalOf('behind')).up).toBeCloseTo(2.545, 9);
    expect((await intervalOf('behind')).hi).toBeCloseTo(3 - 0.0025, 9);
    expect(await ledgerWaits(dynamo.table, 'behind')).toEqual(['a', 'a']);
    expect(await indexed(dynamo.table, 'behind')).toEqual([]);
  });

  it('is ignored when its start is reported after every bound was taken for elapsed', async () => {
    await decided(dynamo.table, 'far-behind', 'a', { prediction: open });
    for (const now of [OVERDUE, moment(1_000), moment(5_000)]) await fold('far-behind', now);
    const before = await calibrationOf(dynamo.table, 'far-behind');
    const told = { type: 'JobStarted' as const, at: instant(800) };
    await joinOutcomeToRow(dynamo.table, roundOf('far-behind', 'a'), told, T, moment(6_000));
    await fold('far-behind', moment(6_000));
    expect(await calibrationOf(dynamo.table, 'far-behind')).toEqual(before);
    expect(await indexed(dynamo.table, 'far-behind')).toEqual([]);
  });

  it('waits for no bound of a job that ended without a start, and for none that nobody would wait for', async () => {
    await decided(dynamo.table, 'given-up', 'a', { prediction: open });
    await fold('given-up', OVERDUE);
    await joinOutcomeToRow(
      dynamo.table,
      roundOf('given-up', 'a'),
      { type: 'JobCancelled', at: instant(700), ofTask: false },
      T,
      moment(700),
    );
    await fold('given-up', moment(1_000));
    expect(await ledgerWaits(dynamo.table, 'given-up')).toEqual([]);
    await decided(dynamo.table, 'far', 'a', { prediction: { ...open, upper90Seconds: 1e9, upperSeconds: 1e12 } });
    await fold('far', OVERDUE);
    expect([await indexed(dynamo.table, 'given-up'), await indexed(dynamo.table, 'far')]).toEqual([[], []]);
  });

  it('goes with the label where both are folded at once', async () => {
    await decided(dynamo.table, 'both', 'a', { prediction: open });
    await started('both', 'a');
    await fold('both', moment(START));
    expect([await ledgerJobs(dynamo.table, 'both'), await ledgerWaits(dynamo.table, 'both')]).toEqual([['a'], []]);
    expect(await intervalOf('both')).toEqual({ lo: -1.9975, hi: 2.9975, up: 2.545 });
    expect(await indexed(dynamo.table, 'both')).toEqual([]);
  });

  it('waits for its time when a collector puts it in our future', async () => {
    await decided(dynamo.table, 'future', 'a', { prediction: open });
    await fold('future', OVERDUE);
    await joinOutcomeToRow(
      ...([dynamo.table, roundOf('future', 'a')] as const),
      ...([{ type: 'JobStarted', at: instant(START) }, T, moment(500)] as const),
    );
    await fold('future', moment(500), dynamo.table, ['a']);
    expect(await ledgerWaits(dynamo.table, 'future')).toEqual([]);
    await fold('future');
    await expectWaited('future', ['a']);
  });

  it.each<[string, Parameters<typeof decided>[3], number]>([
    ['whose bounds its label had settled', { prediction: { ...open, upperSeconds: 200, upper90Seconds: 200 } }, START],
    ['that contradicts its label', { prediction: open }, 30],
    ['without a probability', { prediction: { ...open, p: null, q: null } }, START],
    ['decided when it was late', { prediction: open, foldable: true, decidedAt: instant(T + 1) }, START],
  ])('is not folded for a job %s', async (name, more, at) => {
    const clusterId = name.replaceAll(' ', '-');
    await decided(dynamo.table, clusterId, 'a', more);
    await fold(clusterId, OVERDUE);
    await started(clusterId, 'a', at);
    await fold(clusterId, moment(START), dynamo.table, ['a']);
    expect(await ledgerJobs(dynamo.table, clusterId)).toEqual(['a']);
    expect(await ledgerWaits(dynamo.table, clusterId)).toEqual([]);
    // One that nothing was served to is counted all the same, and stays until it is over.
    await joinOutcomeToRow(
      dynamo.table,
      roundOf(clusterId, 'a'),
      { type: 'JobEnded', at: instant(START + 1), endState: 'succeeded' },
      T,
      moment(START + 1),
    );
    await fold(clusterId, moment(START + 1));
    expect(await indexed(dynamo.table, clusterId)).toEqual([]);
  });

  it('is not folded for a job that was touched, because the wait is not its own', async () => {
    await decided(dynamo.table, 'touched', 'a', {
      prediction: open,
      next: 'ask',
      tier: 0,
      cost: 0,
      executed: false,
      scope: 'escalate',
    });
    await fold('touched', OVERDUE);
    const { decisionId } = decisionOf('touched', 'a');
    const effect = { action: 'requeue', decisionId, at: instant(T + 100), intervened: true, status: 'done' } as const;
    await recordEffect(dynamo.table, roundOf('touched', 'a'), effect);
    await started('touched', 'a');
    await fold('touched');
    expect(await ledgerWaits(dynamo.table, 'touched')).toEqual([]);
    expect(await indexed(dynamo.table, 'touched')).toEqual([]);
  });

  it('is not lost when the start comes between the line of the ledger and the mark on the row', async () => {
    await decided(dynamo.table, 'between', 'a', { prediction: open });
    // Writes: label, ledger, forecast, state, mark.
    await expect(fold('between', OVERDUE, dyingTable(dynamo.table, 5, 'before'))).rejects.toThrow(Crash);
    await started('between', 'a');
    await fold('between');
    await expectWaited('between', ['a']);
  });

  it.each([1, 2, 3, 4, 5, 6].flatMap((k) => (['before', 'after'] as const).map((when) => [k, when] as const)))(
    'is folded exactly once whatever crashes: write %i, %s it took effect',
    async (k, when) => {
      const clusterId = `crash-${k}-${when}`;
      for (const jobId of ['a', 'b']) await decided(dynamo.table, clusterId, jobId, { prediction: open });
      await fold(clusterId, OVERDUE);
      await started(clusterId, 'b');
      const dying = dyingTable(dynamo.table, k, when);
      const deed = async (on: Table) => {
        await started(clusterId, 'a', START, on);
        await fold(clusterId, moment(START), on, ['a']);
      };
      await expect(deed(dying)).rejects.toThrow(Crash);
      // Whoever folds before the start is told folds the bound that has elapsed by then, as a line of its own.
      await started(clusterId, 'a');
      await Promise.all([deed(dynamo.table), fold(clusterId)]);
      await fold(clusterId);
      await expectWaited(clusterId, ['a', 'b']);
    },
  );
});
