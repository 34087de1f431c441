import type { Hono } from 'hono';
import { Hono as Server } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { requestCard } from '../../../../functions/adapters/slack/cards.ts';
import { readInteraction } from '../../../../functions/adapters/slack/interaction.ts';
import { whyNotSlack } from '../../../../functions/adapters/slack/signature.ts';
import type { Holder } from '../../../../infra/console/sessions.ts';
import { createSlackStandIn } from '../../../../infra/demo/stand-ins/slack/app.ts';
import { ChatAnswer } from '../../../../schemas/ports/slack.ts';
import { signedInAs } from '../../../fixtures/console-session.ts';
import { ANNA, ASKED, anApproval, BEN } from '../../../unit/application/approvals/builders.ts';

const HOST = '127.0.0.1:4580';
const ORIGIN = `http://${HOST}`;
const approval = anApproval();
const OWNER: Holder = { person: null, owner: true };
let holder: Holder;
let app: Hono;
let received: { headers: Record<string, string>; body: Buffer; url: string }[];
let nowMs: number;

beforeEach(() => {
  received = [];
  nowMs = ASKED.getTime();
  const standIn = createSlackStandIn({
    access: signedInAs(() => holder),
    signingSecret: 'signing',
    botToken: 'xoxb-1',
    interactionsUrl: 'http://127.0.0.1:4566/slack/interactions',
    now: () => nowMs,
    users: () => [
      { id: ANNA, name: 'Anna' },
      { id: BEN, name: '<script>' },
    ],
    fetch: async (url, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers).entries());
      received.push({ headers, body: Buffer.from(String(init?.body)), url: String(url) });
      return new Response('', { status: 200 });
    },
  });
  holder = OWNER;
  app = new Server().route('/slack', standIn);
});

const api = async (method: string, body: unknown, token = 'xoxb-1'): Promise<unknown> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', host: HOST };
  return (
    await app.request(`${ORIGIN}/slack/api/${method}`, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json();
};
const post = async () => {
  const answer = ChatAnswer.parse(await api('chat.postMessage', { channel: '#gpu-alerts', ...requestCard(approval) }));
  return answer.ok ? answer : expect.fail(answer.error);
};
const load = (host = HOST) => app.request(`${ORIGIN}/slack`, { headers: { host } });
const pageToken = async () => /data-token="([^"]+)"/.exec(await (await load()).text())?.[1] ?? expect.fail('no token');
const click = (body: object, headers: Record<string, string>) =>
  app.request(`${ORIGIN}/slack/click`, {
    method: 'POST',
    headers: { host: HOST, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const shown = async () => {
  const Listed = z.object({ messages: z.array(z.record(z.string(), z.unknown())) });
  return Listed.parse(await (await app.request(`${ORIGIN}/slack/messages`, { headers: { host: HOST } })).json())
    .messages;
};

describe('the Web API of the stand-in', () => {
  it('posts and updates messages in the wire format', async () => {
    const { channel, ts } = await post();
    expect(channel).toMatch(/^C[A-Z0-9]+$/);
    expect(await api('chat.update', { channel, ts, text: 'done', blocks: [] })).toMatchObject({
      ok: true,
      channel,
      ts,
    });
    expect(await shown()).toMatchObject([{ channel, ts, text: 'done', blocks: [] }]);
  });

  it.each([
    ['invalid_auth', 'chat.postMessage', { channel: 'C1', text: 'x' }, 'wrong'],
    ['message_not_found', 'chat.update', { channel: 'C1', ts: '1.000001', text: 'x' }, 'xoxb-1'],
    ['no_text', 'chat.postMessage', { channel: 'C1' }, 'xoxb-1'],
    ['invalid_arguments', 'chat.postMessage', { text: 'x' }, 'xoxb-1'],
    [
      'invalid_blocks',
      'chat.postMessage',
      { channel: 'C1', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }] },
      'xoxb-1',
    ],
  ])('refuses with %s', async (error, method, body, token) => {
    expect(await api(method, body, token)).toEqual({ ok: false, error });
  });
});

describe('the page of the stand-in', () => {
  it('says on its face that it is not Slack, and runs no script but its own', async () => {
    const answer = await load();
    const html = await answer.text();
    expect(html).toContain('This is not Slack');
    expect(html).toContain('&lt;script&gt; (U0BEN)');
    expect(html).not.toMatch(/xoxb-1|signing/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('is found with and without a slash at the end, and nowhere else', async () => {
    const status = async (path: string) => (await app.request(`${ORIGIN}${path}`, { headers: { host: HOST } })).status;
    expect(await Promise.all(['/slack', '/slack/', '/slack/x', '/slack//', '/'].map(status))).toEqual([
      200, 200, 404, 404, 404,
    ]);
    const html = await (await app.request(`${ORIGIN}/slack/`, { headers: { host: HOST } })).text();
    expect(html).toContain('data-base="/slack"');
  });

  it('is not served under a foreign name', async () => {
    expect((await load('evil.example:4580')).status).toBe(403);
  });

  it('lets somebody with a link of their own be only themselves, and opens to nobody else', async () => {
    const { channel, ts } = await post();
    holder = { person: ANNA, owner: false };
    const page = await (await load()).text();
    expect([page.includes(ANNA), page.includes(BEN)]).toEqual([true, false]);
    const token = await pageToken();
    const approve = (userId: string) =>
      click({ channel, ts, actionId: 'approve', userId }, { origin: ORIGIN, 'x-page-token': token });
    expect((await approve(BEN)).status).toBe(409);
    expect(received).toEqual([]);
    expect((await approve(ANNA)).status).toBe(200);
    holder = { person: 'U0ELSE', owner: false };
    expect((await load()).status).toBe(403);
    expect((await approve(ANNA)).status).toBe(409);
    expect(received).toHaveLength(1);
  });

  it('sends a click as a signed interaction that the webhook accepts', async () => {
    const { channel, ts } = await post();
    const body = { channel, ts, actionId: 'approve', userId: ANNA };
    const answer = await click(body, { origin: ORIGIN, 'x-page-token': await pageToken() });
    expect(answer.status).toBe(200);
    const [sent] = received;
    if (!sent) expect.fail('nothing was sent');
    expect(sent.url).toBe('http://127.0.0.1:4566/slack/interactions');
    expect(whyNotSlack({ method: 'POST', ...sent }, 'signing', new Date(nowMs))).toBeNull();
    expect(readInteraction(sent.body)).toEqual({
      kind: 'click',
      click: expect.objectContaining({
        action: 'approve',
        approvalId: approval.approval_id,
        by: ANNA,
        responseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4580\/slack\/response\/[\w-]{24}$/),
      }),
    });
  });

  it.each([
    ['no origin', {}, 403],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['a foreign name for this machine', { origin: 'http://evil.example:4580', host: 'evil.example:4580' }, 403],
    ['a token of no page', { origin: ORIGIN, 'x-page-token': 'made-up' }, 403],
  ])('refuses a click with %s', async (_what, headers, status) => {
    const { channel, ts } = await post();
    const body = { channel, ts, actionId: 'approve', userId: ANNA };
    expect((await click(body, { 'x-page-token': await pageToken(), ...headers })).status).toBe(status);
    expect(received).toEqual([]);
  });

  it.each([
    ['a button that is gone', { actionId: 'undo' }],
    ['somebody who is not in the list', { userId: 'U0MALLORY' }],
    ['a message that is unknown', { ts: '9.000009' }],
  ])('refuses a click on %s', async (_what, change) => {
    const { channel, ts } = await post();
    const body = { channel, ts, actionId: 'approve', userId: ANNA, ...change };
    expect((await click(body, { origin: ORIGIN, 'x-page-token': await pageToken() })).status).toBe(409);
    expect(received).toEqual([]);
  });

  it('shows a private answer to the person who clicked, five times within half an hour', async () => {
    const { channel, ts } = await post();
    await click({ channel, ts, actionId: 'deny', userId: BEN }, { origin: ORIGIN, 'x-page-token': await pageToken() });
    const interaction = readInteraction(received[0]?.body ?? Buffer.alloc(0));
    const url = interaction.kind === 'click' ? (interaction.click.responseUrl ?? '') : '';
    const respond = () => app.request(url, { method: 'POST', body: JSON.stringify({ text: 'too late' }) });
    expect((await respond()).status).toBe(200);
    expect((await shown())[0]).toMatchObject({ text: 'too late', onlyFor: BEN, threadTs: ts });
    for (let use = 2; use <= 5; use += 1) expect((await respond()).status).toBe(200);
    expect((await respond()).status).toBe(404);
    nowMs += 31 * 60_000;
    expect((await respond()).status).toBe(404);
  });
});
