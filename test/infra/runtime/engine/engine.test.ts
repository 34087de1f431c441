import { describe, expect, it } from 'vitest';
import { simulatedClock } from '../../../../infra/runtime/clock/clock.ts';
import { createEngine } from '../../../../infra/runtime/engine/engine.ts';
import { wireEvent } from '../../../../infra/runtime/engine/history.ts';
import type { StatusChange } from '../../../../infra/runtime/engine/status-change.ts';
import { callback, MACHINE, machineOf, START, task } from './machine.ts';

const pass = { Only: { Type: 'Pass', End: true } };
const parked = { Rest: { Type: 'Wait', Seconds: 60, End: true } };
const named = (name: string) => expect.objectContaining({ name });

describe('starting', () => {
  it('is the same execution for the same name and input while it runs', () => {
    const { start } = machineOf(parked);
    expect(start({ a: 1 }, 'one')).toBe(start({ a: 1 }, 'one'));
    expect(() => start({ a: 2 }, 'one')).toThrow(named('ExecutionAlreadyExists'));
  });

  it('refuses the name of an execution that has ended', async () => {
    const machine = machineOf(pass);
    machine.start({}, 'one');
    await machine.clock.advance(0);
    expect(() => machine.start({}, 'one')).toThrow(named('ExecutionAlreadyExists'));
  });

  it('refuses an unknown machine, a bad name and an oversized input', () => {
    const { start, engine } = machineOf(pass);
    expect(() => engine.start({ stateMachineArn: 'arn:other', input: {} })).toThrow(named('StateMachineDoesNotExist'));
    expect(() => start({}, 'two words')).toThrow(named('InvalidName'));
    expect(() => start('x'.repeat(256 * 1024))).toThrow(named('InvalidExecutionInput'));
  });

  it('returns before the execution does anything of its own', () => {
    const { start, types } = machineOf({ Bad: { Type: 'Pass', Output: '{% $gone %}', End: true } });
    expect(types(start())).toEqual(['ExecutionStarted']);
  });

  it('keeps the definition an execution began with', async () => {
    const machine = machineOf({ Rest: { ...parked.Rest, Output: 'old' } });
    const arn = machine.start();
    const definition = { QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: { ...pass.Only, Output: 'new' } } };
    machine.engine.register({ arn: MACHINE, name: 'Under-Test', definition: JSON.stringify(definition) });
    const second = machine.start();
    await machine.clock.advance(60_000);
    expect([machine.engine.describe(arn).output, machine.engine.describe(second).output]).toEqual(['old', 'new']);
  });
});

describe('expressions', () => {
  it('see an assigned variable from the next state on', async () => {
    const result = await machineOf({
      First: {
        Type: 'Pass',
        Assign: { n: 1, both: "{% $exists($n) ? 'seen' : 'not yet' %}" },
        Output: '{% $exists($n) %}',
        Next: 'Second',
      },
      Second: { Type: 'Pass', Output: ['{% $states.input %}', '{% $n %}', '{% $both %}'], End: true },
    }).run();
    expect(result.output).toEqual([false, 1, 'not yet']);
  });

  it('see the context object', async () => {
    const result = await machineOf({ Only: { ...pass.Only, Output: '{% $states.context %}' } }).run({ a: 1 });
    expect(result.output).toEqual({
      Execution: {
        Id: 'arn:aws:states:eu-west-1:000000000000:execution:Under-Test:id-1',
        Input: { a: 1 },
        Name: 'id-1',
        RedriveCount: 0,
        RoleArn: 'arn:aws:iam::000000000000:role/runner',
        StartTime: '2026-03-01T12:00:00.000Z',
      },
      State: { EnteredTime: '2026-03-01T12:00:00.000Z', Name: 'Only', RetryCount: 0 },
      StateMachine: { Id: MACHINE, Name: 'Under-Test' },
    });
  });
});

describe('Wait', () => {
  it.each([
    [{ Seconds: '{% $states.input.n %}' }, 90],
    [{ Timestamp: '2026-03-01T13:00:00+00:30' }, 1800],
    [{ Timestamp: '2026-02-28T00:00:00Z' }, 0],
  ])('%j', async (fields, seconds) => {
    const result = await machineOf({ Rest: { Type: 'Wait', ...fields, End: true } }).run({ n: 90 });
    expect(result).toMatchObject({ status: 'SUCCEEDED', stopDate: START + seconds * 1000 });
  });

  it.each(['2026-02-30T00:00:00Z', '2026-03-01T12:00:00', '2026-03-01 12:00:00Z', '2026-03-01T24:00:00Z'])(
    'refuses %s',
    async (Timestamp) => {
      const result = await machineOf({ Rest: { Type: 'Wait', Timestamp, End: true } }).run();
      expect(result).toMatchObject({ error: 'States.QueryEvaluationError' });
    },
  );
});

describe('a Timestamp that is no text', () => {
  it('is of an unexpected type, like any other field', async () => {
    const result = await machineOf({ Rest: { Type: 'Wait', Timestamp: '{% 5 %}', End: true } }).run();
    expect(result.cause).toContain(
      "'Timestamp' returned an unexpected result type. Expected 'string', but was 'number'",
    );
  });
});

describe('stopping', () => {
  it('aborts at once, whatever the execution is doing', async () => {
    const machine = machineOf(parked);
    const arn = machine.start();
    await machine.clock.advance(1_000);
    machine.engine.stop(arn, { error: 'Stopped', cause: 'by hand' });
    await machine.clock.advance(600_000);
    expect(machine.engine.describe(arn)).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'by hand',
      stopDate: START + 1_000,
    });
    expect(machine.types(arn)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
  });

  it('leaves a closed execution as it is', async () => {
    const machine = machineOf(pass);
    const arn = machine.start();
    await machine.clock.advance(0);
    expect(machine.engine.stop(arn)).toEqual({ stopDate: START });
    expect(machine.engine.describe(arn).status).toBe('SUCCEEDED');
    expect(() => machine.engine.stop('arn:nothing')).toThrow(named('ExecutionDoesNotExist'));
  });
});

describe('what others hear', () => {
  it('sends the status changes of EventBridge', async () => {
    const changes: StatusChange[] = [];
    const machine = machineOf(
      { Only: { Type: 'Fail', Error: 'E', Cause: 'C' } },
      { onStatusChange: (change) => changes.push(change) },
    );
    const executionArn = machine.start({ a: 1 });
    await machine.clock.advance(0);
    const common = {
      executionArn,
      stateMachineArn: MACHINE,
      name: 'id-1',
      startDate: START,
      input: '{"a":1}',
      output: null,
      inputDetails: { included: true },
      outputDetails: null,
    };
    expect(changes).toEqual([
      { ...common, status: 'RUNNING', stopDate: null, error: null, cause: null },
      { ...common, status: 'FAILED', stopDate: START, error: 'E', cause: 'C' },
    ]);
  });

  it('leaves data out of a status change that would be too large for an event', async () => {
    const changes: StatusChange[] = [];
    const machine = machineOf(pass, { onStatusChange: (change) => changes.push(change) });
    machine.start('x'.repeat(200 * 1024));
    await machine.clock.advance(0);
    expect(changes.map(({ input, output }) => [typeof input, output])).toEqual([
      ['string', null],
      ['object', null],
    ]);
    expect(changes[1]?.outputDetails).toEqual({ included: false });
  });

  it('writes history events as AWS answers them', async () => {
    const machine = machineOf({ Call: task({ Assign: { a: [1] } }) }, { invoke: () => ({ ok: true }) });
    const arn = machine.start();
    await machine.clock.advance(0);
    const [, , scheduled, , , exited] = machine.events(arn).map(wireEvent);
    expect(scheduled).toMatchObject({
      id: 3,
      type: 'TaskScheduled',
      timestamp: START / 1000,
      taskScheduledEventDetails: { resource: 'invoke', resourceType: 'lambda', region: 'eu-west-1' },
    });
    expect(exited).toMatchObject({
      stateExitedEventDetails: { name: 'Call', output: '{"ok":true}', assignedVariables: { a: '[1]' } },
    });
  });

  it('keeps the histories of the last executions and the summary of all', async () => {
    const machine = machineOf(pass, { keepHistories: 1 });
    const arns = [machine.start({}, 'a'), machine.start({}, 'b')];
    await machine.clock.advance(0);
    expect(arns.map((arn) => machine.engine.history(arn)?.length)).toEqual([undefined, 4]);
    expect(machine.engine.list({ status: 'SUCCEEDED' }).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(machine.engine.list({ status: 'RUNNING' })).toEqual([]);
  });

  it('ends an execution that runs in circles', async () => {
    const result = await machineOf({ Around: { Type: 'Pass', Next: 'Around' } }).run();
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.events).toHaveLength(25_000);
  });
});

describe('on a simulated clock', () => {
  it('holds time while a task runs, and lets it pass while it only waits', async () => {
    const clock = simulatedClock({ start: START });
    const seen: string[] = [];
    const engine = createEngine({
      clock,
      random: () => 0,
      newId: () => 'run',
      integrations: {
        supports: () => true,
        async invoke({ stateName, taskToken }) {
          for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
          seen.push(`${stateName} at ${(clock.now() - START) / 1000}`);
          if (taskToken !== undefined) clock.at(clock.now() + 7_000, () => engine.sendTaskSuccess(taskToken, 'yes'));
          return null;
        },
      },
    });
    const States = {
      Call: task({ Next: 'Rest' }),
      Rest: { Type: 'Wait', Seconds: 100, Next: 'Ask' },
      Ask: callback({ TimeoutSeconds: 3600, Next: 'Last' }),
      Last: task({ Output: '{% $states.input %}' }),
    };
    engine.register({ arn: MACHINE, name: 'm', definition: { QueryLanguage: 'JSONata', StartAt: 'Call', States } });
    const { executionArn } = engine.start({ stateMachineArn: MACHINE, input: {} });
    clock.at(START + 50_000, () => seen.push('something else at 50'));
    await new Promise<void>((resolve) => clock.at(START + 4_000_000, resolve));
    expect(engine.describe(executionArn)).toMatchObject({
      status: 'SUCCEEDED',
      stopDate: START + 107_000,
      output: 'yes',
    });
    expect(seen).toEqual(['Call at 0', 'something else at 50', 'Ask at 100', 'Last at 107']);
  });
});
