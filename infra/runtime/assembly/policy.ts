import * as z from 'zod';

/** Values of a request by condition key, in lower case; a key without an entry is absent from the request. */
export type Context = Readonly<Record<string, readonly string[]>>;
/** One permission that a call needs; a call on several resources needs several. */
export interface AccessRequest {
  /** e.g. `dynamodb:GetItem`. */
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}
export type Policy = (request: AccessRequest) => 'allowed' | 'denied' | 'not allowed';

/** A statement has a condition that this runtime cannot evaluate. The message names the operator or key. */
export class UnsupportedCondition extends Error {
  override readonly name = 'UnsupportedCondition' as const;
}

const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item));
// A policy variable would have to be substituted per request; taken literally, a Deny would never match.
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

/** The statements of an identity-based policy as written in a template. */
export const PolicyDocument = z
  .strictObject({ Version: z.literal('2012-10-17').optional(), Statement: listOf(Statement) })
  .transform((document) => document.Statement);

/**
 * Compiles the statements of one role: an applicable Deny wins, then an applicable Allow; anything else is not allowed.
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

/** The condition keys that requests carry here; a condition on any other could not be evaluated. */
const KEYS = ['dynamodb:leadingkeys', 'dynamodb:returnvalues', 'events:detail-type', 'events:source'];
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?String(Equals|Like)(IfExists)?$/;

/**
 * Compiles one condition. Semantics of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: without a
 * set prefix the request has one value; ForAllValues and IfExists hold when the key is missing.
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

/** Matches a whole text against any of the expressions; without expressions, nothing matches. */
const anyOf = (expressions: readonly string[], flags = '') =>
  new RegExp(expressions.length === 0 ? '(?!)' : `^(?:${expressions.join('|')})$`, `s${flags}`);
const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** Turns a text with the wildcards `*` and `?` into an expression; `kind` is the characters a wildcard stands for. */
const wildcards = (kind: string) => (text: string) =>
  literally(text).replace(/\\([*?])/g, (_, sign) => (sign === '*' ? `${kind}*` : kind));
const pattern = wildcards('.');
const withinPart = wildcards('[^:]');
/** In the first five parts of an ARN a wildcard stays within its part; in the rest it matches anything. */
const arnPattern = (arn: string) =>
  arn === '*'
    ? pattern(arn)
    : arn
        .split(':')
        .map((part, n) => (n < 5 ? withinPart(part) : pattern(part)))
        .join(':');
