import { afterAll, describe, expect, it, vi } from 'vitest';
import { refitHistoryStore, refitModelStore } from '../../../functions/adapters/tables/recalibration-stores.ts';
import { loadRefit } from '../../../functions/adapters/tables/refits.ts';
import { isRecalibrationDue, refitHistory } from '../../../functions/application/recalibration/refit-history.ts';
import { refitModel } from '../../../functions/application/recalibration/refit-model.ts';
import { handler } from '../../../functions/recalibration/reject-refit.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../application/outcomes/fixture.ts';
import { fold, promoted, stateOf } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

/** As the handler of the step before hands it over. */
async function tried(clusterId: string, by: string) {
  const { better: _, ...fitted } = await refitModel(refitModelStore(dynamo.table), clusterId);
  return { ...fitted, by };
}

describe('RejectRefit', () => {
  it('keeps the proof and the reason of an attempt that was not better', async () => {
    await fold(dynamo.table, 'kept', 800);
    const fitted = await tried('kept', 'run-1');
    expect(fitted.proof).not.toBeNull();
    await handler(fitted, at(5));
    expect(await loadRefit(dynamo.table, 'kept', 1)).toMatchObject({
      status: 'rejected',
      reason: fitted.reason,
      proof: fitted.proof,
      after_labels: fitted.afterLabels,
      version: 8,
    });
    expect(await stateOf(dynamo.table, 'kept')).toMatchObject({ epoch: 0 });
  });

  it('has the next attempt wait for as many labels as proved it, and the newest rejection stand', async () => {
    await fold(dynamo.table, 'waits', 800);
    const drifting = async () => ({ ...(await stateOf(dynamo.table, 'waits')), drift: 'degrade' as const });
    expect(await isRecalibrationDue(refitHistoryStore(dynamo.table), 'waits', await drifting())).toBe(true);
    await handler(await tried('waits', 'run-1'), at(5));
    expect(await isRecalibrationDue(refitHistoryStore(dynamo.table), 'waits', await drifting())).toBe(false);
    await fold(dynamo.table, 'waits', 400);
    expect(await isRecalibrationDue(refitHistoryStore(dynamo.table), 'waits', await drifting())).toBe(true);
    const second = await tried('waits', 'run-2');
    await handler(second, at(6));
    const history = { watched: false, lookedAt: 0, triedAt: second.afterLabels };
    expect(await refitHistory(refitHistoryStore(dynamo.table), 'waits', await drifting())).toEqual(history);
  });

  it('never takes the place of a refit in force', async () => {
    await promoted(dynamo.table, 'stands');
    const late = {
      clusterId: 'stands',
      epoch: 0,
      version: 8,
      afterLabels: 790,
      reason: 'late',
      proof: null,
      by: 'run-0',
    };
    await handler(late, at(9));
    expect(await loadRefit(dynamo.table, 'stands', 1)).toHaveProperty('status', 'promoted');
  });
});
