import { afterAll, describe, expect, it, vi } from 'vitest';
import { foldStore } from '../../../functions/adapters/tables/fold-store.ts';
import { readLedger } from '../../../functions/adapters/tables/ledger.ts';
import {
  changeReader,
  epochStore,
  promoteRefitStore,
} from '../../../functions/adapters/tables/recalibration-stores.ts';
import { loadRefit } from '../../../functions/adapters/tables/refits.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { foldCluster } from '../../../functions/application/outcomes/fold-cluster.ts';
import { changeEpoch, findChange } from '../../../functions/application/recalibration/change-epoch.ts';
import { promoteRefit } from '../../../functions/application/recalibration/promote-refit.ts';
import { serialiseLearned } from '../../../functions/domain/forecast/codec.ts';
import { nothingLearned } from '../../../functions/domain/forecast/state.ts';
import { handler } from '../../../functions/recalibration/promote-refit.ts';
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
} from '../application/outcomes/fixture.ts';
import { fold, isRebuilt, learnedOf, NOW, RIGHT, stateOf, WRONG } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const fitted = (clusterId: string, by = 'run-1') => ({ clusterId, epoch: 0, by });
const wrong = (clusterId: string) => fold(dynamo.table, clusterId, 800, WRONG);

async function epochsIn(table: Table, clusterId: string): Promise<number[]> {
  const epochs: number[] = [];
  for await (const { change } of readLedger(table, clusterId)) if (change) epochs.push(change.epoch);
  return epochs;
}

describe('PromoteRefit', () => {
  it('begins a new epoch whose proof is kept, restarts nothing else, and returns what to announce', async () => {
    await wrong('begin');
    const [before, { n }] = [await learnedOf(dynamo.table, 'begin'), await stateOf(dynamo.table, 'begin')];
    const { change } = await handler(fitted('begin'), at(5));
    expect(change).toMatchObject({ epoch: 1, cause: 'promoted', by: 'run-1', clusterId: 'begin' });
    expect(change?.lossAfter).toBeLessThan(change?.lossBefore ?? 0);

    expect(await stateOf(dynamo.table, 'begin')).toMatchObject({ epoch: 1, n, sinceEpoch: 0 });
    const refit = await loadRefit(dynamo.table, 'begin', 1);
    expect(refit).toMatchObject({ status: 'promoted', by: 'run-1', version: 8, proof: { fitted: 560 } });
    expect(refit?.proof?.n).toBe(change?.n);
    const began = await findChange(changeReader(dynamo.table), 'begin', 1);
    expect(Buffer.from(began?.before ?? [])).toEqual(Buffer.from(serialiseLearned(before)));
    expect(Buffer.from(began?.learned ?? [])).toEqual(
      Buffer.from(serialiseLearned(await learnedOf(dynamo.table, 'begin'))),
    );
    expect(await isRebuilt(dynamo.table, 'begin')).toBe(true);
  });

  it('says and does the same when it is retried', async () => {
    await wrong('retry');
    const first = await handler(fitted('retry'), at(5));
    const item = await calibrationOf(dynamo.table, 'retry');
    expect(await handler(fitted('retry'), at(5))).toEqual(first);
    expect(await calibrationOf(dynamo.table, 'retry')).toEqual(item);
    expect(await epochsIn(dynamo.table, 'retry')).toEqual([1]);
  });

  it('leaves it to whoever was faster', async () => {
    await wrong('race');
    const answers = await Promise.all(['run-1', 'run-2', 'run-3'].map((by) => handler(fitted('race', by), at(5))));
    expect(answers.filter(({ change }) => change !== null)).toHaveLength(1);
    expect(await epochsIn(dynamo.table, 'race')).toEqual([1]);
    expect(await loadRefit(dynamo.table, 'race', 1)).toHaveProperty(
      'by',
      answers.find(({ change }) => change)?.change?.by,
    );
  });

  it('promotes nothing where there are too few labels, or nothing is gained by then', async () => {
    await fold(dynamo.table, 'few', 200, WRONG);
    expect(await handler(fitted('few'), at(5))).toEqual({ clusterId: 'few', change: null });
    await fold(dynamo.table, 'right', 800, RIGHT);
    expect(await handler(fitted('right'), at(5))).toEqual({ clusterId: 'right', change: null });
    for (const name of ['few', 'right']) expect(await stateOf(dynamo.table, name)).toHaveProperty('epoch', 0);
  });

  it('loses no label to folds at the same moment, and no fold loses it', async () => {
    await wrong('folds');
    const names = Array.from({ length: 12 }, (_, i) => `open-${i}`);
    for (const jobId of names) await decided(dynamo.table, 'folds', jobId, { executed: false });
    const config = configOf('folds');
    await Promise.all([
      promoteRefit(promoteRefitStore(dynamo.table), fitted('folds'), NOW),
      ...names.map((jobId) => foldCluster(foldStore(dynamo.table), config, OVERDUE, [jobId])),
    ]);
    const jobs = await ledgerJobs(dynamo.table, 'folds');
    expect(new Set(jobs.filter((jobId) => names.includes(jobId)))).toEqual(new Set(names));
    expect(await epochsIn(dynamo.table, 'folds')).toEqual([1]);
    expect(await isRebuilt(dynamo.table, 'folds')).toBe(true);
  });

  // The writes come one after another: dying before one leaves what dying after the last one left.
  const DEATHS = [[1, 'before'], ...[1, 2, 3, 4, 5].map((k) => [k, 'after'] as const)] as const;
  it.each(DEATHS)(
    'has promoted exactly once after a retry when it dies at write %i, %s it took effect',
    async (k, when) => {
      const clusterId = `dies-${when}-${k}`;
      await wrong(clusterId);
      const dying = dyingTable(dynamo.table, k, when);
      await expect(promoteRefit(promoteRefitStore(dying), fitted(clusterId), NOW)).rejects.toBeInstanceOf(Crash);
      // The next fold finishes what is in the ledger already.
      await foldCluster(foldStore(dynamo.table), configOf(clusterId), OVERDUE);
      expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
      expect(await promoteRefit(promoteRefitStore(dynamo.table), fitted(clusterId), NOW)).toMatchObject({
        epoch: 1,
        by: 'run-1',
      });
      expect(await epochsIn(dynamo.table, clusterId)).toEqual([1]);
      expect(await loadRefit(dynamo.table, clusterId, 1)).toMatchObject({ status: 'promoted' });
      expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
    },
  );

  it('makes exactly the five writes that the crashes above go through', async () => {
    await wrong('writes');
    const counted = dyingTable(dynamo.table, 99, 'before');
    await promoteRefit(promoteRefitStore(counted), fitted('writes'), NOW);
    expect(counted.writes()).toBe(5);
  });

  it('never writes an epoch into the past', async () => {
    await fold(dynamo.table, 'past', 100);
    const begin = (epoch: number, by: string) =>
      changeEpoch(
        epochStore(dynamo.table),
        configOf('past'),
        { epoch, cause: 'promoted', by },
        async () => nothingLearned(),
        NOW,
      );
    await begin(1, 'run-1');
    await begin(2, 'run-2');
    expect(await begin(1, 'run-3')).toHaveProperty('by', 'run-1');
    expect(await epochsIn(dynamo.table, 'past')).toEqual([1, 2]);
  });
});
