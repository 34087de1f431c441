import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  holderOfToken,
  issueToken,
  makeApproverKey,
  NoApproverKey,
  readApproverKey,
} from '../../../infra/console/approver-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'vgac-approver-'));
afterAll(() => rmSync(folder, { recursive: true }));
const NOW = new Date('2026-11-20T08:00:00Z');
const LATER = new Date('2026-11-20T09:00:00Z');

describe('the token of an approver', () => {
  it('needs a key that only the owner of the data folder can read, and that is made once', () => {
    expect(() => readApproverKey(folder)).toThrow(NoApproverKey);
    const key = makeApproverKey(folder);
    expect(statSync(join(folder, 'approver-key')).mode & 0o777).toBe(0o600);
    expect(makeApproverKey(folder)).toEqual(key);
    expect(readApproverKey(folder)).toEqual(key);
  });

  it('is one person, for one use, until its end', () => {
    const key = makeApproverKey(folder);
    const token = issueToken(key, { person: 'U0ANNA', use: 'answer' }, LATER);
    expect(holderOfToken(key, token, 'answer', NOW)).toEqual({ person: 'U0ANNA' });
    expect(holderOfToken(key, token, 'answer', LATER)).toBeNull();
    expect(holderOfToken(key, token, 'sign-in', NOW)).toBeNull();
  });

  it.each([
    ['another person', (token: string) => token.replace('U0ANNA', 'U0BEN')],
    ['another use', (token: string) => token.replace('.answer.', '.sign-in.')],
    ['a later end', (token: string) => token.replace(/\.(\d+)\./, (_, end) => `.${Number(end) + 1}.`)],
    ['another end of its signature', (token: string) => `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`],
    ['no signature', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['nothing in it', () => ''],
    ['much in it', () => `U0ANNA.answer.${'9'.repeat(5000)}.${'A'.repeat(43)}`],
  ])('counts for nothing with %s', (_, change) => {
    const key = makeApproverKey(folder);
    const token = issueToken(key, { person: 'U0ANNA', use: 'answer' }, LATER);
    for (const use of ['answer', 'sign-in'] as const) {
      expect(holderOfToken(key, change(token), use, NOW)).toBeNull();
      expect(holderOfToken(Buffer.alloc(32), token, use, NOW)).toBeNull();
    }
  });

  it('is nobody in particular for the owner of this machine, whose link names the person', () => {
    const key = makeApproverKey(folder);
    const token = issueToken(key, { person: null, use: 'sign-in' }, LATER);
    expect(holderOfToken(key, token, 'sign-in', NOW)).toEqual({ person: null });
    expect(holderOfToken(key, token, 'answer', NOW)).toBeNull();
  });

  it('is made for a Slack id only', () => {
    expect(() => issueToken(makeApproverKey(folder), { person: 'olga', use: 'answer' }, LATER)).toThrow();
  });
});
