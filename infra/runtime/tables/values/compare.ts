import { type AttributeValue, attribute, bytesOf, type Item, membersOf } from './attribute-value.ts';
import { compareNumbers, numberSize } from './number.ts';

/** Same type and same value; the order of sets does not matter. */
export function equal(a: AttributeValue, b: AttributeValue): boolean {
  if ('S' in a) return 'S' in b && a.S === b.S;
  if ('N' in a) return 'N' in b && a.N === b.N;
  if ('B' in a) return 'B' in b && a.B === b.B;
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL;
  if ('NULL' in a) return 'NULL' in b;
  if ('M' in a) return 'M' in b && sameItem(a.M, b.M);
  if ('L' in a) return 'L' in b && a.L.length === b.L.length && a.L.every((value, at) => same(value, b.L[at]));
  if ('SS' in a) return 'SS' in b && sameSet(a.SS, b.SS);
  return 'NS' in a ? 'NS' in b && sameSet(a.NS, b.NS) : 'BS' in b && sameSet(a.BS, b.BS);
}

const same = (a: AttributeValue, b: AttributeValue | undefined) => b !== undefined && equal(a, b);
const sameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && new Set([...a, ...b]).size === a.length;

export function sameItem(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [left, right] = [attribute(a, name), attribute(b, name)];
      return left !== undefined && right !== undefined && equal(left, right);
    })
  );
}

const SURROGATE = /[\ud800-\udfff]/;

/** Below, at or above 0 for two texts, two numbers or two binaries; undefined where there is no order. */
export function compareValues(a: AttributeValue, b: AttributeValue): number | undefined {
  if ('S' in a && 'S' in b) return compareTexts(a.S, b.S);
  if ('N' in a && 'N' in b) return compareNumbers(a.N, b.N);
  if ('B' in a && 'B' in b) return Buffer.compare(bytesOf(a.B), bytesOf(b.B));
  return undefined;
}

/** In the order of UTF-8, which is JavaScript's own as long as there are no surrogates. */
function compareTexts(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Bytes of an item as DynamoDB counts them: names and values, and 3 + 1 for each member of a list or map. */
export function sizeOf(item: Item): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) size += Buffer.byteLength(name) + sizeOfValue(value);
  return size;
}

const sum = (values: readonly string[], size: (value: string) => number) =>
  values.reduce((total, value) => total + size(value), 0);

function sizeOfValue(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return numberSize(value.N);
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('L' in value) return value.L.reduce((total, member) => total + 1 + sizeOfValue(member), 3);
  if ('M' in value) return 3 + Object.keys(value.M).length + sizeOf(value.M);
  if ('SS' in value) return sum(value.SS, Buffer.byteLength);
  if ('NS' in value) return sum(value.NS, numberSize);
  return 'BS' in value ? sum(value.BS, (member) => Buffer.byteLength(member, 'base64')) : 1;
}

/** What `size()` is of a value; undefined where it has none. */
export function lengthOf(value: AttributeValue): number | undefined {
  if ('S' in value) return value.S.length;
  if ('B' in value) return Buffer.byteLength(value.B, 'base64');
  if ('L' in value) return value.L.length;
  return 'M' in value ? Object.keys(value.M).length : membersOf(value)?.length;
}
