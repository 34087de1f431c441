import { describe, expect, it } from 'vitest';
import { TaskError } from '../../../../infra/runtime/engine/errors.ts';
import type { Invoke } from './machine.ts';
import { machineOf, START, task } from './machine.ts';

const failing =
  (...errors: (string | undefined)[]): Invoke =>
  () => {
    const error = errors.shift();
    if (error !== undefined) throw new TaskError(error, `because of ${error}`);
    return 'fine';
  };
const always =
  (error: string): Invoke =>
  () => {
    throw new TaskError(error, 'as ever');
  };
const caught = { Type: 'Pass', End: true };
const big = 'x'.repeat(256 * 1024);

describe('Retry', () => {
  it('backs off from IntervalSeconds by BackoffRate up to MaxDelaySeconds', async () => {
    const calls: number[] = [];
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 4, MaxDelaySeconds: 10 }];
    const invoke: Invoke = () => {
      calls.push((machine.clock.now() - START) / 1000);
      throw new TaskError('Busy');
    };
    const machine = machineOf({ Call: task({ Retry }) }, { invoke });
    expect(await machine.run()).toMatchObject({ status: 'FAILED', error: 'Busy' });
    expect(calls).toEqual([0, 2, 8, 18, 28]);
  });

  it('waits a random part of the delay with full jitter', async () => {
    const calls: number[] = [];
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 8, MaxAttempts: 1, JitterStrategy: 'FULL' }];
    const invoke: Invoke = () => {
      calls.push((machine.clock.now() - START) / 1000);
      throw new TaskError('Busy');
    };
    const machine = machineOf({ Call: task({ Retry }) }, { invoke, random: () => 0.25 });
    await machine.run();
    expect(calls).toEqual([0, 2]);
  });

  it('counts attempts per retrier', async () => {
    const Retry = [
      { ErrorEquals: ['A'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2 },
    ];
    const invoke = failing('A', 'B', 'B', undefined);
    expect(await machineOf({ Call: task({ Retry }) }, { invoke }).run()).toMatchObject({ output: 'fine' });
    const third = failing('B', 'A', 'B', 'B', undefined);
    expect(await machineOf({ Call: task({ Retry }) }, { invoke: third }).run()).toMatchObject({ error: 'B' });
  });

  it('starts counting anew when the state is entered again', async () => {
    const Retry = [{ ErrorEquals: ['A'], MaxAttempts: 1 }];
    const invoke = failing('A', undefined, 'A', undefined);
    const machine = machineOf({ One: task({ Retry, Next: 'Two' }), Two: task({ Retry }) }, { invoke });
    expect(await machine.run()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('does not retry with MaxAttempts 0', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 0 }];
    expect(await machineOf({ Call: task({ Retry }) }, { invoke: failing('A') }).run()).toMatchObject({ error: 'A' });
  });

  it('shows the number of the attempt to expressions', async () => {
    const counts: unknown[] = [];
    const invoke: Invoke = ({ arguments: args }) => {
      counts.push(args);
      throw new TaskError('A');
    };
    const Retry = [{ ErrorEquals: ['A'], MaxAttempts: 2 }];
    await machineOf({ Call: task({ Retry, Arguments: '{% $states.context.State.RetryCount %}' }) }, { invoke }).run();
    expect(counts).toEqual([0, 1, 2]);
  });
});

describe('Catch', () => {
  const catching = (...ErrorEquals: string[]) => task({ Catch: [{ ErrorEquals, Next: 'Caught' }] });
  const outcome = async (invoke: Invoke, state: unknown) => {
    const { status, output, error } = await machineOf({ Call: state, Caught: caught }, { invoke }).run();
    return { status, output, error };
  };

  it('gives the error and its cause to the next state', async () => {
    expect(await outcome(failing('Denied'), catching('Denied'))).toEqual({
      status: 'SUCCEEDED',
      output: { Error: 'Denied', Cause: 'because of Denied' },
      error: undefined,
    });
  });

  it('takes the first catcher that matches, and evaluates its Assign and Output from the state as entered', async () => {
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'Call' },
      {
        ErrorEquals: ['States.TaskFailed'],
        Assign: { seen: '{% $states.errorOutput.Error %}' },
        Output: "{% $exists($seen) ? 'seen' : $states.input.id %}",
        Next: 'Caught',
      },
    ];
    const states = { Call: task({ Catch }), Caught: { ...caught, Output: ['{% $states.input %}', '{% $seen %}'] } };
    const result = await machineOf(states, { invoke: failing('Denied') }).run({ id: 7 });
    expect(result.output).toEqual([7, 'Denied']);
  });

  it('does not take a timeout for States.TaskFailed', async () => {
    const never = () => new Promise<never>(() => undefined);
    const states = { Call: { ...catching('States.TaskFailed'), TimeoutSeconds: 5 }, Caught: caught };
    expect(await machineOf(states, { invoke: never }).run()).toMatchObject({ error: 'States.Timeout' });
    const timed = { ...catching('States.Timeout'), TimeoutSeconds: 5 };
    expect((await outcome(never, timed)).output).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('lets States.ALL catch a result of a task that is too large, as AWS was recorded to do', async () => {
    const caught = { status: 'SUCCEEDED', output: { Error: 'States.DataLimitExceeded' } };
    expect(await outcome(() => big, catching('States.ALL'))).toMatchObject(caught);
    expect(await outcome(() => big, catching('States.DataLimitExceeded'))).toMatchObject(caught);
  });

  it('leaves any other States.DataLimitExceeded to whoever names it', async () => {
    const Output = "{% $join($map([1..1100], function() { $pad('', 256, 'x') })) %}";
    const growing = (name: string) => task({ Output, Catch: [{ ErrorEquals: [name], Next: 'Caught' }] });
    expect(await outcome(() => 1, growing('States.ALL'))).toMatchObject({ error: 'States.DataLimitExceeded' });
    expect(await outcome(() => 1, growing('States.TaskFailed'))).toMatchObject({ error: 'States.DataLimitExceeded' });
    expect(await outcome(() => 1, growing('States.DataLimitExceeded'))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('never catches States.Runtime, and makes it of whatever an integration throws that is no TaskError', async () => {
    const broken: Invoke = () => {
      throw new RangeError('bug');
    };
    expect(await outcome(broken, catching('States.ALL'))).toMatchObject({ error: 'States.Runtime' });
    expect(await outcome(always('States.Runtime'), catching('States.Runtime'))).toMatchObject({ status: 'FAILED' });
  });

  it('catches an expression that gives nothing, after the task has succeeded', async () => {
    const state = task({
      Output: '{% $states.result.missing %}',
      Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }],
    });
    expect(await outcome(() => ({}), state)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('ends with the second error where the catcher itself fails', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Output: '{% $nothing %}', Next: 'Caught' }];
    expect(await outcome(failing('A'), task({ Catch }))).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

describe('the data limit', () => {
  it('ends a state whose output is too large', async () => {
    const result = await machineOf({
      Grow: { Type: 'Pass', Output: "{% $join($map([1..1100], function() { $pad('', 256, 'x') })) %}", End: true },
    }).run();
    expect(result).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause: "The state/task 'Grow' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
    expect(result.events.map(({ type }) => type)).toEqual(['ExecutionStarted', 'PassStateEntered', 'ExecutionFailed']);
  });

  it('counts bytes, not characters', async () => {
    const { start } = machineOf({ Only: { Type: 'Pass', End: true } });
    expect(() => start('é'.repeat(128 * 1024))).toThrow('256 KiB');
    expect(() => start('e'.repeat(128 * 1024))).not.toThrow();
  });
});

describe('Choice', () => {
  const choose = (Condition: unknown, more: object = {}) =>
    machineOf({ Ask: { Type: 'Choice', Choices: [{ Condition, Next: 'Yes' }], ...more }, Yes: caught }).run({ n: 1 });

  it('fails where nothing matches and there is no Default', async () => {
    expect(await choose('{% $states.input.n > 1 %}')).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('fails on a condition that is not a boolean', async () => {
    expect((await choose('{% $states.input.n %}', { Default: 'Yes' })).cause).toBe(
      "An error occurred while executing the state 'Ask' (entered at the event id #2). The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
    );
  });
});
