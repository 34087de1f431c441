import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './errors.ts';
import type { JsonValue } from './json.ts';

/** A task that waits for an answer from outside. */
export interface PendingTask {
  succeed(output: JsonValue): void;
  fail(error: string | undefined, cause: string | undefined): void;
  heartbeat(): void;
}

/**
 * Issues task tokens. Each carries this engine's signature, so that a token whose task is closed can be told from one
 * that was never issued, without remembering them all.
 */
export function createTokens({ newId, key }: { newId: () => string; key: Buffer }) {
  const pending = new Map<string, PendingTask>();
  const sign = (id: string) => createHmac('sha256', key).update(id).digest('base64url');

  const isOurs = (token: string) => {
    const dot = token.lastIndexOf('.');
    const given = Buffer.from(token.slice(dot + 1));
    const right = Buffer.from(sign(token.slice(0, dot)));
    return dot > 0 && given.length === right.length && timingSafeEqual(given, right);
  };
  return {
    issue() {
      const id = newId();
      return `${id}.${sign(id)}`;
    },
    open: (token: string, task: PendingTask) => void pending.set(token, task),
    close: (token: string) => void pending.delete(token),
    /** @throws Refusal InvalidToken if this engine never issued it, TaskTimedOut if its task is closed */
    find(token: string): PendingTask {
      const task = pending.get(token);
      if (task !== undefined) return task;
      if (isOurs(token)) throw new Refusal('TaskTimedOut', 'Provided task does not exist anymore');
      throw new Refusal('InvalidToken', 'Invalid token');
    },
  };
}
export type Tokens = ReturnType<typeof createTokens>;
