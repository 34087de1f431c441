import * as z from 'zod';

type Leaf = string | number | boolean | null;
type Matcher = (values: readonly Leaf[]) => boolean;

/** A compiled EventBridge pattern. */
export type Pattern = (event: unknown) => boolean;

/** A pattern uses an operator that this runtime does not have. Names it and where it stands. */
export class UnsupportedPattern extends Error {
  override readonly name = 'UnsupportedPattern' as const;
}

const Fields = z.record(z.string(), z.unknown());
const LeafValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const COMPARE = {
  '<': (value: number, bound: number) => value < bound,
  '<=': (value: number, bound: number) => value <= bound,
  '>': (value: number, bound: number) => value > bound,
  '>=': (value: number, bound: number) => value >= bound,
  '=': (value: number, bound: number) => value === bound,
};
/** One comparison, or a range with its lower end first, as EventBridge takes them. */
const Numeric = z.union([
  z.tuple([z.enum(['<', '<=', '>', '>=', '=']), z.number()]).transform(([compare, bound]) => [{ compare, bound }]),
  z
    .tuple([z.enum(['>', '>=']), z.number(), z.enum(['<', '<=']), z.number()])
    .refine(([, lower, , upper]) => lower < upper)
    .transform(([above, lower, below, upper]) => [
      { compare: above, bound: lower },
      { compare: below, bound: upper },
    ]),
]);
const oneOrMore = <T extends z.ZodType<string | number>>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)]);
const Excluded = z.union([
  oneOrMore(z.union([z.string(), z.number()])).transform((values): Exclusion => ({ values, prefixes: [] })),
  z
    .strictObject({ prefix: oneOrMore(z.string()) })
    .transform(({ prefix }): Exclusion => ({ values: [], prefixes: prefix })),
]);
interface Exclusion {
  readonly values: readonly Leaf[];
  readonly prefixes: readonly string[];
}

/**
 * Compiles an EventBridge event pattern: exact values, `prefix`, `anything-but`, `numeric`, `exists`, nested fields.
 * An array in the event matches when one of its elements does, as on AWS.
 * @throws UnsupportedPattern on any other operator
 */
export function compilePattern(pattern: unknown, path: readonly string[] = []): Pattern {
  const fields = Fields.safeParse(pattern);
  const where = path.join('.') || 'pattern';
  if (!fields.success || Object.keys(fields.data).length === 0)
    throw new UnsupportedPattern(`${where}: must be an object of fields`);
  const tests = Object.entries(fields.data).map(([key, rule]): Pattern => {
    if (key.startsWith('$')) throw new UnsupportedPattern(`${where}: ${key} is not supported`);
    const here = [...path, key];
    if (!Array.isArray(rule)) {
      const nested = compilePattern(rule, here);
      return (event) => {
        const items = elements(field(event, key));
        // A missing parent still has missing children, so that `exists: false` below it can match.
        return items.length === 0 ? nested(undefined) : items.some(nested);
      };
    }
    if (rule.length === 0) throw new UnsupportedPattern(`${here.join('.')}: an empty list matches nothing`);
    const matchers = rule.map((item) => compileMatcher(item, here.join('.')));
    return (event) => {
      const values = elements(field(event, key)).flatMap((item) => {
        const leaf = LeafValue.safeParse(item);
        return leaf.success ? [leaf.data] : [];
      });
      return matchers.some((matches) => matches(values));
    };
  });
  return (event) => tests.every((test) => test(event));
}

function compileMatcher(rule: unknown, where: string): Matcher {
  const literal = LeafValue.safeParse(rule);
  if (literal.success) return (values) => values.includes(literal.data);
  const [entry, ...others] = Object.entries(Fields.catch({}).parse(rule));
  const refuse = (problem: string): never => {
    throw new UnsupportedPattern(`${where}: ${problem}`);
  };
  if (entry === undefined || others.length > 0) return refuse('each matcher has exactly one operator');
  const [operator, argument] = entry;
  switch (operator) {
    case 'prefix': {
      const prefix = z.string().safeParse(argument);
      if (!prefix.success) return refuse('prefix takes a string');
      return (values) => values.some((value) => typeof value === 'string' && value.startsWith(prefix.data));
    }
    case 'exists': {
      const expected = z.boolean().safeParse(argument);
      if (!expected.success) return refuse('exists takes true or false');
      return (values) => values.length > 0 === expected.data;
    }
    case 'anything-but': {
      const excluded = Excluded.safeParse(argument);
      if (!excluded.success) return refuse('anything-but takes strings, numbers or prefixes');
      const { values: others, prefixes } = excluded.data;
      const isExcluded = (value: Leaf) =>
        others.includes(value) || prefixes.some((prefix) => typeof value === 'string' && value.startsWith(prefix));
      return (values) => values.some((value) => !isExcluded(value));
    }
    case 'numeric': {
      const parsed = Numeric.safeParse(argument);
      if (!parsed.success) return refuse(`numeric ${JSON.stringify(argument)}`);
      const holds = (value: number) => parsed.data.every(({ compare, bound }) => COMPARE[compare](value, bound));
      return (values) => values.some((value) => typeof value === 'number' && holds(value));
    }
    default:
      return refuse(`operator ${operator} is not supported`);
  }
}

/** Own fields only: an event must not match by what it inherits. */
function field(event: unknown, key: string): unknown {
  const fields = Fields.safeParse(event);
  return fields.success && Object.hasOwn(fields.data, key) ? fields.data[key] : undefined;
}

function elements(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
