import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlackUserId } from '../../schemas/ports/slack.ts';

const FILE = 'approver-key';
const KEY_BYTES = 32;

export interface Approver {
  person: string;
  /** The channel that the token is for; recorded in the audit. */
  via: 'console' | 'cli';
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
 * Proves who answers on one machine: bound to one person, one channel and an expiry, so that its holder cannot act as
 * anybody else. Only a reader of the data folder can make one, and that person could write the table itself; so the name in
 * it is as trustworthy as the owner of this machine, like the audit. Removing `approver-key` revokes all tokens.
 */
export function issueToken(key: Buffer, { person, via }: Approver, expiresAt: Date): string {
  const claim = [SlackUserId.parse(person), via, Math.floor(expiresAt.getTime() / 1000)].join('.');
  return `${claim}.${mac(key, claim).toString('base64url')}`;
}

/** The holder of this token; null if it is forged, damaged or expired. */
export function approverOf(key: Buffer, token: string, now: Date): Approver | null {
  const [, claim = '', person = '', via = '', end = '', sent = ''] =
    /^(([A-Z0-9]{2,21})\.(console|cli)\.(\d{1,12}))\.([\w-]{43})$/.exec(token) ?? [];
  if (via !== 'console' && via !== 'cli') return null;
  const genuine = timingSafeEqual(mac(key, claim), Buffer.from(sent, 'base64url'));
  return genuine && now.getTime() < Number(end) * 1000 ? { person, via } : null;
}

const mac = (key: Buffer, claim: string) => createHmac('sha256', key).update(`vgac-agentic approver ${claim}`).digest();
