import * as z from 'zod';
import { UnsupportedDefinition } from './errors.ts';
import type { Integrations } from './integrations.ts';
import { Json, type JsonValue } from './json.ts';

/** The subset of the Amazon States Language that runs here. Strict: anything not listed is refused by name. */
const Name = z.string().min(1).max(80);
const Query = z.string().refine(isQuery, 'needs a JSONata expression in {% %}');
/** AWS's limit on every number of seconds. */
export const LONGEST_SECONDS = 99_999_999;
const NumberOrQuery = z.union([z.number().int().min(0), Query]);
const Seconds = z.union([z.number().int().min(1).max(LONGEST_SECONDS), Query]);
/** A Unicode identifier; `$states` is reserved by AWS. */
const Variable = z.string().regex(/^(?!states$)[\p{ID_Start}_]\p{ID_Continue}{0,79}$/u);
const Assign = z.record(Variable, Json);
const ErrorEquals = z
  .array(z.string().min(1))
  .min(1)
  .refine((names) => names.length === 1 || !names.includes('States.ALL'), 'States.ALL must stand alone');

const JSONata = z.literal('JSONata', { error: ({ input }) => `only JSONata, not ${input}` });
const common = { Comment: z.string().optional(), QueryLanguage: JSONata.optional() };
const output = { ...common, Output: Json.optional() };
const transition = { ...output, Assign: Assign.optional(), Next: Name.optional(), End: z.literal(true).optional() };

const Retrier = z.strictObject({
  ErrorEquals,
  IntervalSeconds: z.number().int().min(1).max(LONGEST_SECONDS).default(1),
  MaxAttempts: z.number().int().min(0).max(LONGEST_SECONDS).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: z.number().int().min(1).max(31_622_399).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  Comment: z.string().optional(),
});
export type Retrier = z.infer<typeof Retrier>;

const target = { Next: Name, Assign: Assign.optional(), Output: Json.optional(), Comment: z.string().optional() };
const Catcher = z.strictObject({ ErrorEquals, ...target });
/** Entries after States.ALL would never be reached. */
const allIsLast = (entries: readonly { ErrorEquals: string[] }[]) =>
  entries.every(({ ErrorEquals: [first] }, at) => first !== 'States.ALL' || at === entries.length - 1);
const handled = {
  ...transition,
  Retry: z.array(Retrier).refine(allIsLast, 'States.ALL must stand last').default([]),
  Catch: z.array(Catcher).refine(allIsLast, 'States.ALL must stand last').default([]),
};
/** An interface, because a type cannot name itself. */
interface States extends ReadonlyMap<string, State> {}
const States: z.ZodType<States> = z.lazy(() =>
  z.record(Name, State).transform((states) => new Map(Object.entries(states))),
);
const block = { StartAt: Name, Comment: z.string().optional(), States };

const Pass = z.strictObject({ Type: z.literal('Pass'), ...transition });
const Task = z.strictObject({
  Type: z.literal('Task'),
  ...handled,
  Resource: z.string().min(1),
  Arguments: Json.optional(),
  TimeoutSeconds: Seconds.optional(),
  HeartbeatSeconds: Seconds.optional(),
});
const ChoiceRule = z.strictObject({ Condition: z.union([z.boolean(), Query]), ...target });
const Choice = z.strictObject({
  Type: z.literal('Choice'),
  ...output,
  Assign: Assign.optional(),
  Choices: z.array(ChoiceRule).min(1),
  Default: Name.optional(),
});
const Wait = z
  .strictObject({
    Type: z.literal('Wait'),
    ...transition,
    Seconds: z.union([z.number().int().min(0).max(LONGEST_SECONDS), Query]).optional(),
    Timestamp: z.string().optional(),
  })
  .refine((state) => (state.Seconds === undefined) !== (state.Timestamp === undefined), {
    message: 'needs either Seconds or Timestamp',
    path: ['Seconds'],
  });
const Succeed = z.strictObject({ Type: z.literal('Succeed'), ...output });
const Fail = z.strictObject({
  Type: z.literal('Fail'),
  ...common,
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
const InlineMap = z.strictObject({
  Type: z.literal('Map'),
  ...handled,
  Items: z.union([z.array(Json), Query]).optional(),
  ItemSelector: Json.optional(),
  ItemProcessor: z.strictObject({
    ...block,
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE').optional() }).optional(),
  }),
  MaxConcurrency: NumberOrQuery.optional(),
  ToleratedFailureCount: NumberOrQuery.optional(),
  ToleratedFailurePercentage: z.union([z.number().min(0).max(100), Query]).optional(),
});
const Parallel = z.strictObject({
  Type: z.literal('Parallel'),
  ...handled,
  Arguments: Json.optional(),
  Branches: z.array(z.strictObject(block)).min(1),
});

export const STATE_TYPES = ['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Map', 'Parallel'] as const;
export type StateType = (typeof STATE_TYPES)[number];
const State = z.discriminatedUnion('Type', [Pass, Task, Choice, Wait, Succeed, Fail, InlineMap, Parallel], {
  error: ({ input }) => `its type is not one of ${STATE_TYPES.join(', ')}: ${JSON.stringify(input).slice(0, 100)}`,
});
const Machine = z.strictObject({
  ...block,
  QueryLanguage: z.enum(['JSONata', 'JSONPath']).default('JSONPath'),
  TimeoutSeconds: z.number().int().min(1).optional(),
  Version: z.literal('1.0').optional(),
});

export type TaskState = z.infer<typeof Task>;
export type ChoiceState = z.infer<typeof Choice>;
export type WaitState = z.infer<typeof Wait>;
export type FailState = z.infer<typeof Fail>;
export type MapState = z.infer<typeof InlineMap>;
export type ParallelState = z.infer<typeof Parallel>;
export type State = z.infer<typeof State>;
/** How a state is left: by itself, by a rule of its Choice or by a catcher. */
export interface Exit {
  Next?: string | undefined;
  Assign?: Record<string, JsonValue> | undefined;
  Output?: JsonValue | undefined;
}
/** States and where they start: a machine, the processor of a Map, a branch of a Parallel. */
export type Block = Pick<z.infer<typeof Machine>, 'StartAt' | 'States'>;
export type Definition = z.infer<typeof Machine>;

/** `{% ... %}`, exactly: anything around it, even a space, makes it plain text. */
export function isQuery(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4;
}

/** The engine handles callbacks itself; the integration only has to support the call. */
export const CALLBACK = /\.waitForTaskToken$/;
const MACHINE = '(machine)';
const TRANSITION = /^(Next|Default|(Catch|Choices)\.\d+\.Next)$/;
/** Where `$states` holds more than input and context; AWS rejects these reads elsewhere. */
const READABLE = new Map([
  ['states.result', /^(Task|Map|Parallel)\.(Assign|Output)\b/],
  ['states.errorOutput', /\.Catch\.\d+\.(Assign|Output)\b/],
]);

/** Knows which calls are supported and which expressions are valid. */
interface Checks {
  readonly integrations: Pick<Integrations, 'supports'>;
  /** Names what the expression reads of `$states`; throws if it is invalid. */
  readonly evaluator: { compile(query: string): Iterable<string> };
}

/**
 * Reads a definition and refuses what does not run here: an unknown state type, field, mode or integration, an
 * invalid expression, a transition to a missing state.
 *
 * @throws UnsupportedDefinition naming state and field
 */
export function parseDefinition(source: unknown, checks: Checks): Definition {
  const { data, error } = Machine.safeParse(source);
  if (data === undefined) throw refusalOf(error.issues[0]);
  checkBlock(MACHINE, data, data.QueryLanguage, checks);
  return data;
}

/** In the path of the issue, the state follows the last `States` and the field follows the state. */
function refusalOf(issue: z.core.$ZodIssue | undefined): UnsupportedDefinition {
  const path = issue?.path.map(String) ?? [];
  const at = path.lastIndexOf('States', path.length - 2);
  const [state = MACHINE, ...field] = at < 0 ? [MACHINE, ...path] : path.slice(at + 1);
  if (issue?.code === 'unrecognized_keys') {
    return new UnsupportedDefinition(state, [...field, issue.keys[0]].join('.'), 'this field is not supported');
  }
  return new UnsupportedDefinition(state, field.join('.') || 'Type', issue?.message ?? 'cannot be read');
}

function checkBlock(owner: string, { StartAt, States }: Block, inherited: string, checks: Checks): void {
  if (!States.has(StartAt)) throw new UnsupportedDefinition(owner, 'StartAt', `no state '${StartAt}'`);
  for (const [name, state] of States) {
    const refusal = (field: string, reason: string) => new UnsupportedDefinition(name, field, reason);
    const language = state.QueryLanguage ?? inherited;
    if (language !== 'JSONata') throw refusal('QueryLanguage', `only JSONata, not ${language}`);
    const endsItself = state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail';
    if (!endsItself && (state.Next === undefined) === (state.End === undefined)) {
      throw refusal('Next', 'needs either Next or End');
    }
    if (state.Type === 'Task' && Number(state.HeartbeatSeconds) >= Number(state.TimeoutSeconds)) {
      throw refusal('HeartbeatSeconds', 'must be smaller than TimeoutSeconds');
    }
    if (state.Type === 'Task' && !checks.integrations.supports(state.Resource.replace(CALLBACK, ''))) {
      throw refusal('Resource', `no integration for '${state.Resource}'`);
    }
    for (const [field, text] of textsIn(state)) {
      if (TRANSITION.test(field) && !States.has(text)) throw refusal(field, `no state '${text}'`);
      try {
        if (isQuery(text)) checkQuery(text, `${state.Type}.${field}`, checks);
      } catch (error) {
        throw refusal(field, error instanceof Error ? error.message : String(error));
      }
    }
    const inner = state.Type === 'Map' ? [state.ItemProcessor] : state.Type === 'Parallel' ? state.Branches : [];
    for (const block of inner) checkBlock(name, block, inherited, checks);
  }
}

function checkQuery(query: string, place: string, { evaluator }: Checks): void {
  for (const read of evaluator.compile(query)) {
    if (READABLE.get(read)?.test(place) === false) throw new Error(`$${read} cannot be read here`);
  }
}

/** Every text in the fields of a state, except those of its inner blocks, whose states are in a JavaScript Map. */
function* textsIn(value: unknown, path: readonly string[] = []): Generator<[field: string, text: string]> {
  if (typeof value === 'string') yield [path.join('.'), value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
}

/** Whether a template contains an expression; without one it needs no evaluation. */
export function hasQuery(template: JsonValue): boolean {
  if (typeof template === 'string') return isQuery(template);
  if (typeof template !== 'object' || template === null) return false;
  return Object.values(template).some(hasQuery);
}
