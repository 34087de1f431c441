import { type AttributeValue, bytesOf } from '../values/attribute-value.ts';
import { sortableNumber } from '../values/number.ts';

/** Bytes that sort as keys do in DynamoDB: by partition, then by sort key. */
export type Key = Uint8Array;

/** Below everything that may follow in a value, where a zero byte is written as 00 02. */
const END = '\u0000\u0001';
/** Above every byte of UTF-8. */
const TOP = Buffer.from([0xff]);
const NEXT = Buffer.from([0]);

/** Text of one part of a key, without its end: what begins with a prefix has a text that begins with the prefix's. */
export function keyText(value: AttributeValue): string {
  if ('S' in value) return value.S.includes('\u0000') ? value.S.replaceAll('\u0000', '\u0000\u0002') : value.S;
  if ('N' in value) return sortableNumber(value.N);
  if ('B' in value) return bytesOf(value.B).toString('hex');
  throw new TypeError('not a value of a key');
}

/** The key of these values, in their order; also what all keys begin with that have these values first. */
export const keyOf = (values: readonly AttributeValue[]): Key =>
  Buffer.from(values.map((value) => keyText(value) + END).join(''));

/** What keys begin with that have these values first, and then one that begins with `prefix`. */
export const keyPrefix = (values: readonly AttributeValue[], prefix: AttributeValue): Key =>
  Buffer.concat([keyOf(values), Buffer.from(keyText(prefix))]);

/** Above all keys that begin with this, and below all others that are above it. */
export const afterAll = (prefix: Key): Key => Buffer.concat([prefix, TOP]);
/** The least key above this one. */
export const justAfter = (key: Key): Key => Buffer.concat([key, NEXT]);

/** All keys that there can be. */
export const EVERYTHING = { from: NEXT, to: TOP } as const;

/** For a message to a human. */
export function readableKey(key: Key): string {
  const parts = Buffer.from(key).toString().split(END);
  const text = parts.slice(0, -1).join(', ');
  return (text || parts.join('')).replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
