import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import * as z from 'zod';
import { isQuery } from './definition.ts';
import { type Bindings, compileDirect, type Direct } from './direct.ts';
import { isObject, type JsonValue } from './json.ts';

/** An expression failed or returned nothing. The message is AWS's, without its opening about the state. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed' as const;
  readonly location: string;

  constructor(reason: string, location: string) {
    super(reason);
    this.location = location;
  }
}

export type Evaluator = ReturnType<typeof createEvaluator>;

const Thrown = z.object({ code: z.string().optional(), message: z.string() });
const describe = (error: unknown) => {
  const { code, message } = Thrown.safeParse(error).data ?? { message: String(error) };
  return code === undefined ? message : `${code}: ${message}`;
};
const expressionOf = (query: string) => query.slice(2, -2).trim();

/**
 * JSONata as in Step Functions: no `$eval`, six additional functions, and time and randomness from the engine's own
 * sources, so that a simulated day is reproducible.
 */
export function createEvaluator({ now, random }: { now: () => number; random: () => number }) {
  const compiled = new Map<string, { expression: jsonata.Expression; direct: Direct | undefined }>();
  const formatTime = jsonata('$fromMillis($millis, $picture, $timezone)');

  const compile = (query: string) => {
    const known = compiled.get(query);
    if (known !== undefined) return known;
    const expression = parse(expressionOf(query));
    expression.registerFunction('now', (picture?: string, timezone?: string) =>
      formatTime.evaluate(undefined, { millis: now(), picture, timezone }),
    );
    expression.registerFunction('millis', () => now());
    expression.registerFunction('partition', partition, '<an:a>');
    expression.registerFunction('range', range, '<nnn:x>');
    expression.registerFunction('hash', hash);
    expression.registerFunction('random', (seed?: number) => (seed === undefined ? random() : seededFraction(seed)));
    expression.registerFunction('uuid', () => uuidFrom(random));
    expression.registerFunction(
      'parse',
      (text?: string): unknown => (text === undefined ? text : JSON.parse(text)),
      '<s:x>',
    );
    const made = { expression, direct: compileDirect(expression.ast()) };
    compiled.set(query, made);
    return made;
  };

  const run = async (query: string, location: string, variables: Bindings): Promise<JsonValue> => {
    const { expression, direct } = compile(query);
    // Not copied: what expressions read is never modified.
    const known = direct?.(variables);
    if (known !== undefined) return known;
    const about = `The JSONata expression '${expressionOf(query)}' specified for the field '${location}'`;
    let result: unknown;
    try {
      result = await expression.evaluate(undefined, variables);
    } catch (error) {
      throw new QueryFailed(`${about} threw an error during evaluation. ${describe(error)}`, location);
    }
    if (result === undefined) throw new QueryFailed(`${about} returned nothing (undefined).`, location);
    const plain = toJson(result);
    if (plain === undefined) throw new QueryFailed(`${about} returned an unsupported result type.`, location);
    return plain;
  };

  /**
   * Evaluates every expression in a template with the given variables.
   *
   * @throws QueryFailed with the location in AWS's form, e.g. `Output/verdict/reasons[0]`
   */
  const evaluate = async (template: JsonValue, location: string, variables: Bindings): Promise<JsonValue> => {
    if (typeof template === 'string') return isQuery(template) ? run(template, location, variables) : template;
    if (Array.isArray(template)) {
      const items: JsonValue[] = [];
      for (const [i, item] of template.entries()) items.push(await evaluate(item, `${location}[${i}]`, variables));
      return items;
    }
    if (!isObject(template)) return template;
    const entries: [string, JsonValue][] = [];
    for (const [key, item] of Object.entries(template)) {
      entries.push([key, await evaluate(item, `${location}/${key}`, variables)]);
    }
    return Object.fromEntries(entries);
  };
  return {
    evaluate,
    /** Compiles and caches a query; returns what it reads. Throws an Error with jsonata's message if it is invalid. */
    compile: (query: string) => readsOf(compile(query).expression),
  };
}

function parse(text: string): jsonata.Expression {
  let expression: jsonata.Expression;
  try {
    expression = jsonata(text);
  } catch (error) {
    throw new Error(`not JSONata: ${describe(error)}`, { cause: error });
  }
  if (readsOf(expression).has('eval')) throw new Error('$eval is not part of JSONata in Step Functions');
  return expression;
}

/** The variables of an expression and the fields it reads of each, e.g. `states`, `states.result`. */
function readsOf(expression: jsonata.Expression): ReadonlySet<string> {
  const found = new Set<string>();
  JSON.stringify(expression.ast(), (_key, node: jsonata.ExprNode | null) => {
    const [first, second] = node?.steps ?? [];
    if (first?.type === 'variable') found.add(`${first.value}.${second?.value}`);
    if (node?.type === 'variable') found.add(node.value);
    return node;
  });
  return found;
}

const FUNCTION_MARKS = ['_jsonata_lambda', '_jsonata_function'];

/**
 * A result as plain JSON that shares nothing with what the expression read; undefined if it contains a function or a
 * number that JSON does not have. The round trip through text also drops the marks jsonata leaves on arrays, and
 * makes `__proto__` an ordinary key.
 */
function toJson(value: unknown): JsonValue | undefined {
  let unsupported = false;
  const text = JSON.stringify(value, (_key, item: unknown) => {
    const isNoJson =
      typeof item === 'function' ||
      // JSON.stringify would turn it into null.
      (typeof item === 'number' && !Number.isFinite(item)) ||
      (typeof item === 'object' && item !== null && FUNCTION_MARKS.some((mark) => Object.hasOwn(item, mark)));
    if (!isNoJson) return item;
    unsupported = true;
    return undefined;
  });
  if (unsupported || text === undefined) return undefined;
  const plain: JsonValue = JSON.parse(text);
  return plain;
}

/** Like JSONata's own functions, returns nothing for nothing. */
function partition(items: unknown[] | undefined, size: number): unknown[][] | undefined {
  if (items === undefined) return undefined;
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition: the size must be a positive integer');
  const parts: unknown[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

/** Inclusive. Like every JSONata sequence, one number is returned as itself and an empty range as nothing. */
function range(first: number, last: number, step: number): number[] | number | undefined {
  if (step === 0) throw new Error('$range: the step must not be 0');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > 1000) throw new Error('$range: at most 1000 numbers');
  const numbers = Array.from({ length }, (_, i) => first + i * step);
  return numbers.length > 1 ? numbers : numbers[0];
}

function hash(content: unknown, algorithm: string): string | undefined {
  if (content === undefined) return undefined;
  const known = ['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  if (!known.includes(algorithm)) throw new Error(`$hash: the algorithm must be one of ${known.join(', ')}`);
  return createHash(algorithm.replace('-', '').toLowerCase())
    .update(typeof content === 'string' ? content : JSON.stringify(content))
    .digest('hex');
}

/** Equal for equal seeds, as AWS promises; its generator is not published, so the numbers differ from AWS's. */
function seededFraction(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE(0) / 2 ** 32;
}

/** A version 4 UUID (RFC 9562) from the engine's own random numbers. */
function uuidFrom(random: () => number): string {
  const digit = (from: number, to: number) => (from + Math.floor(random() * (to - from))).toString(16);
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) =>
    place === 'y' ? digit(8, 12) : digit(0, 16),
  );
}
