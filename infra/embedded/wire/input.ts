import type * as z from 'zod';
import { AwsError } from './aws-error.ts';

/**
 * Parses the input of an operation.
 * @throws AwsError ValidationException naming the fields, as AWS does
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AwsError('ValidationException', `${faults.length} validation error detected: ${faults.join('; ')}`);
}

/** One page of a list; the token of the next page is where it starts. */
export function page<T>(
  items: readonly T[],
  maxResults: number,
  token: string | undefined,
): { items: T[]; nextToken?: string } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw new AwsError('InvalidToken', 'the next token is not of this list');
  const end = start + maxResults;
  return { items: items.slice(start, end), ...(end < items.length ? { nextToken: `${end}` } : {}) };
}
