import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { listRefits } from '../../../functions/adapters/tables/refits.ts';
import { handler as promoteRefit } from '../../../functions/recalibration/promote-refit.ts';
import { handler as refitModel } from '../../../functions/recalibration/refit-model.ts';
import { handler as rejectRefit } from '../../../functions/recalibration/reject-refit.ts';
import { handler as rollBackRefit } from '../../../functions/recalibration/roll-back-refit.ts';
import { handler as watchRefit } from '../../../functions/recalibration/watch-refit.ts';
import { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { type Handlers, runMachine } from '../../fixtures/checked-in-machine.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../application/outcomes/fixture.ts';
import { fold, isRebuilt, stateOf, WRONG, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const HANDLERS: Handlers = {
  WatchRefit: (event) => watchRefit(event, at(0)),
  RefitModel: (event) => refitModel(event, at(0)),
  PromoteRefit: (event) => promoteRefit(event, at(0)),
  RejectRefit: (event) => rejectRefit(event, at(0)),
  RollBackRefit: (event) => rollBackRefit(event, at(0)),
  NotifyRefit: async () => ({ sent: true }),
};
const runOn = (clusterId: string) => runMachine('recalibration', HANDLERS, { clusterId });

describe('the recalibration machine', () => {
  it('promotes a better refit, publishes it and notifies people', async () => {
    await fold(dynamo.table, 'm-better', 1000, WRONG);
    const { status, passed, calls } = await runOn('m-better');
    expect(passed).toEqual([
      'WatchRefit',
      'HasHeld?',
      'RefitModel',
      'IsBetter?',
      'PromoteRefit',
      'HasChanged?',
      'AnnounceRefit',
      'NotifyRefit',
      'LeaveModel',
    ]);
    expect(status).toBe('SUCCEEDED');
    expect(calls).toMatchObject([{ service: 'events:putEvents' }]);
    expect(JSON.stringify(calls)).toContain('"DetailType":"CalibrationPromoted"');
    // What goes out is what receivers validate against, with the bounds of both ECE.
    const { Entries } = z
      .object({ Entries: z.array(z.object({ Detail: CalibrationPromoted })) })
      .parse(calls[0]?.arguments);
    expect(Entries[0]?.Detail).toMatchObject({ epoch: 1, cause: 'promoted' });
    const [refit] = await listRefits(dynamo.table, 'm-better');
    expect(refit).toMatchObject({ status: 'promoted', proof: { fitted: 700 } });
    expect(Entries[0]?.Detail.eceAfterBounds).toEqual([refit?.proof?.after.lower, refit?.proof?.after.upper]);
    expect(await stateOf(dynamo.table, 'm-better')).toHaveProperty('epoch', 1);
    expect(await isRebuilt(dynamo.table, 'm-better')).toBe(true);
  });

  it('does not touch a forecast that is right', async () => {
    await fold(dynamo.table, 'm-right', 600);
    expect(await runOn('m-right')).toMatchObject({
      status: 'SUCCEEDED',
      passed: ['WatchRefit', 'HasHeld?', 'LeaveModel'],
    });
  });

  it('rolls a refit back that has turned out worse', async () => {
    await wronglyPromoted(dynamo.table, 'm-worse');
    const { status, passed } = await runOn('m-worse');
    expect({ status, passed }).toEqual({
      status: 'SUCCEEDED',
      passed: ['WatchRefit', 'HasHeld?', 'RollBackRefit', 'HasChanged?', 'AnnounceRefit', 'NotifyRefit', 'LeaveModel'],
    });
    expect(await stateOf(dynamo.table, 'm-worse')).toMatchObject({ epoch: 2 });
    expect(await isRebuilt(dynamo.table, 'm-worse')).toBe(true);
  });

  it('fails loudly, and changes nothing, on a cluster that cannot be read', async () => {
    expect(await runOn('m-nobody')).toMatchObject({ status: 'FAILED', error: 'UnreadableItem' });
  });
});
