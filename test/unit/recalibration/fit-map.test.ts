import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/calibration-store.ts';
import { newestLabels } from '../../../functions/adapters/epochs.ts';
import { handler } from '../../../functions/recalibration/fit-map.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf, useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, NOW, promoted, TRUE } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

describe('FitMap', () => {
  it('finds a better map for a model that is far off, with the proof, and changes nothing', async () => {
    await fold(dynamo.table, 'bent', 1200, BENT);
    const before = await calibrationOf(dynamo.table, 'bent');
    const fitted = await handler({ clusterId: 'bent' }, at(0));
    expect(fitted).toMatchObject({ clusterId: 'bent', epoch: 0, version: 12, afterLabels: 1200, better: true });
    expect(fitted.proof).toMatchObject({ fitted: 600, blocks: 10 });
    expect(fitted.proof?.n).toBeGreaterThan(590);
    expect(fitted.proof?.after.loss).toBeLessThan(fitted.proof?.before.loss ?? 0);
    expect(fitted.proof?.mapAfter.ece).toBeLessThan(fitted.proof?.mapBefore.ece ?? 0);
    expect(await calibrationOf(dynamo.table, 'bent')).toEqual(before);
  });

  it('finds none for a model that is right', async () => {
    await fold(dynamo.table, 'right', 600, TRUE);
    expect(await handler({ clusterId: 'right' }, at(0))).toMatchObject({ better: false, proof: { fitted: 300 } });
  });

  it('says how many labels are missing, of a cluster that has none too', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('empty'), NOW);
    expect(await handler({ clusterId: 'empty' }, at(0))).toMatchObject({
      better: false,
      proof: null,
      reason: 'needs 300 more labels (0 of 300)',
    });
  });

  it('reads the newest labels in ledger order, up to a version and no further than it has to', async () => {
    await fold(dynamo.table, 'newest', 500, TRUE);
    const { labels: all } = await newestLabels(dynamo.table, 'newest', 5, 10_000);
    expect(all).toHaveLength(500);
    expect((await newestLabels(dynamo.table, 'newest', 5, 150)).labels).toEqual(all.slice(-150));
    expect((await newestLabels(dynamo.table, 'newest', 3, 150)).labels).toEqual(all.slice(150, 300));
  });

  it('counts how many of the newest labels were learned since an epoch began', async () => {
    await promoted(dynamo.table, 'since', 300);
    await fold(dynamo.table, 'since', 100, BENT, 2);
    const { labels, since } = await newestLabels(dynamo.table, 'since', 99, 1200);
    expect([labels.length, since(1)]).toEqual([400, 100]);
    // Further back than was read: all of them.
    expect((await newestLabels(dynamo.table, 'since', 99, 80)).since(1)).toBe(80);
    expect((await newestLabels(dynamo.table, 'since', 99, 100)).since(1)).toBe(100);
  });

  it('fails by name on a cluster without a calibration', async () => {
    await expect(handler({ clusterId: 'nobody' }, at(0))).rejects.toMatchObject({ name: 'UnreadableItem' });
  });
});
