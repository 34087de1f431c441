import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadMap } from '../../../functions/adapters/map-store.ts';
import { fitMap, isRecalibrationDue, mapHistory } from '../../../functions/adapters/recalibrate.ts';
import { handler } from '../../../functions/recalibration/reject-map.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../outcomes/fixture.ts';
import { fold, promoted, stateOf, TRUE } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

describe('RejectMap', () => {
  it('keeps the proof and the reason of a candidate that was not better', async () => {
    await fold(dynamo.table, 'kept', 600, TRUE);
    const fitted = await fitMap(dynamo.table, 'kept');
    await handler({ ...fitted, by: 'run-1' }, at(5));
    expect(await loadMap(dynamo.table, 'kept', 1)).toMatchObject({
      status: 'rejected',
      knots: null,
      reason: fitted.reason,
      proof: fitted.proof,
      after_labels: 600,
      version: 6,
    });
    expect(await stateOf(dynamo.table, 'kept')).toMatchObject({ epoch: 0, map: null });
  });

  it('has the next attempt wait for 100 more labels, and the newest rejection stand', async () => {
    await fold(dynamo.table, 'waits', 600, TRUE);
    const drifting = async () => ({ ...(await stateOf(dynamo.table, 'waits')), drift: 'degrade' as const });
    expect(await isRecalibrationDue(dynamo.table, 'waits', await drifting())).toBe(true);
    await handler({ ...(await fitMap(dynamo.table, 'waits')), by: 'run-1' }, at(5));
    expect(await isRecalibrationDue(dynamo.table, 'waits', await drifting())).toBe(false);
    await fold(dynamo.table, 'waits', 100, TRUE, 2);
    expect(await isRecalibrationDue(dynamo.table, 'waits', await drifting())).toBe(true);
    await handler({ ...(await fitMap(dynamo.table, 'waits')), by: 'run-2' }, at(6));
    expect(await mapHistory(dynamo.table, 'waits', await drifting())).toEqual({
      watched: false,
      lookedAt: 0,
      triedAt: 700,
    });
  });

  it('never takes the place of a map in force', async () => {
    await promoted(dynamo.table, 'stands');
    const late = {
      clusterId: 'stands',
      epoch: 0,
      version: 6,
      afterLabels: 600,
      reason: 'late',
      proof: null,
      by: 'run-0',
    };
    await handler(late, at(9));
    expect(await loadMap(dynamo.table, 'stands', 1)).toHaveProperty('status', 'promoted');
  });
});
