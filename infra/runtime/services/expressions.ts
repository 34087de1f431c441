type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface ExpressionContext {
  readonly attrNames?: Readonly<Record<string, string>>;
  readonly attrVals?: Values;
  readonly unusedAttrNames: Record<string, unknown>;
  readonly unusedAttrVals: Record<string, unknown>;
}
/** dynalite asks for `parse` at every use. */
export interface ExpressionParser {
  parse: (text: string, options: { readonly context: ExpressionContext }) => unknown;
}

interface Remembered {
  /** The names that it uses and what they stood for: where they stand for something else, it means something else. */
  readonly names: readonly (readonly [name: string, attribute: string])[];
  /** The values that it uses and their types, e.g. `N`. */
  readonly types: readonly (readonly [name: string, type: string])[];
  readonly fill: Fill;
}
/** Makes anew what was parsed, with the values of a request. */
type Fill = (values: Values) => unknown;

const MOST = { texts: 1000, meanings: 8 };
/** What these mean depends on the values themselves, not on their types alone. */
const LOOKS_AT_VALUES = /between|attribute_type/i;

/**
 * Parses each expression once: dynalite 4.0.0 parses with every request what is a constant of the program, which costs
 * more than the request itself.
 */
export function rememberExpressions(parser: ExpressionParser): void {
  const parse = parser.parse;
  const known = new Map<string, readonly Remembered[]>();
  parser.parse = (text, options) => {
    const { attrNames = {}, attrVals = {}, unusedAttrNames, unusedAttrVals } = options.context;
    const fits = ({ names, types }: Remembered) =>
      names.every(([name, attribute]) => attrNames[name] === attribute) &&
      types.every(([name, type]) => attrVals[name]?.[type] !== undefined);
    const meanings = known.get(text) ?? [];
    let meaning = meanings.find(fits);
    if (meaning === undefined) {
      const left = { unusedAttrNames: { ...attrNames }, unusedAttrVals: { ...attrVals } };
      const parsed = LOOKS_AT_VALUES.test(text) ? null : parse(text, { context: { ...options.context, ...left } });
      // A text is a complaint, which may quote the request.
      if (parsed === null || typeof parsed !== 'object') return parse(text, options);
      const values = Object.entries(attrVals);
      meaning = {
        names: Object.entries(attrNames).filter(([name]) => !Object.hasOwn(left.unusedAttrNames, name)),
        types: values.flatMap(([name, value]) =>
          Object.hasOwn(left.unusedAttrVals, name) ? [] : Object.keys(value).map((type) => [name, type] as const),
        ),
        fill: template(parsed, new Map(values.map(([name, value]) => [value, name]))),
      };
      if (known.size >= MOST.texts) known.clear();
      known.set(text, [meaning, ...meanings].slice(0, MOST.meanings));
    }
    for (const [name] of meaning.names) delete unusedAttrNames[name];
    for (const [name] of meaning.types) delete unusedAttrVals[name];
    return meaning.fill(attrVals);
  };
}

/** dynalite changes what it parsed while it works: nothing is shared but the paths of attributes, which it only reads. */
function template(node: unknown, slots: ReadonlyMap<unknown, string>): Fill {
  const slot = slots.get(node);
  if (slot !== undefined) return (values) => values[slot];
  if (typeof node !== 'object' || node === null) return () => node;
  const isPath = Array.isArray(node) && node.length > 0 && node.every((part) => typeof part !== 'object');
  if (isPath) return () => node;
  if (Array.isArray(node)) {
    const items = node.map((item) => template(item, slots));
    return (values) => items.map((fill) => fill(values));
  }
  const prototype = Object.getPrototypeOf(node);
  const fields = Object.entries(node).map(([name, field]) => [name, template(field, slots)] as const);
  return (values) => {
    const made = Object.create(prototype);
    for (const [name, fill] of fields) made[name] = fill(values);
    return made;
  };
}
