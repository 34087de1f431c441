import type { ExprNode } from 'jsonata';
import { isObject, type JsonValue } from './json.ts';

/** The variables an expression reads: `states` and the assigned ones. */
export type Bindings = Readonly<Record<string, JsonValue>>;
/** Returns the value, or undefined where only the real evaluator can tell. */
export type Direct = (bindings: Bindings) => JsonValue | undefined;

/** The fields of a node that means no more than its name and value. */
const PLAIN = new Set(['type', 'value', 'position', 'steps', 'lhs', 'rhs']);
const isPlain = (node: ExprNode) => Object.keys(node).every((key) => PLAIN.has(key));

/**
 * A fast path for the most common expressions: a constant, a variable, a path of fields below it, or a comparison of
 * two of these. It returns a value only where none of JSONata's special rules apply: every object on the path is a
 * plain one with that field, and the operands are two numbers, two strings or two booleans. Everything else (arrays
 * to map over, missing fields, mixed types) takes the slow path. A property test compares it with the real evaluator.
 */
export function compileDirect(ast: ExprNode | ExprNode[] | undefined): Direct | undefined {
  if (ast === undefined || Array.isArray(ast) || !isPlain(ast)) return undefined;
  const { type, steps } = ast;
  const value: unknown = ast.value;
  if (isConstant(value) && (type === 'string' || type === 'number' || type === 'value')) return () => value;
  if (type === 'variable') return compilePath([ast]);
  if (steps !== undefined) return compilePath(steps);
  if (type === 'binary') return compare(String(value), compileDirect(ast.lhs), compileDirect(ast.rhs));
  return undefined;
}

const isConstant = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

function compilePath([first, ...rest]: ExprNode[]): Direct | undefined {
  if (first?.type !== 'variable' || !isPlain(first)) return undefined;
  if (!rest.every((step) => step.type === 'name' && isPlain(step))) return undefined;
  const variable = String(first.value);
  const names = rest.map(({ value }) => String(value));
  return (bindings) => {
    let found = Object.hasOwn(bindings, variable) ? bindings[variable] : undefined;
    for (const name of names) {
      if (found === undefined || !isObject(found) || !Object.hasOwn(found, name)) return undefined;
      found = found[name];
    }
    return found;
  };
}

const COMPARISONS: Readonly<Record<string, <T>(a: T, b: T) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function compare(operator: string, lhs: Direct | undefined, rhs: Direct | undefined): Direct | undefined {
  const holds = COMPARISONS[operator];
  if (holds === undefined || lhs === undefined || rhs === undefined) return undefined;
  const comparable = new Set(['number', 'string', ...(operator === '=' || operator === '!=' ? ['boolean'] : [])]);
  return (bindings) => {
    const [a, b] = [lhs(bindings), rhs(bindings)];
    return typeof a === typeof b && comparable.has(typeof a) ? holds(a, b) : undefined;
  };
}
