import { afterAll, describe, expect, it, vi } from 'vitest';
import { findChange } from '../../../functions/adapters/epochs.ts';
import { listMaps } from '../../../functions/adapters/map-store.ts';
import { rollBackMap } from '../../../functions/adapters/recalibrate.ts';
import { handler } from '../../../functions/recalibration/roll-back-map.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { Crash, calibrationOf, dyingTable, useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, isRebuilt, NOW, promoted, stateOf } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const worse = (clusterId: string, by = 'run-2') => ({ clusterId, epoch: 1, reason: 'it is worse', by });

describe('RollBackMap', () => {
  it('takes the map from among the experts in a new epoch, and says what that changes on the jobs since', async () => {
    await promoted(dynamo.table, 'back', 300);
    await fold(dynamo.table, 'back', 100, BENT, 2);
    const { change } = await handler(worse('back'), at(5));
    expect(change).toMatchObject({ epoch: 2, cause: 'rolledBack', reason: 'it is worse' });
    expect(change?.n).toBeGreaterThan(90);
    expect(change?.n).toBeLessThanOrEqual(100);
    // It was not worse in truth.
    expect(change?.lossAfter).toBeGreaterThan(change?.lossBefore ?? 0);
    expect(await stateOf(dynamo.table, 'back')).toMatchObject({ epoch: 2, map: null, n: 400, sinceEpoch: 0 });
    const maps = await listMaps(dynamo.table, 'back');
    expect(maps.map(({ epoch, status }) => [epoch, status])).toEqual([
      [1, 'rolledBack'],
      [2, 'restored'],
    ]);
    expect(await isRebuilt(dynamo.table, 'back')).toBe(true);
  });

  it('does the same once when it is retried, and leaves it to whoever was faster', async () => {
    await promoted(dynamo.table, 'again', 300);
    const first = await handler(worse('again'), at(5));
    const item = await calibrationOf(dynamo.table, 'again');
    expect(await handler(worse('again'), at(5))).toEqual(first);
    expect(await handler(worse('again', 'run-3'), at(5))).toEqual({ clusterId: 'again', change: null });
    expect(await calibrationOf(dynamo.table, 'again')).toEqual(item);
  });

  it('knows nothing to tell of a map that no job has met', async () => {
    await promoted(dynamo.table, 'unmet', 300);
    expect((await handler(worse('unmet'), at(5))).change).toMatchObject({ n: 0, eceAfter: 0, eceAfterBounds: [0, 1] });
  });

  it('gives back the map of the epoch before, whatever it was', async () => {
    await promoted(dynamo.table, 'twice', 300);
    const { knots } = (await findChange(dynamo.table, 'twice', 1)) ?? {};
    await handler(worse('twice'), at(5));
    await handler({ ...worse('twice', 'run-3'), epoch: 2 }, at(6));
    expect(await findChange(dynamo.table, 'twice', 3)).toMatchObject({ epoch: 3, knots, cause: 'rolledBack' });
  });

  it.each([1, 2, 3, 4, 5])('has rolled back exactly once after it died at write %i and was retried', async (k) => {
    const clusterId = `dies-${k}`;
    await promoted(dynamo.table, clusterId, 300);
    await expect(rollBackMap(dyingTable(dynamo.table, k, 'after'), worse(clusterId), NOW)).rejects.toBeInstanceOf(
      Crash,
    );
    expect(await rollBackMap(dynamo.table, worse(clusterId), NOW)).toMatchObject({ epoch: 2, cause: 'rolledBack' });
    expect((await listMaps(dynamo.table, clusterId)).map(({ status }) => status)).toEqual(['rolledBack', 'restored']);
    expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
  });
});
