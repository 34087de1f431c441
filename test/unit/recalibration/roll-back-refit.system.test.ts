import { afterAll, describe, expect, it, vi } from 'vitest';
import { changeReader, rollBackRefitStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { listRefits } from '../../../functions/adapters/tables/refits.ts';
import { findChange } from '../../../functions/application/recalibration/change-epoch.ts';
import { rollBackRefit } from '../../../functions/application/recalibration/roll-back-refit.ts';
import { serialiseLearned } from '../../../functions/domain/forecast/codec.ts';
import { handler } from '../../../functions/recalibration/roll-back-refit.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { Crash, calibrationOf, dyingTable, useEmbeddedClock } from '../application/outcomes/fixture.ts';
import { fold, isRebuilt, learnedOf, NOW, promoted, stateOf, WRONG, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const worse = (clusterId: string, by = 'run-2') => ({ clusterId, epoch: 1, reason: 'it is worse', by });

describe('RollBackRefit', () => {
  it('restores what was learned before in a new epoch, and says what that changes on the jobs since', async () => {
    await promoted(dynamo.table, 'back');
    await fold(dynamo.table, 'back', 300);
    const { n } = await stateOf(dynamo.table, 'back');
    const { change } = await handler(worse('back'), at(5));
    expect(change).toMatchObject({ epoch: 2, cause: 'rolledBack', reason: 'it is worse' });
    expect(change?.n).toBeGreaterThan(290);
    expect(change?.n).toBeLessThanOrEqual(300);
    expect(await stateOf(dynamo.table, 'back')).toMatchObject({ epoch: 2, n, sinceEpoch: 0 });
    const refits = await listRefits(dynamo.table, 'back');
    expect(refits.map(({ epoch, status }) => [epoch, status])).toEqual([
      [1, 'rolledBack'],
      [2, 'restored'],
    ]);
    expect(await isRebuilt(dynamo.table, 'back')).toBe(true);
  });

  it('restores it as it has become by the rounds since', async () => {
    await wronglyPromoted(dynamo.table, 'played');
    const { before } = (await findChange(changeReader(dynamo.table), 'played', 1)) ?? {};
    await handler(worse('played'), at(5));
    const restored = await learnedOf(dynamo.table, 'played');
    expect(serialiseLearned(restored)).not.toEqual(before);
    // The first counts as seen from the beginning.
    expect(restored.moments.n[0]).toBe(1 + 1100);
  });

  it('does the same once when it is retried, and leaves it to whoever was faster', async () => {
    await promoted(dynamo.table, 'again');
    const first = await handler(worse('again'), at(5));
    const item = await calibrationOf(dynamo.table, 'again');
    expect(await handler(worse('again'), at(5))).toEqual(first);
    expect(await handler(worse('again', 'run-3'), at(5))).toEqual({ clusterId: 'again', change: null });
    expect(await calibrationOf(dynamo.table, 'again')).toEqual(item);
  });

  it('has nothing to say about a refit that has served no job', async () => {
    await promoted(dynamo.table, 'unmet');
    expect((await handler(worse('unmet'), at(5))).change).toMatchObject({ n: 0, eceAfter: 0, eceAfterBounds: [0, 1] });
  });

  it('gives back what was in force before, a refit too', async () => {
    await promoted(dynamo.table, 'twice');
    const { learned } = (await findChange(changeReader(dynamo.table), 'twice', 1)) ?? {};
    await handler(worse('twice'), at(5));
    await handler({ ...worse('twice', 'run-3'), epoch: 2 }, at(6));
    expect(await findChange(changeReader(dynamo.table), 'twice', 3)).toMatchObject({
      epoch: 3,
      learned,
      cause: 'rolledBack',
    });
  });

  it('goes nowhere from an epoch that no refit has begun', async () => {
    await fold(dynamo.table, 'first', 100, WRONG);
    expect(await handler({ ...worse('first'), epoch: 0 }, at(5))).toEqual({ clusterId: 'first', change: null });
  });

  it.each([1, 2, 3, 4, 5, 6])('has rolled back exactly once after it died at write %i and was retried', async (k) => {
    const clusterId = `dies-${k}`;
    await promoted(dynamo.table, clusterId);
    await expect(
      rollBackRefit(rollBackRefitStore(dyingTable(dynamo.table, k, 'after')), worse(clusterId), NOW),
    ).rejects.toBeInstanceOf(Crash);
    expect(await rollBackRefit(rollBackRefitStore(dynamo.table), worse(clusterId), NOW)).toMatchObject({
      epoch: 2,
      cause: 'rolledBack',
    });
    expect((await listRefits(dynamo.table, clusterId)).map(({ status }) => status)).toEqual(['rolledBack', 'restored']);
    expect(await isRebuilt(dynamo.table, clusterId)).toBe(true);
  });
});
