import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlackUserId } from '../../schemas/ports/slack.ts';

const FILE = 'approver-key';
const KEY_BYTES = 32;

export interface Approver {
  person: string;
  /** Which way the token is for; it stands in the audit. */
  way: 'console' | 'cli';
}

/** The data folder has no key of approvers yet, or not one that can be read. */
export class NoApproverKey extends Error {
  override readonly name = 'NoApproverKey' as const;
}

/** The key that approver tokens are made with, readable by the owner of the data folder only; made at first use. */
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
 * What proves on one machine who answers: bound to one person, one way and an end, so that whoever is handed it can be
 * nobody else. Only who can read the data folder can make one, and that person could write the table itself; so who is
 * named is the word of the owner of this machine, as the audit is. Removing `approver-key` ends all tokens.
 */
export function issueToken(key: Buffer, { person, way }: Approver, expiresAt: Date): string {
  const claim = [SlackUserId.parse(person), way, Math.floor(expiresAt.getTime() / 1000)].join('.');
  return `${claim}.${mac(key, claim).toString('base64url')}`;
}

/** Who holds this token; null for a forged, damaged or expired one. */
export function approverOf(key: Buffer, token: string, now: Date): Approver | null {
  const [, claim = '', person = '', way = '', end = '', sent = ''] =
    /^(([A-Z0-9]{2,21})\.(console|cli)\.(\d{1,12}))\.([\w-]{43})$/.exec(token) ?? [];
  if (way !== 'console' && way !== 'cli') return null;
  const genuine = timingSafeEqual(mac(key, claim), Buffer.from(sent, 'base64url'));
  return genuine && now.getTime() < Number(end) * 1000 ? { person, way } : null;
}

const mac = (key: Buffer, claim: string) => createHmac('sha256', key).update(`vgac-agentic approver ${claim}`).digest();
