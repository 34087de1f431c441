import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';
import { type Access, accessTo, ownOriginOnly, sessionOf } from './access.ts';
import { answerRoutes } from './answers.ts';
import { approval, approvals } from './approval-views.ts';
import type { Page } from './bundle.ts';
import { clusters, execution, overview } from './queries.ts';
import { type Holder, Sessions } from './sessions.ts';
import { Shared } from './shared.ts';
import { signInLink, signInRoutes } from './sign-in.ts';
import type { ConsoleSource } from './source.ts';

/** The port is taken or not permitted. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable' as const;
}

export interface ConsoleServer {
  readonly port: number;
  readonly url: string;
  /** A link that opens one session, once and for a short time. A credential. */
  signInLink(holder: Holder): string;
  /** From now on the JSON API answers; before that, the page says that the system is starting. */
  show(source: ConsoleSource): void;
  close(): Promise<void>;
}

const LIST_LIMIT = 200;
const TICK_MS = 500;
/** Pages poll once a second, and there may be many of them. */
const LIMITS = { currentMs: 1_000, patienceMs: 500, oldestMs: 10_000 };
const OWN_TIME = { now: () => performance.now(), wait: (ms: number) => sleep(ms, undefined, { ref: false }) };
/** Pages are notified again after the last change, so that none keeps a response from just before it. */
const ECHO_TICKS = [3, 6];
const KEEP_ALIVE_TICKS = 30;

const html = (script: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>VGAC agentic</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console.css">
</head>
<body><div id="app"></div><noscript>This page needs JavaScript.</noscript><script type="module" src="${script}"></script></body>
</html>
`;
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sign-in follows the wall clock, even while a simulated day passes in a second. */
const WALL = { now: () => Date.now() };
const wallNow = () => new Date(WALL.now());

function asset(context: Context, type: string, body: string): Response {
  context.header('content-type', `${type}; charset=utf-8`);
  context.header('cache-control', 'no-cache');
  if (type === 'text/html') context.header('content-security-policy', POLICY);
  return context.body(body);
}

/** What a browser without a session is shown, whichever address it opens. */
function signInPage(context: Context): Response {
  context.status(401);
  return asset(context, 'text/html', html('/sign-in.js'));
}

/** The routes that need no session: how to get one, and answers that prove in another way who gives them. */
function openRoutes(page: Page, { sessions, current, kept }: SignedIn): Hono {
  const app = new Hono();
  app.use('/api/approvals/answer', async (_, next) => {
    await next();
    // The person who answered sees the result at once.
    for (const answer of kept) answer.drop();
  });
  app.get('/sign-in.js', (context) => asset(context, 'text/javascript', page.signIn));
  app.get('/console.css', (context) => asset(context, 'text/css', page.style));
  app.route(
    '/session',
    signInRoutes(sessions, () => current()?.signIn ?? null, wallNow),
  );
  app.route(
    '/api/approvals',
    answerRoutes(sessions, () => current()?.desk ?? null, wallNow),
  );
  return app;
}

interface SignedIn {
  readonly sessions: Sessions;
  readonly current: () => ConsoleSource | null;
  /** Responses that pages share, to be dropped after a change. */
  readonly kept: { drop(): void }[];
}

function routes(page: Page, { sessions, current, kept }: SignedIn): Hono {
  const app = new Hono();
  app.get('/', (context) => asset(context, 'text/html', html('/console.js')));
  app.get('/console.js', (context) => asset(context, 'text/javascript', page.script));

  const json = (path: string, answer: (source: ConsoleSource, get: (name: string) => string | undefined) => unknown) =>
    app.get(path, async (context) => {
      context.header('cache-control', 'no-store');
      const source = current();
      if (source === null) return context.json({ error: 'the system is starting' }, 503);
      const found = await answer(source, (name) => context.req.param(name) ?? context.req.query(name));
      return found === null ? context.json({ error: 'not found' }, 404) : context.json(found);
    });
  const once = <T>(load: (source: ConsoleSource) => Promise<T>) => {
    const answers = new WeakMap<ConsoleSource, Shared<T>>();
    return (source: ConsoleSource) => {
      const answer = answers.get(source) ?? new Shared(() => load(source), LIMITS, OWN_TIME);
      if (!answers.has(source)) kept.push(answer);
      answers.set(source, answer);
      return answer.get();
    };
  };
  json('/api/overview', once(overview));
  json('/api/clusters', once(clusters));
  json('/api/approvals', once(approvals));
  json('/api/approvals/:id', (source, get) => approval(source, get('id') ?? ''));
  json('/api/executions', (source, get) => {
    const filter = Object.fromEntries(
      ['cluster', 'part', 'status'].flatMap((name) => {
        const value = get(name);
        return value === undefined || value === '' ? [] : [[name, value]];
      }),
    );
    return source.executions.list({ ...filter, limit: LIST_LIMIT });
  });
  json('/api/executions/:name', (source, get) => execution(source, get('name') ?? ''));

  app.get('/api/changes', (context) =>
    streamSSE(context, async (stream) => {
      let sent = -1;
      let changedAt = 0;
      // A session that has ended gets no more events.
      const isLive = () => sessionOf(context, sessions) !== null && !stream.aborted && !stream.closed;
      for (let tick = 0; isLive(); tick++) {
        const version = current()?.executions.version ?? -1;
        if (version !== sent) changedAt = tick;
        const due = version !== sent || ECHO_TICKS.includes(tick - changedAt) || tick % KEEP_ALIVE_TICKS === 0;
        if (due) await stream.writeSSE({ event: 'change', data: String(version) });
        sent = version;
        await stream.sleep(TICK_MS);
      }
    }),
  );
  return app;
}

/**
 * Starts the console on the loopback interface. The stand-ins share its port: they are mounted under their paths before
 * the system runs, since its functions get their addresses when it starts; whatever people open there is guarded by `Access`.
 * Port 0 takes any free one. Throws PortUnavailable.
 */
export async function startConsole(options: {
  port: number;
  page: Page;
  mounts(access: Access): Readonly<Record<string, Hono>>;
  onError(error: Error): void;
}): Promise<ConsoleServer> {
  let source: ConsoleSource | null = null;
  const sessions = new Sessions(WALL);
  const signedIn: SignedIn = { sessions, current: () => source, kept: [] };
  const access = accessTo(sessions, signInPage);
  const app = new Hono();
  app.use(ownOriginOnly);
  for (const [path, mounted] of Object.entries(options.mounts(access))) app.route(path, mounted);
  app.route('/', openRoutes(options.page, signedIn));
  app.use(access.signedInOnly);
  app.route('/', routes(options.page, signedIn));
  app.onError((error, context) => {
    // A request that is refused, such as one whose body is too long.
    if (error instanceof HTTPException) return error.getResponse();
    options.onError(error);
    return context.json({ error: 'the console failed to answer; the log says why' }, 500);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port }, ({ port }) => resolve(port));
  server.once('error', (cause) =>
    reject(new PortUnavailable(`port ${options.port} cannot be used for the console`, { cause })),
  );
  const port = await promise;
  const url = `http://127.0.0.1:${port}/`;
  return {
    port,
    url,
    signInLink: (holder) => signInLink(url, sessions, holder),
    show(live) {
      source = live;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
