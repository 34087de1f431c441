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
const COMPARE: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '=': (value, bound) => value === bound,
};

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
      const excluded = Array.isArray(argument) ? argument : [argument];
      const matchers = excluded.map((item) => compileMatcher(item, where));
      return (values) => values.some((value) => !matchers.some((matches) => matches([value])));
    }
    case 'numeric': {
      const parts = z.array(z.unknown()).catch([]).parse(argument);
      const bounds: ((value: number) => boolean)[] = [];
      for (let at = 0; at < parts.length; at += 2) {
        const compare = COMPARE[String(parts[at])];
        const bound = parts[at + 1];
        if (compare === undefined || typeof bound !== 'number') return refuse(`numeric ${JSON.stringify(argument)}`);
        bounds.push((value) => compare(value, bound));
      }
      if (bounds.length === 0) return refuse('numeric needs a comparison');
      return (values) => values.some((value) => typeof value === 'number' && bounds.every((holds) => holds(value)));
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
