import { glob } from './glob.ts';

/** What a request says about itself, by condition key in lower case; a key without an entry is not in the request. */
export type Context = Readonly<Record<string, readonly string[]>>;
export type Condition = (context: Context) => boolean;

/** A statement has a condition that this runtime cannot judge. Names operator and key. */
export class UnsupportedCondition extends Error {
  override readonly name = 'UnsupportedCondition' as const;
}

/** Keys that requests here are given; a condition on any other would be judged on nothing. */
const KEYS = new Set([
  ...['aws:principalaccount', 'aws:principalarn', 'aws:requestedregion', 'aws:resourceaccount'],
  ...['dynamodb:leadingkeys', 'dynamodb:returnvalues', 'dynamodb:select', 'events:detail-type', 'events:source'],
]);

type Test = (value: string) => boolean;
type MakeTest = (expected: readonly string[]) => Test;
const arnLike: MakeTest = (expected) => anyOf(expected.map((pattern) => glob(pattern, ':')));
const POSITIVE: Readonly<Record<string, MakeTest>> = {
  ArnEquals: arnLike,
  ArnLike: arnLike,
  StringEquals: (expected) => (value) => expected.includes(value),
  StringEqualsIgnoreCase: (expected) => {
    const lowered = expected.map((text) => text.toLowerCase());
    return (value) => lowered.includes(value.toLowerCase());
  },
  StringLike: (expected) => anyOf(expected.map((pattern) => glob(pattern))),
};
const NEGATIVE: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/**
 * Compiles the conditions of one statement; all of them must hold. Semantics of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html: without a set
 * prefix the request has one value; ForAllValues holds where the key is missing; IfExists holds where it is missing; a
 * negated operator holds where it is missing.
 * @throws UnsupportedCondition
 */
export function compileConditions(conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>) {
  const compiled = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, expected]) => compileOne(operator, key, expected)),
  );
  return (context: Context): boolean => compiled.every((holds) => holds(context));
}

function compileOne(operator: string, key: string, expected: readonly string[]): Condition {
  const name = key.toLowerCase();
  if (!KEYS.has(name)) throw new UnsupportedCondition(`condition key ${key} is not supported`);
  if (operator === 'Null') return (context) => expected.includes(String(context[name] === undefined));
  const [, set, base = '', ifExists] = OPERATOR.exec(operator) ?? [];
  const opposite = NEGATIVE[base];
  const make = POSITIVE[opposite ?? base];
  if (make === undefined) throw new UnsupportedCondition(`condition operator ${operator} is not supported`);
  const matches = make(expected);
  const test: Test = opposite === undefined ? matches : (value) => !matches(value);
  const whenMissing = set === 'ForAllValues' || (set === undefined && opposite !== undefined) || ifExists !== undefined;
  return (context) => {
    const values = context[name];
    if (values === undefined || values.length === 0) return whenMissing;
    return set === 'ForAnyValue' ? values.some(test) : values.every(test);
  };
}

function anyOf(tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value));
}
