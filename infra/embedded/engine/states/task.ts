import { splitResource, type TaskState } from '../definition.ts';
import { StateFailure, TaskError } from '../errors.ts';
import { evaluate, evaluateInteger, type Frame, type Outcome, withinLimit } from '../frame.ts';
import type { JsonValue } from '../json.ts';
import type { Call } from '../position.ts';

/** How a resource appears in the history. */
interface Events {
  /** Of a bare Lambda ARN the events are LambdaFunction..., of everything else Task... */
  prefix: 'Task' | 'LambdaFunction';
  /** Repeated in every event of the task. */
  tags: { resource: string; resourceType: string } | undefined;
  /** What AWS calls it in a cause. */
  title: string;
}

/** Makes one attempt: schedules the call, and waits for its result or, with a token, for the answer. */
export async function runTask(frame: Frame, state: TaskState): Promise<Outcome> {
  const { branch } = frame;
  const events = eventsOf(state.Resource);
  const call = frame.resumed?.call ?? (await schedule(frame, state, events));
  if (call.token !== undefined) branch.execution.secrets.add(call.token);
  try {
    const result = withinLimit(await attempt(frame, splitResource(state.Resource).base, call, events), events.title);
    branch.record({ type: `${events.prefix}Succeeded`, ...events.tags, output: result });
    return { output: result, reads: { result }, source: state, next: state.Next };
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    const type = error.error === 'States.Timeout' ? 'TimedOut' : 'Failed';
    const cause = error.reason === '' ? undefined : error.reason;
    branch.record({ type: `${events.prefix}${type}`, ...events.tags, error: error.error, cause });
    error.recorded = true;
    throw error;
  }
}

interface Limits {
  timeoutInSeconds: number | undefined;
  heartbeatInSeconds: number | undefined;
}

async function limitsOf(frame: Frame, state: TaskState): Promise<Limits> {
  const seconds = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds') => {
    const template = state[field];
    return template === undefined ? undefined : evaluateInteger(frame, template, field);
  };
  return {
    timeoutInSeconds: await seconds('TimeoutSeconds'),
    heartbeatInSeconds: await seconds('HeartbeatSeconds'),
  };
}

function eventsOf(resource: string): Events {
  const parts = /^arn:[^:]*:states:[^:]*:[^:]*:(.+):([^:]+)$/.exec(resource);
  const [, resourceType, name] = parts ?? [];
  if (resourceType === undefined || name === undefined) {
    return { prefix: 'LambdaFunction', tags: undefined, title: resource };
  }
  return { prefix: 'Task', tags: { resource: name, resourceType }, title: resourceType };
}

async function schedule(frame: Frame, state: TaskState, { prefix, tags }: Events): Promise<Call> {
  const { branch } = frame;
  const { machine, services, secrets } = branch.execution;
  const token = splitResource(state.Resource).callback ? services.tokens.issue() : undefined;
  if (token !== undefined) secrets.add(token);
  const limits = await limitsOf(frame, state);
  const reads = { taskToken: token };
  const args = state.Arguments === undefined ? frame.input : await evaluate(frame, state.Arguments, 'Arguments', reads);
  const call = tags && { ...tags, region: machine.arn.split(':')[3], parameters: args };
  const details = call ?? { resource: state.Resource, input: args };
  branch.record({ type: `${prefix}Scheduled`, ...details, ...limits }, branch.last, { token });
  branch.record({ type: `${prefix}Started`, ...tags });
  const now = services.clock.now();
  return { token, args, ...limits, scheduledAt: now, heartbeatAt: now, submitted: false };
}

/**
 * The clock is held while the call runs, and let go while only the answer is missing. The call is made when its record
 * is on the disk: what it does out there must not be forgotten here. After a restart a call that may or may not have
 * been made is made again, with a token in the time it has left, without one in a time of its own.
 */
function attempt({ branch, name, resumed }: Frame, resource: string, task: Call, events: Events): Promise<JsonValue> {
  const { clock, integrations, tokens, journal } = branch.execution.services;
  const { token: taskToken, args, timeoutInSeconds, heartbeatInSeconds } = task;
  return branch.wait<JsonValue>((done, fail) => {
    let unwanted: AbortController | undefined;
    let over = false;
    const timeout = (missedHeartbeat: boolean) => () => fail(new StateFailure('States.Timeout', '', missedHeartbeat));
    const after = (since: number, seconds: number | undefined, run: () => void) =>
      seconds === undefined ? undefined : clock.at(since + seconds * 1000, run);
    const again = resumed?.call === task && taskToken === undefined;
    const deadline = after(again ? clock.now() : task.scheduledAt, timeoutInSeconds, timeout(false));
    const awaitHeartbeat = () =>
      taskToken === undefined ? undefined : after(task.heartbeatAt, heartbeatInSeconds, timeout(true));
    let heartbeat = awaitHeartbeat();

    if (taskToken !== undefined) {
      tokens.open(taskToken, {
        succeed: done,
        fail: (error, cause) => fail(new StateFailure(error, cause)),
        heartbeat: () => {
          heartbeat?.cancel();
          task.heartbeatAt = clock.now();
          if (heartbeatInSeconds !== undefined) branch.remember({ heartbeatAt: task.heartbeatAt });
          heartbeat = awaitHeartbeat();
        },
      });
    }
    const { arn: executionArn } = branch.execution;
    const call = {
      ...{ resource, arguments: args, taskToken, executionArn, stateName: name },
      get signal() {
        unwanted ??= new AbortController();
        if (over) unwanted.abort();
        return unwanted.signal;
      },
    };
    const invoke = async () => {
      await journal.durable();
      if (over) return;
      const result = await integrations.invoke(call);
      if (taskToken === undefined) done(result);
      else if (!over) branch.record({ type: 'TaskSubmitted', ...events.tags, output: result });
    };
    if (!task.submitted) {
      const release = clock.hold();
      invoke()
        .catch((error: unknown) => fail(asFailure(error)))
        .finally(release);
    }
    return () => {
      over = true;
      deadline?.cancel();
      heartbeat?.cancel();
      if (taskToken !== undefined) tokens.close(taskToken);
      unwanted?.abort();
    };
  });
}

/** Only a TaskError is a failure of the task; anything else is a fault of this machine, and no Retry hides it. */
function asFailure(error: unknown): Error {
  if (error instanceof TaskError) return new StateFailure(error.error, error.reason);
  return error instanceof Error ? error : new Error(String(error));
}
