import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { factReader } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { newestFacts } from '../../../functions/application/recalibration/newest-facts.ts';
import { handler } from '../../../functions/recalibration/refit-model.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { calibrationOf, configOf, useEmbeddedClock } from '../application/outcomes/fixture.ts';
import { fold, NOW, promoted, WRONG } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

describe('RefitModel', () => {
  it('finds a better refit where what was served is far off, with the proof, and changes nothing', async () => {
    await fold(dynamo.table, 'wrong', 900, WRONG);
    const before = await calibrationOf(dynamo.table, 'wrong');
    const fitted = await handler({ clusterId: 'wrong' }, at(0));
    expect(fitted).toMatchObject({ clusterId: 'wrong', epoch: 0, version: 9, better: true });
    expect(fitted.proof).toMatchObject({ fitted: 630 });
    expect(fitted.proof?.n).toBeGreaterThan(260);
    expect(fitted.proof?.gain).toBeGreaterThan(1.645 * (fitted.proof?.se ?? 1));
    expect(fitted.proof?.after.loss).toBeLessThan(fitted.proof?.before.loss ?? 0);
    expect(await calibrationOf(dynamo.table, 'wrong')).toEqual(before);
  });

  it('finds none where what was served is what it would have served', async () => {
    await fold(dynamo.table, 'right', 900);
    expect(await handler({ clusterId: 'right' }, at(0))).toMatchObject({ better: false, proof: { fitted: 630 } });
  });

  it('says how many labels are missing, of a cluster that has none too', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('empty'), NOW);
    const reason = 'needs 200 more labels of the newest rounds (0 of 200)';
    expect(await handler({ clusterId: 'empty' }, at(0))).toMatchObject({ better: false, proof: null, reason });
  });

  it('reads the newest rounds in ledger order, up to a version and no further than it has to', async () => {
    await fold(dynamo.table, 'newest', 500);
    const all = await newestFacts(factReader(dynamo.table), 'newest', { version: 5, rounds: 10_000 });
    const submitted = all.filter(({ kind }) => kind === 'submitted');
    expect(submitted).toHaveLength(500);
    const some = await newestFacts(factReader(dynamo.table), 'newest', { version: 5, rounds: 150 });
    expect(some).toEqual(all.slice(-some.length));
    expect(some[0]).toEqual(submitted.at(-150));
    const earlier = await newestFacts(factReader(dynamo.table), 'newest', { version: 3, rounds: 10_000 });
    expect(earlier).toEqual(all.slice(0, earlier.length));
    expect(earlier.filter(({ kind }) => kind === 'submitted')).toHaveLength(300);
  });

  it('reads what has become known since an epoch began', async () => {
    await promoted(dynamo.table, 'since');
    await fold(dynamo.table, 'since', 100);
    const all = await newestFacts(factReader(dynamo.table), 'since', { version: 10, rounds: 10_000 });
    const since = await newestFacts(factReader(dynamo.table), 'since', { version: 10, rounds: 10_000, sinceEpoch: 1 });
    expect(since.filter(({ kind }) => kind === 'submitted')).toHaveLength(100);
    expect(since).toEqual(all.slice(-since.length));
  });

  it('fails by name on a cluster without a calibration', async () => {
    await expect(handler({ clusterId: 'nobody' }, at(0))).rejects.toMatchObject({ name: 'UnreadableItem' });
  });
});
