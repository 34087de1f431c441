import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { TREES } from './catalog.ts';
import { EVERYTHING, keyOf } from './storage/keys.ts';
import type { Trees } from './storage/trees.ts';

/** How long a transaction is remembered, as on AWS. */
const LIFE_MS = 10 * 60 * 1000;
/** More than come in at a time, so that forgetting catches up. */
const FORGET_AT_ONCE = 4;

const Kept = z.object({ token: z.string(), digest: z.string(), at: z.number() });
type Kept = z.infer<typeof Kept>;

export type Tokens = ReturnType<typeof openTokens>;

/** The client tokens of transactions that were done, kept with the tables so that a restart forgets none. */
export function openTokens(trees: Trees, now: () => number) {
  const keyOfToken = (token: string) => keyOf([{ S: token }]);
  const keyOfTime = ({ at, token }: Kept) => keyOf([{ N: String(at) }, { S: token }]);
  const find = (token: string) => {
    const found = trees.get(TREES.tokens, keyOfToken(token));
    return found && { ...Kept.parse(JSON.parse(found.text)), body: found.body };
  };
  const forget = (kept: Kept) => {
    const { body } = find(kept.token) ?? {};
    trees.remove(TREES.tokens, keyOfToken(kept.token));
    trees.remove(TREES.tokensByTime, keyOfTime(kept));
    if (body !== undefined) trees.removeBody(body);
  };
  // A clock that was set back makes no token live longer than its time.
  const isOver = ({ at }: Kept) => Math.abs(now() - at) >= LIFE_MS;

  return {
    /** Whether this very request was done already. @throws AwsError when another one was, with the same token */
    isRepeated(token: string, digest: string): boolean {
      const kept = find(token);
      if (kept === undefined || isOver(kept)) return false;
      if (kept.digest === digest) return true;
      const words = 'client token was used with other parameters';
      throw new AwsError('IdempotentParameterMismatchException', words);
    },
    keep(token: string, digest: string): void {
      const before = find(token);
      if (before !== undefined) forget(before);
      const kept = { token, digest, at: Math.floor(now()) };
      const body = trees.addBody(JSON.stringify(kept));
      trees.insert(TREES.tokens, keyOfToken(token), body);
      trees.insert(TREES.tokensByTime, keyOfTime(kept), body);
      const oldest: Kept[] = [];
      for (const text of trees.range(TREES.tokensByTime, EVERYTHING)) {
        const each = Kept.parse(JSON.parse(text));
        if (!isOver(each) || oldest.length >= FORGET_AT_ONCE) break;
        oldest.push(each);
      }
      for (const each of oldest) forget(each);
    },
  };
}
