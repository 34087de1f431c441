import * as z from 'zod';

/** What a request says about itself, by condition key in lower case; a key without an entry is not in the request. */
export type Context = Readonly<Record<string, readonly string[]>>;
/** One thing a call wants to do: calls on several resources want several. */
export interface AccessRequest {
  /** e.g. `dynamodb:GetItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}
export type Policy = (request: AccessRequest) => 'allowed' | 'denied' | 'not allowed';

/** A statement has a condition that this runtime cannot judge. Names operator and key. */
export class UnsupportedCondition extends Error {
  override readonly name = 'UnsupportedCondition' as const;
}

const Texts = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (typeof given === 'string' ? [given] : given))
  // A variable would have to be filled in per request; taken literally, a Deny would never match.
  .refine((texts) => texts.every((text) => !text.includes('${')), 'policy variables are not supported');
const Arns = Texts.refine(
  (arns) => arns.every((arn) => arn === '*' || arn.split(':').length >= 6),
  'each must be * or an ARN',
);
const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: Texts,
  Resource: Arns,
  Condition: z.record(z.string(), z.record(z.string(), Texts)).default({}),
});
export type Statement = z.infer<typeof Statement>;

/** The statements of an identity-based policy as a template holds it. */
export const PolicyDocument = z
  .strictObject({
    Version: z.literal('2012-10-17').optional(),
    Statement: z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(Statement)),
  })
  .transform((document) => document.Statement);

/**
 * Compiles the statements of one role: a Deny that applies wins, then an Allow that applies, else it is not allowed.
 * What concerns an action is looked up once and kept: a request costs one comparison or two.
 * @throws UnsupportedCondition
 */
export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map(compile);
  const byAction = new Map<string, typeof compiled>();
  const concerning = (action: string) => {
    const known = byAction.get(action) ?? compiled.filter((statement) => statement.concerns(action.toLowerCase()));
    byAction.set(action, known);
    return known;
  };
  return (request) => {
    let allowed = false;
    for (const { deny, applies } of concerning(request.action)) {
      if ((deny || !allowed) && applies(request)) {
        if (deny) return 'denied';
        allowed = true;
      }
    }
    return allowed ? 'allowed' : 'not allowed';
  };
}

function compile({ Effect, Action, Resource, Condition }: Statement) {
  const isResource = anyOf(Resource, arnGlob);
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, expected]) => compileCondition(operator, key, expected)),
  );
  return {
    deny: Effect === 'Deny',
    concerns: anyOf(Action, (pattern) => glob(pattern.toLowerCase())),
    applies: ({ resource, context }: AccessRequest) =>
      isResource(resource) && conditions.every((holds) => holds(context)),
  };
}

/** Keys that requests here are given; a condition on any other would be judged on nothing. */
const KEYS = new Set([...['dynamodb:leadingkeys', 'dynamodb:returnvalues', 'events:detail-type', 'events:source']]);
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?String(Equals|Like)(IfExists)?$/;

/**
 * Compiles one condition. Semantics of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: without a set
 * prefix the request has one value; ForAllValues holds where the key is missing, and so does IfExists.
 * @throws UnsupportedCondition
 */
function compileCondition(operator: string, key: string, expected: readonly string[]): (context: Context) => boolean {
  const name = key.toLowerCase();
  if (!KEYS.has(name)) throw new UnsupportedCondition(`condition key ${key} is not supported`);
  const parts = OPERATOR.exec(operator);
  if (parts === null) throw new UnsupportedCondition(`condition operator ${operator} is not supported`);
  const [, set, comparison, ifExists] = parts;
  const test = comparison === 'Like' ? anyOf(expected, glob) : (value: string) => expected.includes(value);
  return (context) => {
    const values = context[name] ?? [];
    if (values.length === 0) return set === 'ForAllValues' || ifExists !== undefined;
    return set === 'ForAnyValue' ? values.some(test) : values.every(test);
  };
}

type Test = (text: string) => boolean;

function anyOf(patterns: readonly string[], compilePattern: (pattern: string) => Test): Test {
  const tests = patterns.map((pattern) => compilePattern(pattern));
  return (text) => tests.some((test) => test(text));
}

/** Compiles a pattern with `*` and `?`, which stand for any characters but the given ones. */
function glob(pattern: string, except = ''): Test {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const any = `[^${except}]`;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/[*?]/g, (each) => (each === '*' ? `${any}*` : any));
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** In the first five parts of an ARN a wildcard stays within its part, in the rest it matches everything. */
function arnGlob(pattern: string): Test {
  const parts = pattern.split(':');
  if (pattern === '*' || !/[*?]/.test(pattern)) return glob(pattern);
  const head = glob(parts.slice(0, 5).join(':'), ':');
  const rest = glob(parts.slice(5).join(':'));
  return (arn) => {
    const given = arn.split(':');
    return head(given.slice(0, 5).join(':')) && rest(given.slice(5).join(':'));
  };
}
