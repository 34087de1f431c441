import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { command } from '../../functions/domain/command.ts';
import type { Holder, Session, Sessions } from './sessions.ts';

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;
const TO_SIGN_IN = `Sign in first: ${command('sign-in')} prints a link that opens this page.`;

const isSafe = ({ req }: Context) => req.method === 'GET' || req.method === 'HEAD';

/** Whether the browser says that the request comes from a page of this very origin. */
export function isFromOwnPage({ req }: Context): boolean {
  return req.header('origin') === `http://${req.header('host')}`;
}

/**
 * Accepts only requests whose Host names this machine, against DNS rebinding, and from a browser only what a page of this
 * very origin asks for: another port of this machine is another program, perhaps another user's.
 */
export const ownOriginOnly: MiddlewareHandler = async (context, next) => {
  if (!LOOPBACK.test(context.req.header('host') ?? ''))
    return context.text('this console is for this machine only', 403);
  if (!mayCome(context)) return context.text('not from this page', 403);
  await next();
  context.header('x-content-type-options', 'nosniff');
  context.header('referrer-policy', 'no-referrer');
  return undefined;
};

function mayCome(context: Context): boolean {
  const { req } = context;
  const site = req.header('sec-fetch-site');
  if (!isSafe(context)) {
    return (req.header('origin') === undefined || isFromOwnPage(context)) && (site ?? 'same-origin') === 'same-origin';
  }
  // Somebody followed a link: the answer is shown, and the page with the link cannot read it.
  return req.header('sec-fetch-mode') === 'navigate' || ['same-origin', 'none'].includes(site ?? 'none');
}

/** Cookies are shared by all ports of a host, and another start may have its page on another one. */
function cookieOf(context: Context): string {
  return `vgac-session-${/:(\d+)$/.exec(context.req.header('host') ?? '')?.[1] ?? '80'}`;
}

/** The session that a request comes from; null without one. */
export function sessionOf(context: Context, sessions: Sessions): Session | null {
  const secret = getCookie(context, cookieOf(context));
  return secret === undefined ? null : sessions.find(secret);
}

/** Exchanges the code of a link for a session, in a cookie that no script and no other site can use. */
export function openSession(context: Context, sessions: Sessions, code: string) {
  const exchange = sessions.exchange(code);
  if (exchange.outcome !== 'opened') return exchange.outcome;
  const expires = new Date(exchange.session.until);
  setCookie(context, cookieOf(context), exchange.secret, { httpOnly: true, sameSite: 'Strict', path: '/', expires });
  return exchange.outcome;
}

export function endSession(context: Context, sessions: Sessions): void {
  sessions.end(getCookie(context, cookieOf(context)) ?? '');
  deleteCookie(context, cookieOf(context), { path: '/' });
}

/** What guards the pages of this port, for whoever mounts one here. */
export interface Access {
  /** Admits only requests with a session; a browser without one gets the page that says how to sign in. */
  readonly signedInOnly: MiddlewareHandler;
  /** Whose session the request comes with; null without one. */
  holderOf(context: Context): Holder | null;
}

/** @param signInPage what a browser without a session is shown */
export function accessTo(sessions: Sessions, signInPage: (context: Context) => Response | Promise<Response>): Access {
  return {
    holderOf: (context) => sessionOf(context, sessions),
    signedInOnly: async (context, next) => {
      if (sessionOf(context, sessions) === null) {
        context.header('cache-control', 'no-store');
        const isPage = isSafe(context) && (context.req.header('accept') ?? '').includes('text/html');
        return isPage ? signInPage(context) : context.json({ error: TO_SIGN_IN }, 401);
      }
      // A browser sends the cookie with every request to this host, so a change must also say that it comes from this page.
      if (!isSafe(context) && !isFromOwnPage(context)) return context.json({ error: 'not from this page' }, 403);
      return next();
    },
  };
}
