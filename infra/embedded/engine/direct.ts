import { isObject, type JsonValue } from './json.ts';

/** What an expression reads; `states` and the assigned variables. */
export type Bindings = Readonly<Record<string, JsonValue>>;
/** Gives the value, or undefined where only the real evaluator may say. */
export type Direct = (bindings: Bindings) => JsonValue | undefined;

interface Node {
  type: string;
  value?: unknown;
  steps?: unknown;
  lhs?: unknown;
  rhs?: unknown;
}

/** Fields by which the parser says that more is meant than name and value. */
const PLAIN = new Set(['type', 'value', 'position', 'steps', 'lhs', 'rhs']);

const isNode = (node: unknown): node is Node =>
  typeof node === 'object' && node !== null && 'type' in node && typeof node.type === 'string';
const isPlain = (node: unknown): node is Node => isNode(node) && Object.keys(node).every((key) => PLAIN.has(key));

/**
 * A shortcut for what most expressions are: a constant, a variable, a field of a field of it, or a comparison of two
 * such. It gives a value only where JSONata has no rule of its own to apply: every object on the way is a plain one with
 * that field, and what is compared are two numbers, two texts or two booleans. Everything else (arrays to map over, fields that are
 * missing, mixed types) goes the long way. A property test holds it against the real evaluator.
 */
export function compileDirect(ast: unknown): Direct | undefined {
  if (!isPlain(ast)) return undefined;
  const { type, value } = ast;
  if (isConstant(value) && (type === 'string' || type === 'number' || type === 'value')) return () => value;
  if (type === 'variable') return compilePath([ast]);
  if (type === 'path' && Array.isArray(ast.steps)) return compilePath(ast.steps);
  if (type === 'binary' && typeof value === 'string')
    return compare(value, compileDirect(ast.lhs), compileDirect(ast.rhs));
  return undefined;
}

const isConstant = (value: unknown): value is string | number | boolean | null =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

function compilePath([first, ...rest]: unknown[]): Direct | undefined {
  if (!isPlain(first) || first.type !== 'variable' || typeof first.value !== 'string') return undefined;
  const variable = first.value;
  const names: string[] = [];
  for (const step of rest) {
    if (!isPlain(step) || step.type !== 'name' || typeof step.value !== 'string') return undefined;
    names.push(step.value);
  }
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
