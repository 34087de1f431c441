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

const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item));
// A variable would have to be filled in per request; taken literally, a Deny would never match.
const Text = z.string().refine((text) => !text.includes('${'), 'policy variables are not supported');
const Arn = Text.refine((arn) => arn === '*' || arn.split(':').length >= 6, 'must be * or an ARN');
const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: listOf(Text),
  Resource: listOf(Arn),
  Condition: z.record(z.string(), z.record(z.string(), listOf(Text))).default({}),
});
export type Statement = z.infer<typeof Statement>;

/** The statements of an identity-based policy as a template holds it. */
export const PolicyDocument = z
  .strictObject({ Version: z.literal('2012-10-17').optional(), Statement: listOf(Statement) })
  .transform((document) => document.Statement);

/**
 * Compiles the statements of one role: a Deny that applies wins, then an Allow that applies, else it is not allowed.
 * @throws UnsupportedCondition
 */
export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map(({ Effect, Action, Resource, Condition }) => {
    const [actions, resources] = [anyOf(Action.map(pattern), 'i'), anyOf(Resource.map(arnPattern))];
    const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, expected]) => compileCondition(operator, key, expected)),
    );
    const applies = ({ action, resource, context }: AccessRequest) =>
      actions.test(action) && resources.test(resource) && conditions.every((holds) => holds(context));
    return { deny: Effect === 'Deny', applies };
  });
  return (request) => {
    const applying = compiled.filter(({ applies }) => applies(request));
    if (applying.some(({ deny }) => deny)) return 'denied';
    return applying.length > 0 ? 'allowed' : 'not allowed';
  };
}

/** Keys that requests here are given; a condition on any other would be judged on nothing. */
const KEYS = ['dynamodb:leadingkeys', 'dynamodb:returnvalues', 'events:detail-type', 'events:source'];
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?String(Equals|Like)(IfExists)?$/;

/**
 * Compiles one condition. Semantics of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: without a set
 * prefix the request has one value; ForAllValues holds where the key is missing, and so does IfExists.
 * @throws UnsupportedCondition
 */
function compileCondition(operator: string, key: string, expected: readonly string[]): (context: Context) => boolean {
  const name = key.toLowerCase();
  if (!KEYS.includes(name)) throw new UnsupportedCondition(`condition key ${key} is not supported`);
  const parts = OPERATOR.exec(operator);
  if (parts === null) throw new UnsupportedCondition(`condition operator ${operator} is not supported`);
  const [, set, comparison, ifExists] = parts;
  const patterns = anyOf(expected.map(comparison === 'Like' ? pattern : literally));
  const test = (value: string) => patterns.test(value);
  return (context) => {
    const values = context[name] ?? [];
    if (values.length === 0) return set === 'ForAllValues' || ifExists !== undefined;
    return set === 'ForAnyValue' ? values.some(test) : values.every(test);
  };
}

/** Matches a text that is as a whole one of the expressions; where there is none, nothing. */
const anyOf = (expressions: readonly string[], flags = '') =>
  new RegExp(expressions.length === 0 ? '(?!)' : `^(?:${expressions.join('|')})$`, `s${flags}`);
const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** The expression for texts in which `*` and `?` stand for characters of a kind. */
const wildcards = (kind: string) => (text: string) =>
  literally(text).replace(/\\([*?])/g, (_, sign) => (sign === '*' ? `${kind}*` : kind));
const pattern = wildcards('.');
const withinPart = wildcards('[^:]');
/** In the first five parts of an ARN a wildcard stays within its part, in the rest it matches everything. */
const arnPattern = (arn: string) =>
  arn === '*'
    ? pattern(arn)
    : arn
        .split(':')
        .map((part, n) => (n < 5 ? withinPart(part) : pattern(part)))
        .join(':');
