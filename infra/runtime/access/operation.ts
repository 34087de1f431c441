import type * as z from 'zod';
import { AwsError } from '../aws-error.ts';

/**
 * An operation of a service: its input is parsed, then answered.
 * @throws AwsError ValidationException as AWS words it; SerializationException for a value of another type
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
 * One page of a list, and the token of the next. The token names the last item, so that what is added before it
 * meanwhile shifts no page.
 * @param list what is listed; a token of another list is refused
 * @param errorType of the error for a token that is not of this list
 * @param fits what is shown; the token may name an item that no longer fits
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
