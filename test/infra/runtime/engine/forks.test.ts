import { describe, expect, it } from 'vitest';
import { TaskError } from '../../../../infra/runtime/engine/errors.ts';
import { callback, machineOf, task } from './machine.ts';

const each = (state: unknown, fields: Record<string, unknown> = {}) => ({
  Type: 'Map',
  Items: [1, 2, 3, 4],
  ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Each', States: { Each: state } },
  ...('Next' in fields ? {} : { End: true }),
  ...fields,
});
const payload = (args: unknown) => JSON.parse(JSON.stringify(args));

describe('Map', () => {
  it('gives results in the order of the items, whichever ends first', async () => {
    const wait = { Type: 'Wait', Seconds: '{% 10 - $states.input %}', End: true };
    expect(await machineOf({ All: each(wait) }).run()).toMatchObject({ output: [1, 2, 3, 4] });
  });

  it('runs no more iterations at a time than MaxConcurrency', async () => {
    let running = 0;
    let most = 0;
    const machine = machineOf(
      { All: each(task(), { MaxConcurrency: '{% 2 %}' }) },
      {
        invoke: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve) => machine.clock.at(machine.clock.now() + 1_000, resolve));
          running -= 1;
          return null;
        },
      },
    );
    expect(await machine.run()).toMatchObject({ status: 'SUCCEEDED' });
    expect(most).toBe(2);
  });

  it('hands item and index to selector and processor, and keeps assigned variables inside', async () => {
    const inner = {
      Type: 'Pass',
      Assign: { outer: 'changed' },
      Output: "{% $states.input & ':' & $states.context.Map.Item.Index & ':' & $outer %}",
      End: true,
    };
    const result = await machineOf({
      Set: { Type: 'Pass', Assign: { outer: 'kept' }, Next: 'All' },
      All: each(inner, {
        ItemSelector: '{% $states.context.Map.Item.Value * 10 %}',
        Output: '{% $append($states.result, $outer) %}',
      }),
    }).run();
    expect(result.output).toEqual(['10:0:kept', '20:1:kept', '30:2:kept', '40:3:kept', 'kept']);
  });

  it('stops the other iterations when one fails, and closes their tokens', async () => {
    const tokens: string[] = [];
    const machine = machineOf(
      { All: each(callback()) },
      {
        invoke: ({ taskToken = '' }) => {
          tokens.push(taskToken);
          return null;
        },
      },
    );
    const arn = machine.start();
    await machine.clock.advance(0);
    machine.engine.sendTaskFailure(tokens[1] ?? '', { error: 'Broken' });
    await machine.clock.advance(0);
    expect(machine.engine.describe(arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(() => machine.engine.sendTaskSuccess(tokens[0] ?? '', 1)).toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
    expect(machine.types(arn).slice(-11)).toEqual([
      'TaskFailed',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapIterationAborted',
      'TaskStateAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('can be retried and caught as a whole', async () => {
    let calls = 0;
    const result = await machineOf(
      {
        All: each(task({ Arguments: '{% $states.input %}' }), {
          MaxConcurrency: 1,
          Retry: [{ ErrorEquals: ['Odd'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }],
        }),
        Caught: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
      },
      {
        invoke: ({ arguments: item }) => {
          calls += 1;
          if (payload(item) === 3) throw new TaskError('Odd');
          return item;
        },
      },
    ).run();
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'Odd' });
    expect(calls).toBe(6);
  });

  it('fails on an expression of a selector with the name of the Map', async () => {
    const result = await machineOf({
      All: each({ Type: 'Pass', End: true }, { ItemSelector: { a: '{% $gone %}' } }),
    }).run();
    expect(result.cause).toContain("executing the state 'All'");
    expect(result.cause).toContain("the field 'ItemSelector/a' returned nothing (undefined).");
  });

  it('runs inside another Map', async () => {
    const inner = each({ Type: 'Pass', End: true }, { Items: '{% [1..$states.input] %}' });
    expect((await machineOf({ All: each(inner) }).run()).output).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]);
  });
});

describe('Parallel', () => {
  const branch = (state: unknown) => ({ StartAt: 'Step', States: { Step: state } });

  it('gives the results of its branches in their order', async () => {
    const slow = { Type: 'Wait', Seconds: 5, Output: '{% $states.input.a %}', End: true };
    const quick = { Type: 'Pass', Output: 'quick', End: true };
    const both = { Type: 'Parallel', Branches: [branch(slow), branch(quick)], Arguments: { a: 'slow' }, End: true };
    const result = await machineOf({ Both: both }).run();
    expect(result.output).toEqual(['slow', 'quick']);
    expect(result.events.map(({ type }) => type).slice(-3)).toEqual([
      'ParallelStateSucceeded',
      'ParallelStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('stops the others when one fails', async () => {
    const fail = { Type: 'Fail', Error: 'Broken', Cause: 'on purpose' };
    const wait = { Type: 'Wait', Seconds: 100, End: true };
    const both = { Type: 'Parallel', Branches: [branch(wait), branch(fail)], End: true };
    const result = await machineOf({ Both: both }).run();
    expect(result).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'on purpose' });
    expect(result.events.map(({ type }) => type).slice(-3)).toEqual([
      'WaitStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
  });
});
