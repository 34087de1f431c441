import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/calibration-store.ts';
import { newestLabels } from '../../../functions/adapters/epochs.ts';
import { handler } from '../../../functions/recalibration/fit-map.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf, useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, NOW, TRUE } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

describe('FitMap', () => {
  it('finds a better map for a model that is far off, with the proof, and changes nothing', async () => {
    await fold(dynamo.table, 'bent', 1200, BENT);
    const before = await calibrationOf(dynamo.table, 'bent');
    const fitted = await handler({ clusterId: 'bent' }, at(0));
    expect(fitted).toMatchObject({ clusterId: 'bent', epoch: 0, version: 12, afterLabels: 1200, better: true });
    expect(fitted.proof).toMatchObject({ n: 600, fitted: 600 });
    expect(fitted.proof?.after.ece).toBeLessThan(fitted.proof?.before.ece ?? 0);
    expect(await calibrationOf(dynamo.table, 'bent')).toEqual(before);
  });

  it('finds none for a model that is right', async () => {
    await fold(dynamo.table, 'right', 600, TRUE);
    expect(await handler({ clusterId: 'right' }, at(0))).toMatchObject({ better: false, proof: { n: 300 } });
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
    const all = await newestLabels(dynamo.table, 'newest', 5, 10_000);
    expect(all).toHaveLength(500);
    expect(await newestLabels(dynamo.table, 'newest', 5, 150)).toEqual(all.slice(-150));
    expect(await newestLabels(dynamo.table, 'newest', 3, 150)).toEqual(all.slice(150, 300));
  });

  it('fails by name on a cluster without a calibration', async () => {
    await expect(handler({ clusterId: 'nobody' }, at(0))).rejects.toMatchObject({ name: 'UnreadableItem' });
  });
});
