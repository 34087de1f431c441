import * as z from 'zod';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

export const Json: z.ZodType<JsonValue> = z.json();

/** AWS's limit on data passed between states, in bytes of UTF-8. */
const DATA_LIMIT_BYTES = 256 * 1024;

export function exceedsDataLimit(value: JsonValue): boolean {
  const text = JSON.stringify(value);
  // A UTF-16 unit takes at most three bytes: short texts need no counting.
  return text.length * 3 > DATA_LIMIT_BYTES && Buffer.byteLength(text) > DATA_LIMIT_BYTES;
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
