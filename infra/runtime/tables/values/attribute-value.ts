/** A value as the DynamoDB API carries it: exactly one of these members. Binary is base64, a number is its text. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] }
  | { readonly M: Item }
  | { readonly L: readonly AttributeValue[] };

/** An item, or a map within one. Names are whatever a client likes: look them up with `attribute` only. */
export interface Item {
  readonly [name: string]: AttributeValue;
}

export const TYPES = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'M', 'L'] as const;
export type AttributeType = (typeof TYPES)[number];

export function typeOf(value: AttributeValue): AttributeType {
  for (const type of TYPES) if (type in value) return type;
  throw new TypeError('not an attribute value');
}

/** The attribute of that name, even where every object of JavaScript has something of that name. */
export function attribute(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** A copy to write to; without a prototype, so that `__proto__` is a name like any other. */
export function copyOf(item: Item): Record<string, AttributeValue> {
  return Object.assign(Object.create(null), item);
}

/** An item of those attributes of another that it has. */
export function pick(item: Item, names: Iterable<string>): Item {
  const picked = copyOf({});
  for (const name of names) {
    const value = attribute(item, name);
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/** The members of a set, whatever they are; undefined for everything else. */
export function membersOf(value: AttributeValue): readonly string[] | undefined {
  if ('SS' in value) return value.SS;
  if ('NS' in value) return value.NS;
  return 'BS' in value ? value.BS : undefined;
}

export const bytesOf = (base64: string) => Buffer.from(base64, 'base64');
