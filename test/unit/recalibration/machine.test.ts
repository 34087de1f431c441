import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { listMaps } from '../../../functions/adapters/map-store.ts';
import { handler as fitMap } from '../../../functions/recalibration/fit-map.ts';
import { handler as promoteMap } from '../../../functions/recalibration/promote-map.ts';
import { handler as rejectMap } from '../../../functions/recalibration/reject-map.ts';
import { handler as rollBackMap } from '../../../functions/recalibration/roll-back-map.ts';
import { handler as watchMap } from '../../../functions/recalibration/watch-map.ts';
import { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { type Handlers, runMachine } from '../../fixtures/checked-in-machine.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, isRebuilt, stateOf, TRUE, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const HANDLERS: Handlers = {
  WatchMap: (event) => watchMap(event, at(0)),
  FitMap: (event) => fitMap(event, at(0)),
  PromoteMap: (event) => promoteMap(event, at(0)),
  RejectMap: (event) => rejectMap(event, at(0)),
  RollBackMap: (event) => rollBackMap(event, at(0)),
  NotifyMap: async () => ({ sent: true }),
};
const runOn = (clusterId: string) => runMachine('recalibration', HANDLERS, { clusterId });

describe('the recalibration machine', () => {
  it('promotes a better map, announces and tells it', async () => {
    await fold(dynamo.table, 'm-better', 600, BENT);
    const { status, passed, calls } = await runOn('m-better');
    expect(passed).toEqual([
      'WatchMap',
      'HasHeld?',
      'FitMap',
      'IsBetter?',
      'PromoteMap',
      'HasChanged?',
      'AnnounceMap',
      'NotifyMap',
      'LeaveMap',
    ]);
    expect(status).toBe('SUCCEEDED');
    expect(calls).toMatchObject([{ service: 'events:putEvents' }]);
    expect(JSON.stringify(calls)).toContain('"DetailType":"CalibrationPromoted"');
    // What goes out is what receivers validate against, with the bounds of both ECE.
    const { Entries } = z
      .object({ Entries: z.array(z.object({ Detail: CalibrationPromoted })) })
      .parse(calls[0]?.arguments);
    expect(Entries[0]?.Detail).toMatchObject({ epoch: 1, cause: 'promoted' });
    const [map] = await listMaps(dynamo.table, 'm-better');
    expect(map).toMatchObject({ status: 'promoted', proof: { fitted: 300, blocks: 10 } });
    expect(Entries[0]?.Detail.eceAfterBounds).toEqual([map?.proof?.after.lower, map?.proof?.after.upper]);
    expect(await stateOf(dynamo.table, 'm-better')).toHaveProperty('epoch', 1);
    expect(await isRebuilt(dynamo.table, 'm-better')).toBe(true);
  });

  it('leaves a model that is right alone', async () => {
    await fold(dynamo.table, 'm-right', 600, TRUE);
    expect(await runOn('m-right')).toMatchObject({
      status: 'SUCCEEDED',
      passed: ['WatchMap', 'HasHeld?', 'LeaveMap'],
    });
  });

  it('rolls a map back that has turned out worse', async () => {
    await wronglyPromoted(dynamo.table, 'm-worse');
    const { status, passed } = await runOn('m-worse');
    expect({ status, passed }).toEqual({
      status: 'SUCCEEDED',
      passed: ['WatchMap', 'HasHeld?', 'RollBackMap', 'HasChanged?', 'AnnounceMap', 'NotifyMap', 'LeaveMap'],
    });
    expect(await stateOf(dynamo.table, 'm-worse')).toMatchObject({
      epoch: 3,
      map: (await stateOf(dynamo.table, 'm-better')).map,
    });
  });

  it('fails loudly, and changes nothing, on a cluster that cannot be read', async () => {
    expect(await runOn('m-nobody')).toMatchObject({ status: 'FAILED', error: 'UnreadableItem' });
  });
});
