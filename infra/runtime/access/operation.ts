import type * as z from 'zod';
import { AwsError } from '../aws-error.ts';

/**
 * An operation of a service: parses its input, then answers it.
 * @throws AwsError ValidationException worded as by AWS; SerializationException for a value of the wrong type
 */
export function operation<T extends z.ZodType>(schema: T, answer: (input: z.infer<T>) => unknown) {
  return (input: unknown): unknown => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return answer(parsed.data);
    const wrong = parsed.error.issues.find(({ code, path }) => code === 'invalid_type' && isThere(input, path));
    if (wrong !== undefined) throw new AwsError('SerializationException', `${wrong.path.join('.')}: ${wrong.message}`);
    const faults = parsed.error.issues.map(
      ({ path, message }) => `Value at '${path.join('.')}' failed to satisfy constraint: ${message}`,
    );
    const errors = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
    throw new AwsError('ValidationException', `${errors} detected: ${faults.join('; ')}`);
  };
}

const isThere = (input: unknown, path: readonly PropertyKey[]): boolean =>
  path.reduce<unknown>((found, key) => Object(found)[key], input) !== undefined;

/**
 * One page of a list and the token of the next page. The token names the last item shown, so that items added before
 * it in the meantime do not shift pages.
 * @param list identifies the list; a token of another list is refused
 * @param errorType error type for a token of another list
 * @param fits filters what is shown; the token may name an item that no longer fits
 * @throws AwsError
 */
export function page<T>(
  items: readonly T[],
  list: string,
  keyOf: (item: T) => string,
  { maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined },
  { errorType = 'InvalidToken', fits = () => true }: { errorType?: string; fits?: (item: T) => boolean } = {},
): { items: T[]; nextToken: string | undefined } {
  const named = nextToken && Buffer.from(nextToken, 'base64url').toString();
  const start = named === undefined ? 0 : items.findIndex((item) => `${list} ${keyOf(item)}` === named) + 1;
  if (named !== undefined && start === 0) throw new AwsError(errorType, "Invalid Token: 'Invalid token'");
  const rest = items.slice(start).filter(fits);
  const last = maxResults < rest.length ? rest[maxResults - 1] : undefined;
  return {
    items: rest.slice(0, maxResults),
    nextToken: last === undefined ? undefined : Buffer.from(`${list} ${keyOf(last)}`).toString('base64url'),
  };
}
