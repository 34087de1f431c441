import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

/**
 * Admits only requests with this Bearer key, compared in constant time. An empty key would admit everyone and is
 * refused.
 */
export function requireBearer(key: string): MiddlewareHandler {
  if (key === '') throw new RangeError('the key must not be empty');
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${key}`);
  return async (context, next) => {
    if (!timingSafeEqual(digest(context.req.header('authorization') ?? ''), expected)) {
      return context.json({ detail: 'a valid bearer key is required' }, 401);
    }
    return next();
  };
}
