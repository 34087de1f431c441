import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import * as z from 'zod';
import { buttonIn } from './blocks.ts';
import { blockActions, type Delivered, deliver, viewPayload } from './interactions.ts';
import { Misbehave } from './misbehaviour.ts';
import { page } from './page.ts';
import { serveWebApi } from './web-api.ts';
import { newWorkspace, type SlackStandInOptions, same, type Workspace } from './workspace.ts';

const KEPT_TOKENS = 200;

const PageClick = z.object({ channel: z.string(), ts: z.string(), actionId: z.string(), userId: z.string() });
const PageModal = z.object({
  viewId: z.string(),
  userId: z.string(),
  what: z.enum(['view_submission', 'view_closed']),
  values: z.record(z.string(), z.string().max(3_000)).default({}),
});

/**
 * A stand-in for Slack on one machine: the Web API methods that we use, response URLs, modals, and a page where cards
 * appear and whose buttons send interactions signed like Slack's. It enforces Slack's own rules (3 seconds to
 * acknowledge, triggers that live 3 seconds, rate limits, block limits) and can be told to misbehave
 * (`POST /misbehave`). The page opens only to a session; the Web API keeps the bot's token. Mount it under a path; the API
 * root is that path + `/api`.
 */
export function createSlackStandIn(options: SlackStandInOptions): Hono {
  const workspace = newWorkspace(options);
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 512 * 1024 }));
  serveWebApi(app, workspace);
  servePage(app, workspace);
  return app;
}

function servePage(app: Hono, workspace: Workspace): void {
  const { messages, modals, misbehaviour, users, options } = workspace;
  const { access, refusesClicks = async () => null } = options;
  /** Whom this session may be: the owner of the machine anybody, and somebody with a link of their own just themselves. */
  const peopleFor = (c: Context) => {
    const holder = access.holderOf(c);
    return users().filter(({ id }) => holder?.owner === true || holder?.person === id);
  };
  const pageTokens: string[] = [];
  const fromPage = (c: Context) => {
    const token = c.req.header('x-page-token') ?? '';
    return sameOrigin(c) && pageTokens.some((known) => same(known, token));
  };

  const misbehave = async (c: Context) => {
    const request = Misbehave.safeParse(await c.req.json().catch(() => null));
    if (!request.success) return c.json({ error: z.prettifyError(request.error) }, 400);
    misbehaviour.set(request.data);
    return c.json({ ok: true });
  };

  const showPage = (c: Context) => {
    if (!fromThisMachine(c)) return c.text('this page is only for this machine', 403);
    const people = peopleFor(c);
    if (people.length === 0)
      return c.text('This session is nobody here: the owner of this machine opens this page.', 403);
    const token = workspace.id(24);
    pageTokens.push(token);
    pageTokens.splice(0, pageTokens.length - KEPT_TOKENS);
    const nonce = workspace.id(16);
    c.header(
      'content-security-policy',
      `default-src 'none'; connect-src 'self'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    c.header('cache-control', 'no-store');
    c.header('referrer-policy', 'no-referrer');
    return c.html(page({ base: mountOf(c, ''), token, nonce, users: people, warning: options.warning }));
  };
  app.post('/misbehave', async (c, next) => {
    // The bot's own token says who it is.
    if (!same(c.req.header('authorization') ?? '', `Bearer ${options.botToken}`)) return next();
    return misbehave(c);
  });
  app.use(access.signedInOnly);
  app.get('/', showPage);
  // The router distinguishes `/slack` from `/slack/`; people type either.
  app.get('/*', (c, next) => (c.req.path === routePath(c).replace('*', '') ? showPage(c) : next()));

  // Target of links to messages.
  app.get('/archives/:channel/:message', (c) => {
    const { channel, message } = c.req.param();
    const mount = mountOf(c, `/archives/${channel}/${message}`);
    return c.redirect(`${mount}/#${encodeURIComponent(channel)}`);
  });

  app.get('/messages', (c) => {
    if (!fromThisMachine(c)) return c.text('forbidden', 403);
    c.header('cache-control', 'no-store');
    const people = new Set(peopleFor(c).map(({ id }) => id));
    return c.json({
      version: messages.version,
      messages: messages.list().filter(({ onlyFor }) => onlyFor === null || people.has(onlyFor)),
      channels: messages.names(),
      modals: [...modals.values()].filter(({ user }) => people.has(user)),
      misbehaviour: misbehaviour.mode,
    });
  });

  app.post('/click', async (c) => {
    if (!fromPage(c)) return c.json({ error: 'not this page' }, 403);
    const refusal = await refusesClicks();
    if (refusal !== null) return c.json({ error: refusal }, 409);
    const click = PageClick.safeParse(await c.req.json().catch(() => null));
    if (!click.success) return c.json({ error: 'not a click' }, 400);
    const { channel, ts, actionId, userId } = click.data;
    const message = messages.find(channel, ts);
    const user = peopleFor(c).find(({ id }) => id === userId);
    const button = message && buttonIn(message.blocks, actionId);
    if (!message || !user || !button) return c.json({ error: 'this button no longer exists' }, 409);
    const origin = `${new URL(c.req.url).origin}${mountOf(c, '/click')}`;
    return shown(c, await deliver(workspace, blockActions(workspace, { message, user, button, origin })));
  });

  app.post('/modal', async (c) => {
    if (!fromPage(c)) return c.json({ error: 'not this page' }, 403);
    const refusal = await refusesClicks();
    if (refusal !== null) return c.json({ error: refusal }, 409);
    const request = PageModal.safeParse(await c.req.json().catch(() => null));
    if (!request.success) return c.json({ error: 'not a modal' }, 400);
    const { viewId, userId, what, values } = request.data;
    const modal = modals.get(viewId);
    const user = peopleFor(c).find(({ id }) => id === userId);
    if (!modal || !user || modal.user !== userId) return c.json({ error: 'this dialog is no longer open' }, 409);
    if (what === 'view_closed') {
      modals.delete(viewId);
      if (!modal.view.notify_on_close) return c.json({ ok: true });
      return shown(c, await deliver(workspace, viewPayload(workspace, what, modal, user)));
    }
    const delivered = await deliver(workspace, viewPayload(workspace, what, modal, user, values));
    if (delivered.status === 'acknowledged' && delivered.errors === null) {
      if (delivered.view) modals.set(viewId, { ...modal, view: delivered.view, hash: workspace.id(8) });
      else modals.delete(viewId);
    }
    return shown(c, delivered);
  });

  app.post('/misbehave', (c) => (fromPage(c) ? misbehave(c) : c.json({ error: 'not this page' }, 403)));
}

function shown(c: Context, delivered: Delivered): Response {
  if (delivered.status === 'warned') return c.json({ error: delivered.warning }, 502);
  return c.json({ ok: true, ...(delivered.errors && { errors: delivered.errors }) });
}

/** A Host name that resolves to this machine is not enough: a foreign page may have one (DNS rebinding). */
function fromThisMachine(c: Context): boolean {
  const host = c.req.header('host') ?? '';
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host);
}

/** Accepts clicks from this page only: browsers send Origin with every POST, and it must match the Host. */
function sameOrigin(c: Context): boolean {
  return fromThisMachine(c) && c.req.header('origin') === `http://${c.req.header('host')}`;
}

/** The path this app is mounted under, without a trailing slash. */
function mountOf(c: Context, route: string): string {
  const { pathname } = new URL(c.req.url);
  return pathname.slice(0, pathname.length - route.length).replace(/\/+$/, '');
}
