import * as z from 'zod';

/** A compiled EventBridge pattern. */
export type Pattern = (event: unknown) => boolean;
/** Tests the plain values of one field. */
type Matcher = (values: readonly unknown[]) => boolean;

/** A pattern uses an operator that this runtime does not support. The message names it and its location. */
export class UnsupportedPattern extends Error {
  override readonly name = 'UnsupportedPattern' as const;
}

const COMPARE = {
  '<': (value: number, bound: number) => value < bound,
  '<=': (value: number, bound: number) => value <= bound,
  '>': (value: number, bound: number) => value > bound,
  '>=': (value: number, bound: number) => value >= bound,
  '=': (value: number, bound: number) => value === bound,
};
const oneOrMore = <T extends z.ZodType<string | number>>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)]);
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const some =
  (test: (value: unknown) => boolean): Matcher =>
  (values) =>
    values.some(test);
const begins = (value: unknown, prefixes: readonly string[]) =>
  typeof value === 'string' && prefixes.some((prefix) => value.startsWith(prefix));

/** The operators; each parses its argument into a matcher. */
const OPERATORS: Readonly<Record<string, z.ZodType<Matcher>>> = {
  prefix: z.string().transform((prefix) => some((value) => begins(value, [prefix]))),
  exists: z.boolean().transform(
    (expected): Matcher =>
      (values) =>
        values.length > 0 === expected,
  ),
  'anything-but': z.union([
    oneOrMore(z.union([z.string(), z.number()])).transform((others: unknown[]) => some((one) => !others.includes(one))),
    z.strictObject({ prefix: oneOrMore(z.string()) }).transform(({ prefix }) => some((one) => !begins(one, prefix))),
  ]),
  numeric: z
    .union([
      z.tuple([z.enum(['<', '<=', '>', '>=', '=']), z.number()]).transform((bound) => [bound]),
      // EventBridge requires the lower bound of a range first.
      z
        .tuple([z.enum(['>', '>=']), z.number(), z.enum(['<', '<=']), z.number()])
        .refine(([, lower, , upper]) => lower < upper)
        .transform(([above, lower, below, upper]) => [[above, lower] as const, [below, upper] as const]),
    ])
    .transform((bounds) =>
      some((value) => typeof value === 'number' && bounds.every(([compare, bound]) => COMPARE[compare](value, bound))),
    ),
};

/**
 * Compiles an EventBridge event pattern: exact values, `prefix`, `anything-but`, `numeric`, `exists`, nested fields.
 * An array in the event matches when one of its elements does, as on AWS.
 * @throws UnsupportedPattern on any other operator
 */
export function compilePattern(pattern: unknown, path: readonly string[] = []): Pattern {
  const fields = Object.entries(isFields(pattern) ? pattern : {});
  const where = path.join('.') || 'pattern';
  if (fields.length === 0) throw new UnsupportedPattern(`${where}: must be an object of fields`);
  const tests = fields.map(([key, rule]): Pattern => {
    if (key.startsWith('$')) throw new UnsupportedPattern(`${where}: ${key} is not supported`);
    const here = [...path, key];
    if (!Array.isArray(rule)) {
      const nested = compilePattern(rule, here);
      return (event) => {
        const items = elements(event, key);
        // A missing parent still has missing children, so that `exists: false` below it can match.
        return items.length === 0 ? nested(undefined) : items.some(nested);
      };
    }
    if (rule.length === 0) throw new UnsupportedPattern(`${here.join('.')}: an empty list matches nothing`);
    const matchers = rule.map((item) => compileMatcher(item, here.join('.')));
    return (event) => {
      const values = elements(event, key).filter((item) => typeof item !== 'object' || item === null);
      return matchers.some((matches) => matches(values));
    };
  });
  return (event) => tests.every((test) => test(event));
}

function compileMatcher(rule: unknown, where: string): Matcher {
  if (typeof rule !== 'object' || rule === null) return some((value) => value === rule);
  const [[operator, argument] = ['', undefined], ...others] = Object.entries(isFields(rule) ? rule : {});
  if (operator === '' || others.length > 0) {
    throw new UnsupportedPattern(`${where}: each matcher has exactly one operator`);
  }
  const schema = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (schema === undefined) throw new UnsupportedPattern(`${where}: operator ${operator} is not supported`);
  const matcher = schema.safeParse(argument);
  if (matcher.success) return matcher.data;
  throw new UnsupportedPattern(`${where}: ${operator} does not take ${JSON.stringify(argument)}`);
}

/** Values of an own property: inherited properties must not match. */
function elements(event: unknown, key: string): readonly unknown[] {
  const value = isFields(event) && Object.hasOwn(event, key) ? event[key] : undefined;
  if (Array.isArray(value)) return value;
  return value === undefined ? [] : [value];
}
