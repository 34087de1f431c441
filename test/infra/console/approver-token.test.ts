import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  approverOf,
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

  it('is one person, by one way, until its end', () => {
    const key = makeApproverKey(folder);
    const token = issueToken(key, { person: 'U0ANNA', via: 'cli' }, LATER);
    expect(approverOf(key, token, NOW)).toEqual({ person: 'U0ANNA', via: 'cli' });
    expect(approverOf(key, token, LATER)).toBeNull();
  });

  it.each([
    ['another person', (token: string) => token.replace('U0ANNA', 'U0BEN')],
    ['another way', (token: string) => token.replace('.cli.', '.console.')],
    ['a later end', (token: string) => token.replace(/\.(\d+)\./, (_, end) => `.${Number(end) + 1}.`)],
    ['another end of its signature', (token: string) => `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`],
    ['no signature', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['nothing in it', () => ''],
    ['much in it', () => `U0ANNA.cli.${'9'.repeat(5000)}.${'A'.repeat(43)}`],
  ])('counts for nothing with %s', (_, change) => {
    const key = makeApproverKey(folder);
    const token = issueToken(key, { person: 'U0ANNA', via: 'cli' }, LATER);
    expect(approverOf(key, change(token), NOW)).toBeNull();
    expect(approverOf(Buffer.alloc(32), token, NOW)).toBeNull();
  });

  it('is made for a Slack id only', () => {
    expect(() => issueToken(makeApproverKey(folder), { person: 'olga', via: 'cli' }, LATER)).toThrow();
  });
});
