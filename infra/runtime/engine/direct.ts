import type { ExprNode } from 'jsonata';
import { isObject, type JsonValue } from './json.ts';

/** What an expression reads; `states` and the assigned variables. */
export type Bindings = Readonly<Record<string, JsonValue>>;
/** Gives the value, or undefined where only the real evaluator may say. */
export type Direct = (bindings: Bindings) => JsonValue | undefined;

/** Fields by which the parser says that no more is meant than name and value. */
const PLAIN = new Set(['type', 'value', 'position', 'steps', 'lhs', 'rhs']);
const isPlain = (node: ExprNode) => Object.keys(node).every((key) => PLAIN.has(key));

/**
 * A shortcut for what most expressions are: a constant, a variable, a field of a field of it, or a comparison of two
 * such. It gives a value only where JSONata has no rule of its own to apply: every object on the way is a plain one with
 * that field, and what is compared are two numbers, two texts or two booleans. Everything else (arrays to map over,
 * fields that are missing, mixed types) goes the long way. A property test holds it against the real evaluator.
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
