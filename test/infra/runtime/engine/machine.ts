import { createEngine, type EngineOptions } from '../../../../infra/runtime/engine/engine.ts';
import type { HistoryEvent } from '../../../../infra/runtime/engine/history.ts';
import type { TaskCall } from '../../../../infra/runtime/engine/integrations.ts';
import type { JsonValue } from '../../../../infra/runtime/engine/json.ts';
import { type ManualClock, manualClock } from '../../../fixtures/manual-clock.ts';

export const MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:Under-Test';
export const START = Date.parse('2026-03-01T12:00:00Z');
const INVOKE = 'arn:aws:states:::lambda:invoke';

export type Invoke = (call: TaskCall) => JsonValue | Promise<JsonValue>;

interface Options extends Partial<Omit<EngineOptions, 'integrations'>> {
  invoke?: Invoke;
}

/** A machine of the given states on a clock moved by hand; the first state is its start. */
export function machineOf(
  states: Record<string, unknown>,
  { invoke = () => null, ...options }: Options = {},
  fields: Record<string, unknown> = {},
) {
  const clock: ManualClock = manualClock(START);
  let ids = 0;
  const engine = createEngine({
    clock,
    random: () => 0.5,
    newId: () => `id-${++ids}`,
    ...options,
    integrations: { supports: (resource) => resource === INVOKE, invoke: async (call) => invoke(call) },
  });
  const definition = { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...fields };
  engine.register({ arn: MACHINE, name: 'Under-Test', definition, roleArn: 'arn:aws:iam::000000000000:role/runner' });
  const start = (input: JsonValue = {}, name?: string) =>
    engine.start({ stateMachineArn: MACHINE, input, ...(name === undefined ? {} : { name }) }).executionArn;
  return {
    clock,
    engine,
    start,
    /** Starts it and lets a day pass. */
    async run(input: JsonValue = {}) {
      const arn = start(input);
      await clock.advance(86_400_000);
      return { ...engine.describe(arn), events: engine.history(arn) ?? [] };
    },
    events: (arn: string): readonly HistoryEvent[] => engine.history(arn) ?? [],
    types: (arn: string) => (engine.history(arn) ?? []).map(({ type }) => type),
  };
}

/** A Task that invokes a Lambda; the last state unless Next is given. */
export function task(fields: Record<string, unknown> = {}) {
  const end = 'Next' in fields ? {} : { End: true };
  return { Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'f', Payload: {} }, ...end, ...fields };
}

export const callback = (fields: Record<string, unknown> = {}) =>
  task({
    Resource: `${INVOKE}.waitForTaskToken`,
    Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
    ...fields,
  });
