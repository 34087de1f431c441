import { afterAll, describe, expect, it, vi } from 'vitest';
import { refitHistoryStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { loadRefit } from '../../../functions/adapters/tables/refits.ts';
import { refitHistory } from '../../../functions/application/recalibration/refit-history.ts';
import { isLookDue } from '../../../functions/domain/recalibration/due.ts';
import { handler } from '../../../functions/recalibration/watch-refit.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../application/outcomes/fixture.ts';
import { fold, promoted, stateOf, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const look = (clusterId: string, seconds = 0) => handler({ clusterId }, at(seconds));

describe('WatchRefit', () => {
  it('has nothing to watch where nothing was promoted', async () => {
    await fold(dynamo.table, 'none', 100);
    expect(await look('none')).toMatchObject({ epoch: 0, standing: 'none', fitDue: false });
  });

  it('says that a refit has served too little to be judged', async () => {
    await promoted(dynamo.table, 'young');
    const reason = 'the refit has served 0 jobs with a label, in too few stretches of time or too few to tell';
    expect(await look('young')).toMatchObject({ epoch: 1, standing: 'watching', fitDue: false, reason });
    // And is not looked at again until there are more labels.
    await fold(dynamo.table, 'young', 120);
    await look('young');
    const state = await stateOf(dynamo.table, 'young');
    expect(await loadRefit(dynamo.table, 'young', 1)).toMatchObject({
      watched: { labels: state.sinceEpoch, gain: null },
    });
    expect(isLookDue(state, await refitHistory(refitHistoryStore(dynamo.table), 'young', state))).toBe(false);
  });

  it('lets a refit that does well hold after 500 jobs, and is due again only every 100 labels', async () => {
    await promoted(dynamo.table, 'good');
    const due = async () => {
      const state = await stateOf(dynamo.table, 'good');
      return isLookDue(state, await refitHistory(refitHistoryStore(dynamo.table), 'good', state));
    };
    await fold(dynamo.table, 'good', 300);
    expect(await due()).toBe(true);
    expect(await look('good', 60)).toMatchObject({ standing: 'watching' });
    const { status, watched } = (await loadRefit(dynamo.table, 'good', 1)) ?? {};
    expect(status).toBe('promoted');
    expect(watched?.labels).toBe((await stateOf(dynamo.table, 'good')).sinceEpoch);
    expect(watched?.n).toBeLessThan(watched?.labels ?? 0);
    expect(await due()).toBe(false);
    await fold(dynamo.table, 'good', 300);
    expect(await look('good', 120)).toMatchObject({ standing: 'held' });
    expect(await loadRefit(dynamo.table, 'good', 1)).toHaveProperty('status', 'held');
    expect(await look('good', 180)).toMatchObject({ standing: 'none' });
  });

  it('says, in every retry, that what was before has to come back', async () => {
    await wronglyPromoted(dynamo.table, 'worse');
    const first = await look('worse');
    expect(first).toMatchObject({ standing: 'worse', epoch: 1 });
    expect(first.reason).toMatch(
      /^over \d+ jobs the models before would have had a log loss .+ lower: they come back$/,
    );
    expect(await look('worse')).toEqual(first);
  });
});
