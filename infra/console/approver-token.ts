import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlackUserId } from '../../schemas/ports/slack.ts';

const FILE = 'approver-key';
const KEY_BYTES = 32;

/** In a token, instead of a person. */
const OWNER = '-';

interface TokenClaim {
  readonly person: string | null;
  /** `answer`: this one answer from the command line; `sign-in`: a link to the page. */
  readonly use: 'answer' | 'sign-in';
}

/** The data folder has no approver key yet, or an unreadable one. */
export class NoApproverKey extends Error {
  override readonly name = 'NoApproverKey' as const;
}

/** The key that signs approver tokens, readable only by the owner of the data folder; created at first use. */
export function makeApproverKey(dataDir: string): Buffer {
  const file = join(dataDir, FILE);
  if (!existsSync(file)) writeFileSync(file, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  return readApproverKey(dataDir);
}

/** @throws NoApproverKey */
export function readApproverKey(dataDir: string): Buffer {
  try {
    const key = readFileSync(join(dataDir, FILE));
    if (key.length === KEY_BYTES) return key;
  } catch (cause) {
    throw new NoApproverKey(`${dataDir} holds no ${FILE}`, { cause });
  }
  throw new NoApproverKey(`${dataDir} holds an ${FILE} of the wrong size`);
}

/**
 * Proves to the console that its sender can read the data folder: bound to one use, one person and an expiry, so that its
 * holder can do nothing else with it. Such a reader could write the table itself; so the name in it is as trustworthy as the
 * owner of this machine, like the audit. Removing `approver-key` revokes all tokens.
 * @param person null for the owner of this machine, who may only ask for a link
 */
export function issueToken(key: Buffer, { person, use }: TokenClaim, expiresAt: Date): string {
  const name = person === null ? OWNER : SlackUserId.parse(person);
  const claim = [name, use, Math.floor(expiresAt.getTime() / 1000)].join('.');
  return `${claim}.${mac(key, claim).toString('base64url')}`;
}

/** Whose token this is; null if it is forged, damaged, expired or for another use. */
export function holderOfToken(
  key: Buffer,
  token: string,
  use: TokenClaim['use'],
  now: Date,
): { readonly person: string | null } | null {
  const [, claim = '', name = '', named = '', end = '', sent = ''] =
    /^((-|[A-Z0-9]{2,21})\.(answer|sign-in)\.(\d{1,12}))\.([\w-]{43})$/.exec(token) ?? [];
  if (named !== use) return null;
  const genuine = timingSafeEqual(mac(key, claim), Buffer.from(sent, 'base64url'));
  if (!genuine || now.getTime() >= Number(end) * 1000) return null;
  return { person: name === OWNER ? null : name };
}

const mac = (key: Buffer, claim: string) => createHmac('sha256', key).update(`vgac-agentic approver ${claim}`).digest();
