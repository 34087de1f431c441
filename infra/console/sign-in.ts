import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as z from 'zod';
import { SlackUserId } from '../../schemas/ports/slack.ts';
import { endSession, isFromOwnPage, openSession, sessionOf } from './access.ts';
import { APPROVER_HEADER } from './answers.ts';
import { holderOfToken } from './approver-token.ts';
import { LINK_MINUTES } from './session-times.ts';
import type { Holder, Sessions } from './sessions.ts';

const MOST_BYTES = 1024;
const Code = z.strictObject({ code: z.string().max(200) });
/** The answer to `vgac sign-in`. */
export const SignInLink = z.object({ url: z.url(), person: SlackUserId.nullable() });
export type SignInLink = z.infer<typeof SignInLink>;

/** Why a link opened nothing, in words that say what to do. */
const NOT_OPENED = {
  used: 'This link has been used already, and each works once. If it was not you who used it, stop the system: that ends every session.',
  expired: `This link has expired: each works for ${LINK_MINUTES} minutes.`,
  unknown: 'The running system does not know this link: a restart ends all links and sessions.',
} as const;

/** What `vgac sign-in` proves with a token, and what it gets. */
export interface SignInDesk {
  readonly approverKey: Buffer;
  /** Where no person is named. */
  readonly owner: Holder;
}

/**
 * A link that opens one session. The code is in the fragment, which browsers never send to a server; the page exchanges it
 * and removes it from the address at once.
 */
export function signInLink(consoleUrl: string, sessions: Sessions, holder: Holder): string {
  return `${consoleUrl}#/sign-in/${sessions.newCode(holder)}`;
}

/** The same link, opening one question. */
export function signInTo(link: string, approvalId: string): string {
  return `${link}/${encodeURIComponent(approvalId)}`;
}

/** Signing in and out, and new links for whoever can read the data folder. */
export function signInRoutes(sessions: Sessions, desk: () => SignInDesk | null, now: () => Date): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MOST_BYTES }), async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  app.get('/', (context) => {
    const session = sessionOf(context, sessions);
    if (session === null) return context.json({ error: 'no session' }, 401);
    const { person, owner, until } = session;
    return context.json({ person, owner, until: new Date(until).toISOString() });
  });
  app.post('/', async (context) => {
    if (!isFromOwnPage(context)) return context.json({ message: 'not from this page' }, 403);
    const request = Code.safeParse(await context.req.json().catch(() => null));
    if (!request.success) return context.json({ message: 'Send the code of a link.' }, 400);
    const outcome = openSession(context, sessions, request.data.code);
    if (outcome === 'opened') return context.json({ outcome });
    return context.json({ outcome, message: NOT_OPENED[outcome] }, 403);
  });
  app.post('/end', (context) => {
    if (!isFromOwnPage(context)) return context.json({ message: 'not from this page' }, 403);
    endSession(context, sessions);
    return context.json({ outcome: 'ended' });
  });
  app.post('/links', (context) => {
    const current = desk();
    const token = context.req.header(APPROVER_HEADER);
    const asked =
      current === null || token === undefined ? null : holderOfToken(current.approverKey, token, 'sign-in', now());
    if (current === null || asked === null) return context.json({ message: 'This token is not valid.' }, 401);
    const holder: Holder = asked.person === null ? current.owner : { person: asked.person, owner: false };
    const url = signInLink(`http://${context.req.header('host')}/`, sessions, holder);
    const link: SignInLink = { url, person: holder.person };
    return context.json(link);
  });
  return app;
}
