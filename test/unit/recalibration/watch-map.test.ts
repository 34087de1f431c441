import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadMap } from '../../../functions/adapters/map-store.ts';
import { isRecalibrationDue } from '../../../functions/adapters/recalibrate.ts';
import { handler } from '../../../functions/recalibration/watch-map.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, promoted, stateOf, TRUE, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const look = (clusterId: string, seconds = 0) => handler({ clusterId }, at(seconds));

describe('WatchMap', () => {
  it('has nothing to watch where nothing was promoted', async () => {
    await fold(dynamo.table, 'none', 100, TRUE);
    expect(await look('none')).toMatchObject({ epoch: 0, standing: 'none', fitDue: false });
  });

  it('says that a map is too young to be judged', async () => {
    await promoted(dynamo.table, 'young');
    expect(await look('young')).toMatchObject({
      epoch: 1,
      standing: 'watching',
      fitDue: false,
      reason: 'the promoted map has met 0 jobs; the first look is at 50',
    });
  });

  it('lets a map that does well hold after 300 labels, and is due again only every 50', async () => {
    await promoted(dynamo.table, 'good');
    await fold(dynamo.table, 'good', 100, BENT, 2);
    expect(await isRecalibrationDue(dynamo.table, 'good', await stateOf(dynamo.table, 'good'))).toBe(true);
    expect(await look('good', 60)).toMatchObject({ standing: 'watching' });
    expect(await loadMap(dynamo.table, 'good', 1)).toMatchObject({ status: 'promoted', watched: { n: 100 } });
    expect(await isRecalibrationDue(dynamo.table, 'good', await stateOf(dynamo.table, 'good'))).toBe(false);
    await fold(dynamo.table, 'good', 200, BENT, 3);
    expect(await look('good', 120)).toMatchObject({ standing: 'held' });
    expect(await loadMap(dynamo.table, 'good', 1)).toHaveProperty('status', 'held');
    expect(await look('good', 180)).toMatchObject({ standing: 'none' });
  });

  it('says, in every retry, that the map before has to come back', async () => {
    await wronglyPromoted(dynamo.table, 'worse');
    const first = await look('worse');
    expect(first).toMatchObject({ standing: 'worse', epoch: 2 });
    expect(first.reason).toMatch(/^over \d+ jobs the map before would have served a log loss .+ lower: it comes back$/);
    expect(await look('worse')).toEqual(first);
  });
});
