import * as z from 'zod';
import type { Clock } from '../../infra/runtime/clock/clock.ts';
import { TaskError } from '../../infra/runtime/engine/errors.ts';
import type { Integrations, TaskCall } from '../../infra/runtime/engine/integrations.ts';
import { Json, type JsonValue } from '../../infra/runtime/engine/json.ts';
import type { Case, RecordedEvent } from './case.ts';
import { causeOf, comparable, same } from './compare.ts';

/** Answers a task token; the engine does not exist yet when its world is made. */
interface Answers {
  succeed(token: string, output: JsonValue): void;
  fail(token: string, error: string | undefined, cause: string | undefined): void;
}

const PREFIX = 'arn:aws:states:::';
const FUNCTIONS = 'arn:aws:lambda:us-east-1:111111111111:function:';
const SERVICES = new Set([
  ...['lambda:invoke', 'sqs:sendMessage', 'events:putEvents', 'states:startExecution'],
  ...['dynamodb:getItem', 'dynamodb:putItem', 'dynamodb:updateItem', 'dynamodb:deleteItem'],
]);
const Invocation = z.object({ FunctionName: z.string(), Payload: Json.default({}) });
type Replay = () => Promise<JsonValue>;
const never = () => new Promise<never>(() => {});

/**
 * Lambda as a case describes it; every other answer, and every answer to a task token, is what the recording says that
 * the outside world answered.
 */
export function recordedWorld({ lambdas, expected }: Case, clock: Clock, answers: () => Answers): World {
  const outcomes = outcomesOf(expected.events);
  const unanswered: string[] = [];

  /** `title` is what Lambda calls a function it does not find. */
  const run = async (behaviour: string, title: string, payload: JsonValue, replay: Replay): Promise<JsonValue> => {
    const [kind = '', first = '', ...rest] = behaviour.split(':');
    if (behaviour === 'echo') return payload;
    if (kind === 'return') {
      const given = parsed(behaviour.slice('return:'.length));
      if (given !== undefined) return given;
    }
    if (kind === 'sleep' && Number(first) >= 0 && rest.length > 0) {
      await new Promise<void>((resolve) => clock.at(clock.now() + Number(first) * 1000, resolve));
      return run(rest.join(':'), title, payload, replay);
    }
    if (kind === 'raise') {
      throw new TaskError(first, JSON.stringify({ errorMessage: rest.join(':'), errorType: first }));
    }
    if (behaviour === 'does-not-exist') {
      const reason = `Function not found: ${title} (Service: Lambda, Status Code: 404, Request ID: none)`;
      throw new TaskError('Lambda.ResourceNotFoundException', reason);
    }
    return replay();
  };
  /** A function that the case does not describe is what the recording says, or was not there. */
  const behaviourOf = (arn: string, name: string) =>
    lambdas[arn] ??
    Object.entries(lambdas).find(([known]) => functionName(known) === functionName(arn))?.[1] ??
    ((outcomes.get(name) ?? []).length > 0 ? 'recorded' : 'does-not-exist');

  const replayed = async ({ resource, taskToken, arguments: args }: TaskCall): Promise<JsonValue> => {
    const name = nameOf(resource);
    const outcome = take(outcomes.get(`${name}${taskToken === undefined ? '' : '.waitForTaskToken'}`), args);
    if (outcome?.end === undefined) unanswered.push(name);
    if (outcome === undefined) return never();
    const { submitted, end } = outcome;
    if (submitted !== undefined && taskToken !== undefined) {
      const { output = null, error, ...rest } = end ?? {};
      // Later than the submission is recorded.
      if (end?.type.endsWith('Succeeded')) clock.at(clock.now() + 1, () => answers().succeed(taskToken, output));
      if (end?.type.endsWith('Failed'))
        clock.at(clock.now() + 1, () => answers().fail(taskToken, error, causeOf(rest)));
      return submitted.output ?? null;
    }
    if (end === undefined || end.type.endsWith('TimedOut')) return never();
    if (end.type.endsWith('Succeeded')) return end.output ?? null;
    // The engine itself has to find this one out.
    if (end.error === 'States.DataLimitExceeded') return 'x'.repeat(256 * 1024 + 1);
    throw new TaskError(end.error, causeOf(end));
  };

  return {
    unanswered,
    supports: (resource) =>
      resource.startsWith('arn:aws:lambda:') ||
      (resource.startsWith(PREFIX) && SERVICES.has(resource.slice(PREFIX.length))),
    async invoke(asked) {
      const { resource } = asked;
      const replay = () => replayed(asked);
      if (resource.startsWith('arn:aws:lambda:')) {
        return run(behaviourOf(resource, resource), resource, asked.arguments, replay);
      }
      const invocation = Invocation.safeParse(asked.arguments).data;
      if (resource !== `${PREFIX}lambda:invoke` || invocation === undefined || asked.taskToken !== undefined) {
        return replay();
      }
      const { FunctionName, Payload } = invocation;
      let whole: JsonValue | undefined;
      const arn = FunctionName.startsWith('arn:') ? FunctionName : `${FUNCTIONS}${FunctionName}`;
      const behaviour = behaviourOf(FunctionName, nameOf(resource));
      const result = await run(behaviour, `${arn}:$LATEST`, received(Payload), async () => {
        whole = await replay();
        return whole;
      });
      return whole ?? { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
    },
  };
}

/** Lambda takes a Payload as JSON text, and so does AWS a string that is such a text. */
function received(payload: JsonValue): JsonValue {
  return typeof payload === 'string' ? (parsed(payload) ?? payload) : payload;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return Json.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Of an ARN, a partial ARN or a name, with or without a qualifier. */
const functionName = (text: string) => /(?:^|:function:)([^:]+)(?::[^:]+)?$/.exec(text)?.[1];
const nameOf = (resource: string) => (resource.startsWith(PREFIX) ? resource.slice(PREFIX.length) : resource);

/** The outcome of the call with these arguments: calls side by side may come in another order than recorded. */
function take(outcomes: Outcome[] = [], args: JsonValue): Outcome | undefined {
  const at = outcomes.findIndex(({ parameters }) => same(comparable(parameters), comparable(args)));
  return outcomes.splice(Math.max(at, 0), 1)[0];
}

interface World extends Integrations {
  /** Calls that the recording has no answer to. */
  readonly unanswered: readonly string[];
}

interface Outcome {
  parameters: JsonValue | undefined;
  submitted: RecordedEvent | undefined;
  end: RecordedEvent | undefined;
}

/** What became of each scheduled task, in order, by `service:action` or ARN. */
function outcomesOf(events: readonly RecordedEvent[]): Map<string, Outcome[]> {
  const outcomes = new Map<string, Outcome[]>();
  const taken = new Set<RecordedEvent>();
  const follows = (event: RecordedEvent, next: RecordedEvent) =>
    Array.isArray(event.id)
      ? // Side by side nothing says what follows what: the first of the same kind is as good as any.
        Array.isArray(next.id) && !taken.has(next) && event.details?.resourceType === next.details?.resourceType
      : next.previousEventId === event.id;
  const after = (event: RecordedEvent | undefined, types: RegExp) => {
    const next = event && events.find((one) => types.test(one.type) && follows(event, one));
    if (next !== undefined) taken.add(next);
    return next;
  };
  for (const event of events) {
    if (!event.type.endsWith('Scheduled')) continue;
    const { resourceType, resource, parameters = event.input } = event.details ?? {};
    const name = resourceType === undefined ? String(resource) : `${String(resourceType)}:${String(resource)}`;
    const started = after(event, /^(Task|LambdaFunction)Started$/);
    const submitted = name.endsWith('.waitForTaskToken') ? after(started, /^TaskSubmitted$/) : undefined;
    const end = after(submitted ?? started, /^(Task|LambdaFunction)(Succeeded|Failed|TimedOut)$/);
    outcomes.set(name, [...(outcomes.get(name) ?? []), { parameters, submitted, end }]);
  }
  return outcomes;
}
