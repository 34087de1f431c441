import type { Visit } from '../branch.ts';
import { CALLBACK, type TaskState } from '../definition.ts';
import { TaskError } from '../errors.ts';
import { evaluate, evaluateNumber, withinLimit } from '../evaluation.ts';
import type { JsonValue } from '../json.ts';

/** Makes one attempt: schedules the call, and waits for its result or, with a token, for the answer. */
export async function runTask(visit: Visit, state: TaskState): Promise<JsonValue> {
  const { branch } = visit;
  const events = eventsOf(state.Resource);
  if (visit.call === undefined) await schedule(visit, state, events);
  try {
    const result = withinLimit(await attempt(visit, state.Resource.replace(CALLBACK, ''), events), events.title);
    branch.record({ type: `${events.prefix}Succeeded`, ...events.tags, output: result });
    return result;
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const type = error.error === 'States.Timeout' ? 'TimedOut' : 'Failed';
    const cause = error.reason === '' ? undefined : error.reason;
    branch.record({ type: `${events.prefix}${type}`, ...events.tags, error: error.error, cause });
    error.recorded = true;
    throw error;
  }
}

type Events = ReturnType<typeof eventsOf>;
/**
 * How a resource appears in the history: the events of a bare Lambda ARN are LambdaFunction..., all others are
 * Task... with tags in each. `title` is what AWS calls it in a cause.
 */
function eventsOf(resource: string) {
  const [, resourceType, name] = /^arn:[^:]*:states:[^:]*:[^:]*:(.+):([^:]+)$/.exec(resource) ?? [];
  return resourceType === undefined || name === undefined
    ? ({ prefix: 'LambdaFunction', tags: undefined, title: resource } as const)
    : ({ prefix: 'Task', tags: { resource: name, resourceType }, title: resourceType } as const);
}

async function schedule(visit: Visit, state: TaskState, { prefix, tags }: Events): Promise<void> {
  const { branch } = visit;
  const { machine, services } = branch.execution;
  const token = CALLBACK.test(state.Resource) ? services.tokens.issue() : undefined;
  const secondsOf = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds') =>
    state[field] === undefined ? undefined : evaluateNumber(visit, state[field], field);
  const timeoutInSeconds = await secondsOf('TimeoutSeconds');
  const heartbeatInSeconds = await secondsOf('HeartbeatSeconds');
  const { Arguments } = state;
  const args = Arguments === undefined ? visit.input : await evaluate(visit, Arguments, 'Arguments', {}, token);
  const call = tags && { ...tags, region: machine.arn.split(':')[3], parameters: args };
  const details = call ?? { resource: state.Resource, input: args };
  branch.record({ type: `${prefix}Scheduled`, ...details, timeoutInSeconds, heartbeatInSeconds }, { token });
  branch.record({ type: `${prefix}Started`, ...tags });
}

/**
 * The clock is held while the call runs, and released while only the answer is outstanding. The call is made once its
 * record is on disk: an effect out there must not be forgotten here. After a restart a call that may or may not have
 * been made is made again: with a token in the time it has left, without one with a fresh timeout.
 */
function attempt({ branch, name, call: task }: Visit, resource: string, { tags }: Events): Promise<JsonValue> {
  if (task === undefined) throw new Error(`${name} was not scheduled`);
  const { clock, integrations, tokens, journal } = branch.execution.services;
  const { token: taskToken, scheduled } = task;
  const { timeoutInSeconds, heartbeatInSeconds, input = null, parameters = input } = scheduled;
  return branch.wait<JsonValue>((done, fail) => {
    let controller: AbortController | undefined;
    let over = false;
    const timeout = (missedHeartbeat: boolean) => () => fail(new TaskError('States.Timeout', '', missedHeartbeat));
    const after = (since: number, seconds: number | undefined, run: () => void) =>
      seconds === undefined ? undefined : clock.at(since + seconds * 1000, run);
    const deadline =
      taskToken === undefined
        ? timeoutInSeconds === undefined
          ? undefined
          : clock.limit(timeoutInSeconds * 1000, timeout(false))
        : after(scheduled.timestamp, timeoutInSeconds, timeout(false));
    const awaitHeartbeat = () =>
      taskToken === undefined ? undefined : after(task.heardAt, heartbeatInSeconds, timeout(true));
    let heartbeat = awaitHeartbeat();

    if (taskToken !== undefined) {
      tokens.open(taskToken, {
        succeed: done,
        fail: (error, cause) => fail(new TaskError(error, cause)),
        heartbeat: () => {
          if (heartbeatInSeconds === undefined) return;
          heartbeat?.cancel();
          branch.remember({ heartbeatAt: clock.now() });
          heartbeat = awaitHeartbeat();
        },
      });
    }
    const { executionArn } = branch.execution.summary;
    const call = {
      resource,
      arguments: parameters,
      taskToken,
      executionArn,
      stateName: name,
      get signal() {
        controller ??= new AbortController();
        if (over) controller.abort();
        return controller.signal;
      },
    };
    const invoke = async () => {
      await journal.durable();
      if (over) return;
      const result = await integrations.invoke(call);
      if (taskToken === undefined) done(result);
      else if (!over) branch.record({ type: 'TaskSubmitted', ...tags, output: result });
    };
    if (!task.submitted) {
      const release = clock.hold();
      invoke().catch(fail).finally(release);
    }
    return () => {
      over = true;
      deadline?.cancel();
      heartbeat?.cancel();
      if (taskToken !== undefined) tokens.close(taskToken);
      controller?.abort();
    };
  });
}
