import { issueToken } from './approver-token.ts';

const LINK_HOURS = 12;

/**
 * A link to the console with which one person answers there. The token is in the fragment, which no browser sends to any
 * server; the page takes it out of the address at once and keeps it for the life of the tab.
 */
export function signInLink(key: Buffer, consoleUrl: string, person: string, now: Date): string {
  const until = new Date(now.getTime() + LINK_HOURS * 3_600_000);
  return `${consoleUrl}#/sign-in/${issueToken(key, { person, way: 'console' }, until)}`;
}

/** The same link, which then shows one question. */
export function signInTo(link: string, approvalId: string): string {
  return `${link}/${encodeURIComponent(approvalId)}`;
}
