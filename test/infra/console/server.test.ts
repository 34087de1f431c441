import { request } from 'node:http';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePage } from '../../../infra/console/bundle.ts';
import { type ConsoleServer, PortUnavailable, startConsole } from '../../../infra/console/server.ts';
import { cookieFrom } from '../../fixtures/console-session.ts';

const OWNER = { person: 'U0OPERATOR', owner: true };
let server: ConsoleServer;
let cookie: string;

beforeAll(async () => {
  server = await startConsole({
    port: 0,
    page: await bundlePage(),
    mounts: ({ signedInOnly }) => ({
      '/full': new Hono().post('/', () => {
        throw new Error('not kept', { cause: Object.assign(new Error('write'), { code: 'ENOSPC' }) });
      }),
      '/broken': new Hono().post('/', () => {
        throw new Error('a fault of ours');
      }),
      '/echo': new Hono()
        .post('/api', (context) => context.text('a program with a key of its own'))
        .use(signedInOnly)
        .post('/', (context) => context.text('changed'))
        .get('/', (context) => context.text('shown')),
    }),
    onError: () => undefined,
  });
  cookie = await cookieFrom(server.signInLink(OWNER));
});
afterAll(() => server.close());

type Headers = Readonly<Record<string, string>>;
const ask = (method: string, path: string, headers: Headers = {}, body = '') =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject).end(body);
  });
const own = () => ({ origin: `http://127.0.0.1:${server.port}` });
const codeOf = (link: string) => /#\/sign-in\/([\w-]+)$/.exec(link)?.[1] ?? expect.fail(link);
const exchange = (code: string, headers: Headers = own()) =>
  ask('POST', '/session', { 'content-type': 'application/json', ...headers }, JSON.stringify({ code }));

/** Everything that the console serves to people. */
const PAGES = ['/', '/console.js', '/api/overview', '/api/clusters', '/api/approvals', '/api/approvals/x'].concat([
  '/api/executions',
  '/api/executions/x',
  '/api/changes',
  '/echo',
  '/nothing-here',
]);

describe('a browser without a session', () => {
  it.each(PAGES)('gets nothing from %s', async (path) => {
    for (const headers of [{}, { cookie: `vgac-session-${server.port}=${'A'.repeat(43)}` }]) {
      const { status, text } = await ask('GET', path, headers);
      expect(status).toBe(401);
      expect(text).toContain('vgac sign-in');
      expect((await ask('HEAD', path, headers)).status).toBe(401);
      expect((await ask('POST', path, { ...headers, ...own() })).status).toBe(401);
    }
  });

  it('is told how to sign in, wherever it opens a page', async () => {
    for (const path of ['/', '/echo', '/nothing-here']) {
      const { status, text, headers } = await ask('GET', path, { accept: 'text/html,*/*' });
      expect([status, headers['cache-control']]).toEqual([401, 'no-cache']);
      expect(text).toContain('/sign-in.js');
      expect(text).not.toContain('/console.js');
    }
    expect((await ask('GET', '/sign-in.js')).status).toBe(200);
    expect((await ask('GET', '/console.css')).status).toBe(200);
  });

  it('answers no approval', async () => {
    const body = JSON.stringify({ approvalId: 'x', action: 'approve' });
    const { status } = await ask(
      'POST',
      '/api/approvals/answer',
      { 'content-type': 'application/json', ...own() },
      body,
    );
    expect(status).toBe(401);
  });

  it('does not keep out a program that proves in another way who it is', async () => {
    expect((await ask('POST', '/echo/api')).status).toBe(200);
  });
});

describe('the link', () => {
  it('carries its code in the fragment, which no server sees, and opens one session in a cookie that no script reads', async () => {
    const link = new URL(server.signInLink(OWNER));
    expect([link.pathname, link.search]).toEqual(['/', '']);
    const { status, headers, text } = await exchange(codeOf(link.href));
    expect(status).toBe(200);
    const [set = ''] = Array.isArray(headers['set-cookie']) ? headers['set-cookie'] : [];
    expect(set).toMatch(/^vgac-session-\d+=[\w-]{43}; .*Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/);
    expect(text).toBe('{"outcome":"opened"}');
    const session = await ask('GET', '/session', { cookie: set.split(';')[0] ?? '' });
    expect(JSON.parse(session.text)).toMatchObject(OWNER);
  });

  it('works once', async () => {
    const code = codeOf(server.signInLink(OWNER));
    expect((await exchange(code)).status).toBe(200);
    const again = await exchange(code);
    expect([again.status, again.headers['set-cookie']]).toEqual([403, undefined]);
    expect(JSON.parse(again.text)).toMatchObject({ outcome: 'used', message: expect.stringContaining('used already') });
  });

  it.each([
    ['from another origin', { origin: 'http://127.0.0.1:1' }],
    ['without an origin', {}],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
  ])('is not exchanged %s', async (_, headers) => {
    const code = codeOf(server.signInLink(OWNER));
    expect((await exchange(code, headers)).status).toBe(403);
    expect((await exchange(code)).status).toBe(200);
  });

  it.each([
    ['an empty code', '', 403],
    ['a made-up code', 'A'.repeat(43), 403],
    ['a code of the wrong form', '../../etc/passwd', 403],
    ['a code that is too long', 'A'.repeat(500), 400],
    ['more than a code', 'A'.repeat(5000), 413],
  ])('opens nothing with %s', async (_, code, expected) => {
    const { status, headers } = await exchange(code);
    expect([status, headers['set-cookie']]).toEqual([expected, undefined]);
  });
});

describe('a session', () => {
  it.each([
    ['its own page', 'GET', '/', {}, 200],
    ['its script', 'GET', '/console.js', {}, 200],
    ['a foreign host', 'GET', '/', { host: 'evil.example' }, 403],
    ['a foreign host that begins like ours', 'GET', '/', { host: '127.0.0.1.evil.example' }, 403],
    ['a change by a program, which has no origin', 'POST', '/echo', {}, 403],
    ['a change asked for by another origin', 'POST', '/echo', { origin: 'https://evil.example' }, 403],
    ['a change from no origin at all', 'POST', '/echo', { origin: 'null' }, 403],
    ['a change from another site', 'POST', '/echo', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a change from another port of this machine', 'POST', '/echo', { 'sec-fetch-site': 'same-site' }, 403],
    ['what a page of another port loads', 'GET', '/api/overview', { 'sec-fetch-site': 'same-site' }, 403],
    ['an image of another site', 'GET', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['a link of another site', 'GET', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    ['data before the system runs', 'GET', '/api/overview', {}, 503],
  ])('answers %s with what it should', async (_, method, path, headers: Headers, status) => {
    expect((await ask(method, path, { cookie, ...headers })).status).toBe(status);
  });

  it('lets its own page change what is mounted', async () => {
    expect((await ask('POST', '/echo', { cookie, ...own() })).status).toBe(200);
    expect((await ask('POST', '/api/overview', { cookie, ...own() })).status).toBe(404);
  });

  it('ends when its holder signs out, also what is being streamed to it', async () => {
    const mine = await cookieFrom(server.signInLink(OWNER));
    const stream = await fetch(`${server.url}api/changes`, { headers: { cookie: mine } });
    expect((await ask('POST', '/session/end', { cookie: mine, ...own() })).status).toBe(200);
    expect((await ask('GET', '/', { cookie: mine })).status).toBe(401);
    expect(await stream.text()).toContain('event: change');
    expect((await ask('GET', '/', { cookie })).status).toBe(200);
  });

  it('loads nothing from elsewhere and is framed by nobody', async () => {
    for (const headers of [{ cookie }, { accept: 'text/html' }]) {
      const policy = (await ask('GET', '/', headers)).headers['content-security-policy'];
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
    }
  });
});

it('says that the disk is full, and of any other fault that the log tells it', async () => {
  const full = await ask('POST', '/full', { cookie, ...own() });
  expect(full.status).toBe(503);
  expect(JSON.parse(full.text)).toEqual({ error: 'There is no space left on the disk: make room, and try again.' });
  expect((await ask('POST', '/broken', { cookie, ...own() })).status).toBe(500);
});

it('says that its port is taken', async () => {
  const second = startConsole({
    port: server.port,
    page: { script: '', style: '', signIn: '' },
    mounts: () => ({}),
    onError: () => undefined,
  });
  await expect(second).rejects.toThrow(PortUnavailable);
});
