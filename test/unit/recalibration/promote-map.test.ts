import { afterAll, describe, expect, it, vi } from 'vitest';
import { changeEpoch } from '../../../functions/adapters/epochs.ts';
import { foldCluster } from '../../../functions/adapters/fold.ts';
import { readLedger } from '../../../functions/adapters/ledger-store.ts';
import { loadMap } from '../../../functions/adapters/map-store.ts';
import { promoteMap } from '../../../functions/adapters/recalibrate.ts';
import type { Table } from '../../../functions/adapters/table.ts';
import { throughMap } from '../../../functions/domain/calibration/map.ts';
import { handler } from '../../../functions/recalibration/promote-map.ts';
import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { useTable } from '../../fixtures/handlers.ts';
import {
  Crash,
  calibrationOf,
  configOf,
  decided,
  dyingTable,
  ledgerJobs,
  OVERDUE,
  useEmbeddedClock,
} from '../outcomes/fixture.ts';
import { BENT, fold, isRebuilt, NOW, stateOf } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const fitted = (clusterId: string, by = 'run-1') => ({ clusterId, epoch: 0, version: 3, afterLabels: 300, by });

async function epochsIn(table: Table, clusterId: string): Promise<number[]> {
  const epochs: number[] = [];
  for await (const { change } of readLedger(table, clusterId)) if (change) epochs.push(change.epoch);
  return epochs;
}

describe('PromoteMap', () => {
  it('begins a new epoch whose map and proof are kept, restarts nothing else, and says what to tell', async () => {
    await fold(dynamo.table, 'begin', 300, BENT);
    const { change } = await handler(fitted('begin'), at(5));
    expect(change).toMatchObject({ epoch: 1, cause: 'promoted', by: 'run-1', clusterId: 'begin' });
    expect(change?.lossAfter).toBeLessThan(change?.lossBefore ?? 0);

    const state = await stateOf(dynamo.table, 'begin');
    expect(state).toMatchObject({ epoch: 1, n: 300, sinceEpoch: 0 });
    const map = await loadMap(dynamo.table, 'begin', 1);
    expect(map).toMatchObject({ status: 'promoted', by: 'run-1', version: 3, proof: { fitted: 150 } });
    expect(map?.proof?.n).toBe(change?.n);
    expect(map?.proof?.after).toHaveProperty('nullMean');
    for (const [p, q] of map?.knots ?? []) expect(throughMap(state.map, p)).toBeCloseTo(q, 12);
    expect(await isRebuilt(dynamo.table, 'begin')).toBe(true);
  });

  it('says and does the same when it is retried', async () => {
    await fold(dynamo.table, 'retry', 300, BENT);
    const first = await handler(fitted('retry'), at(5));
    const item = await calibrationOf(dynamo.table, 'retry');
    expect(await handler(fitted('retry'), at(5))).toEqual(first);
    expect(await calibrationOf(dynamo.table, 'retry')).toEqual(item);
    expect(await epochsIn(dynamo.table, 'retry')).toEqual([1]);
  });

  it('leaves it to whoever was faster', async () => {
    await fold(dynamo.table, 'race', 300, BENT);
    const answers = await Promise.all(['run-1', 'run-2', 'run-3'].map((by) => handler(fitted('race', by), at(5))));
    expect(answers.filter(({ change }) => change !== null)).toHaveLength(1);
    expect(await epochsIn(dynamo.table, 'race')).toEqual([1]);
    expect(await loadMap(dynamo.table, 'race', 1)).toHaveProperty(
      'by',
      answers.find(({ change }) => change)?.change?.by,
    );
  });

  it('promotes nothing where there are too few labels', async () => {
    await fold(dynamo.table, 'few', 200, BENT);
    expect(await handler({ ...fitted('few'), version: 2 }, at(5))).toEqual({ clusterId: 'few', change: null });
    expect(await stateOf(dynamo.table, 'few')).toHaveProperty('epoch', 0);
  });

  it('loses no label to folds at the same moment, and no fold loses it', async () => {
    await fold(dynamo.table, 'folds', 300, BENT);
    const names = Array.from({ length: 12 }, (_, i) => `open-${i}`);
    for (const jobId of names) await decided(dynamo.table, 'folds', jobId, { executed: false });
    const config = configOf('folds');
    await Promise.all([
      promoteMap(dynamo.table, fitted('folds'), NOW),
      ...names.map((jobId) => foldCluster(dynamo.table, config, OVERDUE, [jobId])),
    ]);
    const jobs = await ledgerJobs(dynamo.table, 'folds');
    expect(jobs.filter((jobId) => names.includes(jobId)).toSorted()).toEqual(names.toSorted());
    expect(await epochsIn(dynamo.table, 'folds')).toEqual([1]);
    expect(await isRebuilt(dynamo.table, 'folds')).toBe(true);
  });

  describe.each(['before', 'after'] as const)('that dies %s its k-th write', (when) => {
    it.each([1, 2, 3, 4, 5])('has promoted exactly once after a retry, k = %i', async (k) => {
      const clusterId = `dies-${when}-${k}`;
      await fold(dynamo.table, clusterId, 300, BENT);
      const dying = dyingTable(dynamo.table, k, when);
      await expect(promoteMap(dying, fitted(clusterId), NOW)).rejects.toBeInstanceOf(Crash);
      // The next fold finishes what is in the ledger already.
      await foldCluster(dynamo.table, configOf(clusterId), OVERDUE);
      expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
      expect(await promoteMap(dynamo.table, fitted(clusterId), NOW)).toMatchObject({ epoch: 1, by: 'run-1' });
      expect(await epochsIn(dynamo.table, clusterId)).toEqual([1]);
      expect(await loadMap(dynamo.table, clusterId, 1)).toMatchObject({ status: 'promoted' });
      expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
    });
  });

  it('makes exactly the five writes that the crashes above go through', async () => {
    await fold(dynamo.table, 'writes', 300, BENT);
    const counted = dyingTable(dynamo.table, 99, 'before');
    await promoteMap(counted, fitted('writes'), NOW);
    expect(counted.writes()).toBe(5);
  });

  it('never writes an epoch into the past', async () => {
    await fold(dynamo.table, 'past', 100, BENT);
    const change: Omit<EpochChange, 'epoch'> = { cause: 'promoted', by: 'run-1', knots: null };
    await changeEpoch(dynamo.table, configOf('past'), { ...change, epoch: 1 }, NOW);
    await changeEpoch(dynamo.table, configOf('past'), { ...change, epoch: 2, by: 'run-2' }, NOW);
    expect(await changeEpoch(dynamo.table, configOf('past'), { ...change, epoch: 1, by: 'run-3' }, NOW)).toHaveProperty(
      'by',
      'run-1',
    );
    expect(await epochsIn(dynamo.table, 'past')).toEqual([1, 2]);
  });
});
