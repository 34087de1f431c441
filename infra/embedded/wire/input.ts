import type * as z from 'zod';
import { AwsError } from './aws-error.ts';

/**
 * Parses the input of an operation.
 * @throws AwsError ValidationException naming the fields, as AWS does
 */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `Value at '${path.join('.')}' failed to satisfy constraint: ${message}`,
  );
  const errors = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
  throw new AwsError('ValidationException', `${errors} detected: ${faults.join('; ')}`);
}

/** What a page is asked by. */
export interface Paging {
  readonly max: number;
  readonly token: string | undefined;
  /** Of the error for a token that is not of this list. */
  readonly errorType?: string;
}

/**
 * One page of a list, and the token of the next. The token names the last item, so that what is added before it
 * meanwhile shifts no page.
 * @param list what is listed; a token of another list is refused
 * @throws AwsError
 */
export function page<T>(
  items: readonly T[],
  list: string,
  keyOf: (item: T) => string,
  { max, token, errorType = 'InvalidToken' }: Paging,
): { items: T[]; nextToken?: string } {
  const tokenOf = (item: T) => Buffer.from(JSON.stringify([list, keyOf(item)])).toString('base64url');
  const last = token === undefined ? -1 : items.findIndex((item) => tokenOf(item) === token);
  if (token !== undefined && last < 0) throw new AwsError(errorType, "Invalid Token: 'Invalid token'");
  const found = items.slice(last + 1, last + 1 + max);
  const end = found.at(-1);
  return { items: found, ...(end !== undefined && last + 1 + max < items.length ? { nextToken: tokenOf(end) } : {}) };
}
