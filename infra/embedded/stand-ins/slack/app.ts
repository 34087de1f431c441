import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import * as z from 'zod';
import { channelId, type Message, Messages } from './messages.ts';
import { page } from './page.ts';

interface SlackUser {
  id: string;
  name: string;
}

interface SlackStandInOptions {
  signingSecret: string;
  botToken: string;
  /** Where clicks are sent, as configured in a Slack app under "Interactivity". */
  interactionsUrl: string;
  /** Milliseconds; the one clock of the machine. */
  now(): number;
  /** Whom the page lets you be, e.g. the configured approvers. Asked at each page load. */
  users?: () => SlackUser[];
  fetch?: typeof fetch;
  random?: (bytes: number) => Buffer;
}

/** A cold worker may take longer than the 3 s that the real Slack waits. */
const ACKNOWLEDGE_MS = 15_000;
const RESPONSE_URL_USES = 5;
const RESPONSE_URL_MS = 30 * 60_000;
const KEPT_TOKENS = 200;

const Post = z.object({
  channel: z.string().min(1).max(200),
  text: z.string().max(40_000).default(''),
  blocks: z.array(z.record(z.string(), z.unknown())).max(50).default([]),
  thread_ts: z.string().optional(),
});
const Update = Post.extend({ ts: z.string() });
const Response = z.object({ text: z.string().max(40_000) });
const PageClick = z.object({ channel: z.string(), ts: z.string(), actionId: z.string(), userId: z.string() });
const SectionText = z.object({ type: z.literal('section'), text: z.object({ text: z.string().max(3_000) }) });
const ActionsBlock = z.object({
  type: z.literal('actions'),
  elements: z.array(z.object({ action_id: z.string(), value: z.string().max(2_000) })),
});

/**
 * A stand-in for Slack on one machine: the two Web API methods, response URLs, and a page where cards appear and whose
 * buttons send interactions signed like Slack's. Mount it under a path; the API root is that path + `/api`.
 */
export function createSlackStandIn(options: SlackStandInOptions): Hono {
  const { now, random = randomBytes } = options;
  const messages = new Messages();
  const pageTokens: string[] = [];
  const responseUrls = new Map<string, { channel: string; ts: string; user: string; left: number; until: number }>();
  const users = () => options.users?.() ?? [{ id: 'U0STANDIN', name: 'somebody' }];
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 512 * 1024 }));

  const api = <T extends z.ZodType>(method: string, schema: T, work: (body: z.infer<T>) => object) => {
    app.post(`/api/${method}`, async (c) => {
      if (!same(c.req.header('authorization') ?? '', `Bearer ${options.botToken}`)) {
        return c.json({ ok: false, error: c.req.header('authorization') ? 'invalid_auth' : 'not_authed' });
      }
      const body = schema.safeParse(await c.req.json().catch(() => null));
      if (!body.success) return c.json({ ok: false, error: 'invalid_arguments' });
      return c.json(work(body.data));
    });
  };
  api('chat.postMessage', Post, ({ channel, text, blocks, thread_ts }) => {
    if (!text && blocks.length === 0) return { ok: false, error: 'no_text' };
    if (tooLong(blocks)) return { ok: false, error: 'invalid_blocks' };
    const id = channelId(channel);
    const { ts } = messages.add({ channel: id, text, blocks, threadTs: thread_ts ?? null, onlyFor: null }, now());
    return { ok: true, channel: id, ts, message: { type: 'message', text, ts } };
  });
  api('chat.update', Update, ({ channel, ts, text, blocks }) => {
    const message = messages.find(channelId(channel), ts);
    if (!message) return { ok: false, error: 'message_not_found' };
    if (tooLong(blocks)) return { ok: false, error: 'invalid_blocks' };
    messages.replace(message, { text, blocks });
    return { ok: true, channel: message.channel, ts, text };
  });

  app.post('/response/:id', async (c) => {
    const entry = responseUrls.get(c.req.param('id'));
    if (!entry || entry.left < 1 || now() > entry.until) return c.text('expired_url', 404);
    const body = Response.safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.text('invalid_payload', 400);
    entry.left -= 1;
    const { channel, ts, user } = entry;
    messages.add({ channel, text: body.data.text, blocks: [], threadTs: ts, onlyFor: user }, now());
    return c.text('ok');
  });

  const showPage = (c: Context) => {
    if (!fromThisMachine(c)) return c.text('this page is for this machine only', 403);
    const token = random(24).toString('base64url');
    pageTokens.push(token);
    pageTokens.splice(0, pageTokens.length - KEPT_TOKENS);
    const nonce = random(16).toString('base64');
    c.header(
      'content-security-policy',
      `default-src 'none'; connect-src 'self'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    c.header('cache-control', 'no-store');
    c.header('referrer-policy', 'no-referrer');
    return c.html(page({ base: mountOf(c, ''), token, nonce, users: users() }));
  };
  app.get('/', showPage);
  // A router matches `/slack` and `/slack/` apart; people type either.
  app.get('/*', (c, next) => (c.req.path === routePath(c).replace('*', '') ? showPage(c) : next()));

  app.get('/messages', (c) => {
    if (!fromThisMachine(c)) return c.text('forbidden', 403);
    c.header('cache-control', 'no-store');
    return c.json({ version: messages.version, messages: messages.list() });
  });

  app.post('/click', async (c) => {
    const token = c.req.header('x-page-token') ?? '';
    if (!sameOrigin(c) || !pageTokens.some((known) => same(known, token)))
      return c.json({ error: 'not this page' }, 403);
    const click = PageClick.safeParse(await c.req.json().catch(() => null));
    if (!click.success) return c.json({ error: 'not a click' }, 400);
    const { channel, ts, actionId, userId } = click.data;
    const message = messages.find(channel, ts);
    const user = users().find(({ id }) => id === userId);
    const button = message && user ? buttonOf(message, actionId) : undefined;
    if (!message || !user || !button) return c.json({ error: 'there is no such button any more' }, 409);
    const responseId = random(18).toString('base64url');
    responseUrls.set(responseId, {
      channel,
      ts,
      user: userId,
      left: RESPONSE_URL_USES,
      until: now() + RESPONSE_URL_MS,
    });
    const responseUrl = `${new URL(c.req.url).origin}${mountOf(c, '/click')}/response/${responseId}`;
    const status = await sendInteraction(options, { message, user, button, actionId, responseUrl });
    return status === 200
      ? c.json({ ok: true })
      : c.json({ error: `the receiver of clicks answered ${status ?? 'nothing'}` }, 502);
  });
  return app;
}

/** What Slack posts for a pressed button, signed like Slack's: `v0=` + HMAC over `v0:{timestamp}:{raw body}`. */
async function sendInteraction(
  { signingSecret, interactionsUrl, now, fetch: send = fetch, random = randomBytes }: SlackStandInOptions,
  sent: { message: Message; user: SlackUser; button: { value: string }; actionId: string; responseUrl: string },
): Promise<number | null> {
  const { message, user, button, actionId, responseUrl } = sent;
  const seconds = Math.floor(now() / 1000);
  const payload = {
    type: 'block_actions',
    user: { id: user.id, username: user.name, name: user.name, team_id: 'T0STANDIN' },
    api_app_id: 'A0STANDIN',
    container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
    trigger_id: `${seconds}.${random(8).toString('hex')}`,
    team: { id: 'T0STANDIN', domain: 'stand-in' },
    channel: { id: message.channel, name: 'stand-in' },
    message: { type: 'message', ts: message.ts, text: message.text, blocks: message.blocks },
    response_url: responseUrl,
    actions: [{ type: 'button', action_id: actionId, value: button.value, action_ts: `${seconds}.000000` }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const signature = createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex');
  const answer = await send(interactionsUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${signature}`,
    },
    body,
    signal: AbortSignal.timeout(ACKNOWLEDGE_MS),
  }).catch(() => null);
  return answer?.status ?? null;
}

function buttonOf(message: Message, actionId: string): { value: string } | undefined {
  for (const block of message.blocks) {
    const actions = ActionsBlock.safeParse(block);
    const button = actions.data?.elements.find((element) => element.action_id === actionId);
    if (button) return { value: button.value };
  }
  return undefined;
}

function tooLong(blocks: Record<string, unknown>[]): boolean {
  return blocks.some((block) => block.type === 'section' && !SectionText.safeParse(block).success);
}

/** Compares secrets in constant time, whatever their lengths. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A name that resolves to this machine is not enough: a foreign page may have such a name (DNS rebinding). */
function fromThisMachine(c: Context): boolean {
  const host = c.req.header('host') ?? '';
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host);
}

/** Clicks come from this page only: browsers send Origin with every POST, and it must be where they came to. */
function sameOrigin(c: Context): boolean {
  return fromThisMachine(c) && c.req.header('origin') === `http://${c.req.header('host')}`;
}

/** The path this app is mounted under, without a trailing slash. */
function mountOf(c: Context, route: string): string {
  const { pathname } = new URL(c.req.url);
  return pathname.slice(0, pathname.length - route.length).replace(/\/+$/, '');
}
