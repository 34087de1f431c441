import { issueToken } from './approver-token.ts';

const LINK_HOURS = 12;

/**
 * A link with which one person answers in the console. The token is in the fragment, which browsers never send to a
 * server; the page removes it from the address at once and keeps it for the life of the tab.
 */
export function signInLink(key: Buffer, consoleUrl: string, person: string, now: Date): string {
  const until = new Date(now.getTime() + LINK_HOURS * 3_600_000);
  return `${consoleUrl}#/sign-in/${issueToken(key, { person, via: 'console' }, until)}`;
}

/** The same link, opening one question. */
export function signInTo(link: string, approvalId: string): string {
  return `${link}/${encodeURIComponent(approvalId)}`;
}
