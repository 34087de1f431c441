import * as z from 'zod';

const Leaf = z.union([z.string(), z.number(), z.boolean(), z.null()]);
type Leaf = z.infer<typeof Leaf>;
/** Tests one value, or with `exists` whether there is one. */
type Matcher = (values: readonly Leaf[]) => boolean;

/** A compiled EventBridge pattern. */
export type Pattern = (event: unknown) => boolean;

/** A pattern uses an operator that this runtime does not have. Names it and where it stands. */
export class UnsupportedPattern extends Error {
  override readonly name = 'UnsupportedPattern' as const;
}

const Fields = z.record(z.string(), z.unknown());
const COMPARE = {
  '<': (value: number, bound: number) => value < bound,
  '<=': (value: number, bound: number) => value <= bound,
  '>': (value: number, bound: number) => value > bound,
  '>=': (value: number, bound: number) => value >= bound,
  '=': (value: number, bound: number) => value === bound,
};
const oneOrMore = <T extends z.ZodType<string | number>>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)]);
const some =
  (test: (value: Leaf) => boolean): Matcher =>
  (values) =>
    values.some(test);
const startsWith = (prefix: string) => (value: Leaf) => typeof value === 'string' && value.startsWith(prefix);

/** The operators; what comes after each of them becomes what tests the values. */
const OPERATORS: Readonly<Record<string, z.ZodType<Matcher>>> = {
  prefix: z.string().transform((prefix) => some(startsWith(prefix))),
  exists: z.boolean().transform((expected) => (values: readonly Leaf[]) => values.length > 0 === expected),
  'anything-but': z.union([
    oneOrMore(z.union([z.string(), z.number()])).transform((others: Leaf[]) =>
      some((value) => !others.includes(value)),
    ),
    z
      .strictObject({ prefix: oneOrMore(z.string()) })
      .transform(({ prefix }) => some((value) => !prefix.some((each) => startsWith(each)(value)))),
  ]),
  /** One comparison, or a range with its lower end first, as EventBridge takes them. */
  numeric: z.union([
    z
      .tuple([z.enum(['<', '<=', '>', '>=', '=']), z.number()])
      .transform(([compare, bound]) => some((value) => typeof value === 'number' && COMPARE[compare](value, bound))),
    z
      .tuple([z.enum(['>', '>=']), z.number(), z.enum(['<', '<=']), z.number()])
      .refine(([, lower, , upper]) => lower < upper)
      .transform(([above, lower, below, upper]) =>
        some((value) => typeof value === 'number' && COMPARE[above](value, lower) && COMPARE[below](value, upper)),
      ),
  ]),
};

/**
 * Compiles an EventBridge event pattern: exact values, `prefix`, `anything-but`, `numeric`, `exists`, nested fields.
 * An array in the event matches when one of its elements does, as on AWS.
 * @throws UnsupportedPattern on any other operator
 */
export function compilePattern(pattern: unknown, path: readonly string[] = []): Pattern {
  const fields = Fields.safeParse(pattern).data ?? {};
  const where = path.join('.') || 'pattern';
  if (Object.keys(fields).length === 0) throw new UnsupportedPattern(`${where}: must be an object of fields`);
  const tests = Object.entries(fields).map(([key, rule]): Pattern => {
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
      const values = elements(event, key).flatMap((item) => {
        const leaf = Leaf.safeParse(item);
        return leaf.success ? [leaf.data] : [];
      });
      return matchers.some((matches) => matches(values));
    };
  });
  return (event) => tests.every((test) => test(event));
}

function compileMatcher(rule: unknown, where: string): Matcher {
  const literal = Leaf.safeParse(rule);
  if (literal.success) return some((value) => value === literal.data);
  const [[operator, argument] = ['', undefined], ...others] = Object.entries(Fields.safeParse(rule).data ?? {});
  if (operator === '' || others.length > 0) {
    throw new UnsupportedPattern(`${where}: each matcher has exactly one operator`);
  }
  const schema = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (schema === undefined) throw new UnsupportedPattern(`${where}: operator ${operator} is not supported`);
  const matcher = schema.safeParse(argument);
  if (matcher.success) return matcher.data;
  throw new UnsupportedPattern(`${where}: ${operator} does not take ${JSON.stringify(argument)}`);
}

/** Values of an own field: an event must not match by what it inherits. */
function elements(event: unknown, key: string): readonly unknown[] {
  const fields = Fields.safeParse(event).data ?? {};
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
