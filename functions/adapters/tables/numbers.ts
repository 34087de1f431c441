/** The table cannot hold a number. The message says where in the item it is. */
export class NumberNotStorable extends Error {
  override name = 'NumberNotStorable' as const;
}

/** DynamoDB keeps magnitudes from 1e-130; a double goes down to 5e-324. */
const SMALLEST = 1e-130;
/** DynamoDB would store larger ones, but the SDK refuses to write an integer that a double cannot hold exactly. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/**
 * A command's input with its numbers made storable: a magnitude too small for the table becomes zero.
 * Returns the value itself if nothing needs to change.
 * @throws NumberNotStorable for a number that is too large or not finite
 */
export function storable(value: unknown, path = ''): unknown {
  if (typeof value === 'number') return storableNumber(value, path);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const kept = items.map((item, i) => storable(item, `${path}[${i}]`));
    return kept.every((item, i) => Object.is(item, items[i])) ? value : kept;
  }
  if (!isPlain(value)) return value;
  let kept = value;
  for (const [name, inner] of Object.entries(value)) {
    const stored = storable(inner, path === '' ? name : `${path}.${name}`);
    if (!Object.is(stored, inner)) kept = { ...kept, [name]: stored };
  }
  return kept;
}

function storableNumber(value: number, path: string): number {
  const size = Math.abs(value);
  if (!(size <= LARGEST)) throw new NumberNotStorable(`${path} is ${value}: the table holds numbers up to ${LARGEST}`);
  return size < SMALLEST ? 0 : value;
}

/** Sets and bytes stay as they are: those stored here hold no numbers. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
