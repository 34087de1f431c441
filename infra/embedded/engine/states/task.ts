import { splitResource, type TaskState } from '../definition.ts';
import { StateFailure, TaskError } from '../errors.ts';
import { evaluate, evaluateInteger, type Frame, type Outcome, withinLimit } from '../frame.ts';
import type { JsonValue } from '../json.ts';

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
  const { tokens } = branch.execution.services;
  const events = eventsOf(state.Resource);
  const call = splitResource(state.Resource);
  const taskToken = call.callback ? tokens.issue() : undefined;
  if (taskToken !== undefined) branch.execution.secrets.add(taskToken);

  const limits = await limitsOf(frame, state);
  const args =
    state.Arguments === undefined ? frame.input : await evaluate(frame, state.Arguments, 'Arguments', { taskToken });
  schedule(frame, state, events, args, limits);
  try {
    const answer = await attempt(frame, { ...call, args, taskToken, limits, events });
    const result = withinLimit(answer, events.title);
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

function schedule(frame: Frame, state: TaskState, { prefix, tags }: Events, args: JsonValue, limits: Limits) {
  const region = frame.branch.execution.machine.arn.split(':')[3];
  frame.branch.record({
    type: `${prefix}Scheduled`,
    ...(tags === undefined ? { resource: state.Resource, input: args } : { ...tags, region, parameters: args }),
    ...limits,
  });
  frame.branch.record({ type: `${prefix}Started`, ...tags });
}

interface Attempt {
  base: string;
  args: JsonValue;
  taskToken: string | undefined;
  limits: Limits;
  events: Events;
}

/** The clock is held while the call runs, and let go while only the answer is missing. */
function attempt({ branch, name }: Frame, { base, args, taskToken, limits, events }: Attempt): Promise<JsonValue> {
  const { clock, integrations, tokens } = branch.execution.services;
  return branch.wait<JsonValue>((done, fail) => {
    const unwanted = new AbortController();
    const timeout = (missedHeartbeat: boolean) => () => fail(new StateFailure('States.Timeout', '', missedHeartbeat));
    const after = (seconds: number, run: () => void) => clock.at(clock.now() + seconds * 1000, run);
    const { timeoutInSeconds, heartbeatInSeconds } = limits;
    const deadline = timeoutInSeconds === undefined ? undefined : after(timeoutInSeconds, timeout(false));
    const awaitHeartbeat = () =>
      taskToken === undefined || heartbeatInSeconds === undefined
        ? undefined
        : after(heartbeatInSeconds, timeout(true));
    let heartbeat = awaitHeartbeat();

    if (taskToken !== undefined) {
      tokens.open(taskToken, {
        succeed: done,
        fail: (error, cause) => fail(new StateFailure(error, cause)),
        heartbeat: () => {
          heartbeat?.cancel();
          heartbeat = awaitHeartbeat();
        },
      });
    }
    const release = clock.hold();
    const { signal } = unwanted;
    const { arn: executionArn } = branch.execution;
    const call = { resource: base, arguments: args, taskToken, executionArn, stateName: name, signal };
    // Async, so that an integration that throws at once fails like one that rejects.
    const invoke = async () => integrations.invoke(call);
    invoke()
      .then((result) => {
        if (taskToken === undefined) done(result);
        else if (!signal.aborted) branch.record({ type: 'TaskSubmitted', ...events.tags, output: result });
      })
      .catch((error: unknown) => fail(asFailure(error)))
      .finally(release);

    return () => {
      deadline?.cancel();
      heartbeat?.cancel();
      if (taskToken !== undefined) tokens.close(taskToken);
      unwanted.abort();
    };
  });
}

/** Only a TaskError is a failure of the task; anything else is a fault of this machine, and no Retry hides it. */
function asFailure(error: unknown): Error {
  if (error instanceof TaskError) return new StateFailure(error.error, error.reason);
  return error instanceof Error ? error : new Error(String(error));
}
