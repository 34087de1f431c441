import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { handler as fitMap } from '../../../functions/recalibration/fit-map.ts';
import { handler as promoteMap } from '../../../functions/recalibration/promote-map.ts';
import { handler as rejectMap } from '../../../functions/recalibration/reject-map.ts';
import { handler as rollBackMap } from '../../../functions/recalibration/roll-back-map.ts';
import { handler as watchMap } from '../../../functions/recalibration/watch-map.ts';
import { realClock } from '../../../infra/embedded/clock.ts';
import { createEngine } from '../../../infra/embedded/engine/engine.ts';
import { TaskError } from '../../../infra/embedded/engine/errors.ts';
import type { TaskCall } from '../../../infra/embedded/engine/integrations.ts';
import { Json } from '../../../infra/embedded/engine/json.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { useEmbeddedClock } from '../outcomes/fixture.ts';
import { BENT, fold, isRebuilt, stateOf, TRUE, wronglyPromoted } from './fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:recalibration';
const HANDLERS: Record<string, (event: unknown) => Promise<unknown>> = {
  WatchMap: (event) => watchMap(event, at(0)),
  FitMap: (event) => fitMap(event, at(0)),
  PromoteMap: (event) => promoteMap(event, at(0)),
  RejectMap: (event) => rejectMap(event, at(0)),
  RollBackMap: (event) => rollBackMap(event, at(0)),
  NotifyMap: async () => ({ sent: true }),
};
const Invocation = z.object({ FunctionName: z.string(), Payload: z.unknown() });

/** Runs the checked-in machine with the real handlers. @returns the states it passed, how it ended, what it emitted */
async function runMachine(clusterId: string) {
  const emitted: unknown[] = [];
  let ids = 0;
  const invoke = async (call: TaskCall) => {
    if (call.resource.endsWith('events:putEvents')) {
      emitted.push(call.arguments);
      return {};
    }
    const { FunctionName, Payload } = Invocation.parse(call.arguments);
    try {
      return Json.parse({ Payload: JSON.parse(JSON.stringify(await HANDLERS[FunctionName]?.(Payload))) });
    } catch (error) {
      throw error instanceof Error ? new TaskError(error.name, error.message) : error;
    }
  };
  const ended = Promise.withResolvers<void>();
  const engine = createEngine({
    clock: realClock(),
    random: () => 0,
    newId: () => `run-${clusterId}-${++ids}`,
    integrations: { supports: () => true, invoke },
    onStatusChange: ({ status }) => status !== 'RUNNING' && ended.resolve(),
  });
  const text = readFileSync(new URL('../../../statemachines/recalibration.asl.json', import.meta.url), 'utf8');
  engine.register({ arn: MACHINE, name: 'recalibration', definition: text.replaceAll(/\$\{(\w+)Arn\}/g, '$1') });
  const { executionArn } = engine.start({ stateMachineArn: MACHINE, input: { clusterId } });
  await ended.promise;
  const passed = (engine.history(executionArn) ?? []).flatMap((event) =>
    'name' in event && event.type.endsWith('StateEntered') ? [event.name] : [],
  );
  return { passed, emitted, ...engine.describe(executionArn) };
}

describe('the recalibration machine', () => {
  it('promotes a better map, announces and tells it', async () => {
    await fold(dynamo.table, 'm-better', 600, BENT);
    const { status, passed, emitted } = await runMachine('m-better');
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
    expect(JSON.stringify(emitted)).toContain('"DetailType":"CalibrationPromoted"');
    expect(await stateOf(dynamo.table, 'm-better')).toHaveProperty('epoch', 1);
    expect(await isRebuilt(dynamo.table, 'm-better')).toBe(true);
  });

  it('leaves a model that is right alone', async () => {
    await fold(dynamo.table, 'm-right', 600, TRUE);
    expect(await runMachine('m-right')).toMatchObject({
      status: 'SUCCEEDED',
      passed: ['WatchMap', 'HasHeld?', 'LeaveMap'],
    });
  });

  it('rolls a map back that has turned out worse', async () => {
    await wronglyPromoted(dynamo.table, 'm-worse');
    const { status, passed } = await runMachine('m-worse');
    expect({ status, passed }).toEqual({
      status: 'SUCCEEDED',
      passed: ['WatchMap', 'HasHeld?', 'RollBackMap', 'HasChanged?', 'AnnounceMap', 'NotifyMap', 'LeaveMap'],
    });
    expect(await stateOf(dynamo.table, 'm-worse')).toMatchObject({ epoch: 2, map: null });
  });

  it('fails loudly, and changes nothing, on a cluster that cannot be read', async () => {
    expect(await runMachine('m-nobody')).toMatchObject({ status: 'FAILED', error: 'UnreadableItem' });
  });
});
