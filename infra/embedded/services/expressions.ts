import type { ExpressionContext, ExpressionParser } from 'dynalite/db/conditionParser.js';

/** Stands in a remembered expression where a request puts its own value. */
class Slot {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

interface Remembered {
  readonly template: unknown;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const MOST = 1000;
/** What these mean depends on the values themselves, not on their types alone. */
const LOOKS_AT_VALUES = /between|attribute_type/i;

/**
 * Parses each expression once: dynalite 4.0.0 parses with every request what is a constant of the program, which costs
 * more than the request itself. The values of a request are put into a copy of what was parsed.
 */
export function rememberExpressions(parser: ExpressionParser): void {
  const parse = parser.parse;
  const known = new Map<string, Remembered>();
  parser.parse = (text, options) => {
    const { context } = options;
    const { attrNames = {}, attrVals = {} } = context;
    if (LOOKS_AT_VALUES.test(text)) return parse(text, options);
    const types = Object.entries(attrVals).map(([name, value]) => `${name} ${Object.keys(value).join()}`);
    const key = JSON.stringify([text, attrNames, types]);
    const found = known.get(key) ?? learn(text, context);
    if (found === null) return parse(text, options);
    if (known.size >= MOST) known.clear();
    known.set(key, found);
    for (const name of found.names) delete context.unusedAttrNames[name];
    for (const name of found.values) delete context.unusedAttrVals[name];
    return filled(found.template, attrVals);
  };

  function learn(text: string, context: ExpressionContext): Remembered | null {
    const { attrNames = {}, attrVals = {} } = context;
    const unused = { unusedAttrNames: { ...attrNames }, unusedAttrVals: { ...attrVals } };
    let parsed: unknown;
    try {
      parsed = parse(text, { context: { ...context, ...unused } });
    } catch {
      return null;
    }
    // A text is a complaint, which may quote the request.
    if (typeof parsed !== 'object') return null;
    const used = (all: object, left: object) => Object.keys(all).filter((name) => !Object.hasOwn(left, name));
    return {
      template: emptied(parsed, new Map(Object.entries(attrVals).map(([name, value]) => [value, new Slot(name)]))),
      names: used(attrNames, unused.unusedAttrNames),
      values: used(attrVals, unused.unusedAttrVals),
    };
  }
}

const emptied = (node: unknown, slots: ReadonlyMap<unknown, Slot>): unknown =>
  slots.get(node) ?? copied(node, (child) => emptied(child, slots));

const filled = (node: unknown, values: Readonly<Record<string, unknown>>): unknown =>
  node instanceof Slot ? values[node.name] : copied(node, (child) => filled(child, values));

/** dynalite changes what it parsed while it works, so that nothing may be shared. */
function copied(node: unknown, copy: (child: unknown) => unknown): unknown {
  if (Array.isArray(node)) return node.map(copy);
  if (typeof node !== 'object' || node === null) return node;
  const result = Object.create(Object.getPrototypeOf(node));
  for (const [name, child] of Object.entries(node)) result[name] = copy(child);
  return result;
}
