import { describe, expect, it } from 'vitest';
import { TaskError } from '../../../../infra/runtime/engine/errors.ts';
import { callback, machineOf, START, task } from './machine.ts';

/** A machine that waits for its token; `token()` is the latest one handed out. */
function waiting(fields: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) {
  let latest = '';
  const machine = machineOf(
    { Ask: callback(fields), ...rest },
    {
      invoke: ({ taskToken = '' }) => {
        latest = taskToken;
        return { StatusCode: 200 };
      },
    },
  );
  return { ...machine, token: () => latest };
}
const settle = (machine: { clock: { advance(ms: number): Promise<void> } }) => machine.clock.advance(0);

describe('a task token', () => {
  it('resumes the execution with the output it is answered with', async () => {
    const machine = waiting();
    const arn = machine.start();
    await machine.clock.advance(3_600_000);
    expect(machine.engine.describe(arn).status).toBe('RUNNING');
    machine.engine.sendTaskSuccess(machine.token(), { decision: 'approved' });
    await settle(machine);
    expect(machine.engine.describe(arn)).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'approved' } });
    expect(machine.types(arn)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('fails the task with the error it is answered with', async () => {
    const machine = waiting();
    const arn = machine.start();
    await settle(machine);
    machine.engine.sendTaskFailure(machine.token(), { error: 'Denied', cause: 'no' });
    await settle(machine);
    expect(machine.engine.describe(arn)).toMatchObject({ status: 'FAILED', error: 'Denied', cause: 'no' });
  });

  it('gives a failure without error and cause to Catch as nulls', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const machine = waiting({ Catch }, { Caught: { Type: 'Pass', End: true } });
    const arn = machine.start();
    await settle(machine);
    machine.engine.sendTaskFailure(machine.token());
    await settle(machine);
    expect(machine.engine.describe(arn).output).toEqual({ Error: null, Cause: null });
  });

  it('is closed after its first answer', async () => {
    const machine = waiting();
    machine.start();
    await settle(machine);
    machine.engine.sendTaskSuccess(machine.token(), 1);
    for (const send of [machine.engine.sendTaskSuccess, machine.engine.sendTaskHeartbeat]) {
      expect(() => send(machine.token(), 2)).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
    }
  });

  it('is unknown where it was never issued', async () => {
    const machine = waiting();
    machine.start();
    await settle(machine);
    for (const token of ['', 'x', 'id-2.', `${machine.token()}x`, machine.token().replace('id-', 'id-9')]) {
      expect(() => machine.engine.sendTaskSuccess(token, 1)).toThrow(expect.objectContaining({ name: 'InvalidToken' }));
    }
  });

  it('is a new one on every attempt, and the old one is closed', async () => {
    const machine = waiting({ TimeoutSeconds: 10, Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 5 }] });
    const arn = machine.start();
    await settle(machine);
    const first = machine.token();
    await machine.clock.advance(16_000);
    expect(machine.token()).not.toBe(first);
    expect(() => machine.engine.sendTaskSuccess(first, 1)).toThrow(expect.objectContaining({ name: 'TaskTimedOut' }));
    machine.engine.sendTaskSuccess(machine.token(), 2);
    await settle(machine);
    expect(machine.engine.describe(arn).output).toBe(2);
  });

  it('never appears in the history', async () => {
    const machine = waiting({ Output: '{% $states.result %}' });
    const arn = machine.start();
    await settle(machine);
    machine.engine.sendTaskSuccess(machine.token(), { echoed: [`<${machine.token()}>`] });
    await settle(machine);
    const events = machine.events(arn);
    expect(JSON.stringify(events)).not.toContain(machine.token());
    expect(events[2]?.parameters).toEqual({ FunctionName: 'f', Payload: { token: '(task token)' } });
  });

  it('may be answered before the call that hands it out returns', async () => {
    const machine = machineOf(
      { Ask: callback() },
      {
        invoke: ({ taskToken = '' }) => {
          machine.engine.sendTaskSuccess(taskToken, 'early');
          return null;
        },
      },
    );
    const arn = machine.start();
    await settle(machine);
    expect(machine.engine.describe(arn)).toMatchObject({ status: 'SUCCEEDED', output: 'early' });
  });

  it('is closed when its execution is stopped', async () => {
    const machine = waiting();
    const arn = machine.start();
    await settle(machine);
    machine.engine.stop(arn);
    expect(() => machine.engine.sendTaskSuccess(machine.token(), 1)).toThrow(
      expect.objectContaining({ name: 'TaskTimedOut' }),
    );
  });
});

describe('timeouts', () => {
  it('ends a callback that nobody answers in time', async () => {
    const machine = waiting({ TimeoutSeconds: '{% 2 * 30 %}' });
    const arn = machine.start();
    await machine.clock.advance(59_999);
    expect(machine.engine.describe(arn).status).toBe('RUNNING');
    await machine.clock.advance(1);
    expect(machine.engine.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(machine.events(arn)[2]).toMatchObject({ type: 'TaskScheduled', timeoutInSeconds: 60 });
    expect(machine.types(arn).slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
  });

  it('counts the heartbeat from the last one', async () => {
    const Catch = [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Caught' }];
    const machine = waiting({ TimeoutSeconds: 600, HeartbeatSeconds: 10, Catch }, { Caught: { Type: 'Succeed' } });
    const arn = machine.start();
    await machine.clock.advance(9_000);
    machine.engine.sendTaskHeartbeat(machine.token());
    await machine.clock.advance(9_000);
    expect(machine.engine.describe(arn).status).toBe('RUNNING');
    await machine.clock.advance(1_000);
    expect(machine.engine.describe(arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { Error: 'States.Timeout', Cause: '' },
    });
  });

  it('tells an integration that its answer is no longer wanted', async () => {
    let aborted = false;
    const invoke = ({ signal }: { signal: AbortSignal }) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new TaskError('Late'));
        });
      });
    const machine = machineOf({ Call: task({ TimeoutSeconds: 1 }) }, { invoke });
    expect(await machine.run()).toMatchObject({ error: 'States.Timeout' });
    expect(aborted).toBe(true);
  });

  it('times the whole execution out', async () => {
    const machine = machineOf({ Rest: { Type: 'Wait', Seconds: 60, End: true } }, {}, { TimeoutSeconds: 5 });
    const result = await machine.run();
    expect(result).toMatchObject({ status: 'TIMED_OUT', stopDate: START + 5_000 });
    expect(result.error).toBeUndefined();
    expect(result.events.at(-1)).toMatchObject({ type: 'ExecutionTimedOut', previousEventId: 2 });
  });
});
