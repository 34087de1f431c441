import type { Hono } from 'hono';
import { Hono as Server } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { whyNotSlack } from '../../../../functions/adapters/slack/signature.ts';
import { createSlackStandIn } from '../../../../infra/demo/stand-ins/slack/app.ts';
import { signedInAs } from '../../../fixtures/console-session.ts';
import { ANNA, ASKED, BEN } from '../../../unit/application/approvals/builders.ts';

const HOST = '127.0.0.1:4580';
const ORIGIN = `http://${HOST}`;
const Payload = z.looseObject({ type: z.string(), trigger_id: z.string(), response_url: z.string().optional() });

let app: Hono;
let received: { headers: Record<string, string>; body: Buffer }[];
let nowMs: number;
let secret: string;
let answer: () => Promise<Response>;
let waited: number[];

beforeEach(() => {
  received = [];
  waited = [];
  nowMs = ASKED.getTime();
  secret = 'signing';
  answer = async () => new Response('');
  const standIn = createSlackStandIn({
    access: signedInAs(),
    signingSecret: () => secret,
    botToken: 'xoxb-1',
    interactionsUrl: 'http://127.0.0.1:4566/slack/interactions',
    now: () => nowMs,
    users: () => [ANNA, BEN].map((id) => ({ id, name: id })),
    wait: async (ms) => {
      waited.push(ms);
      // Whatever is ready answers first; then the time is over.
      await new Promise((resolve) => setImmediate(resolve));
    },
    fetch: async (_url, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers).entries());
      received.push({ headers, body: Buffer.from(String(init?.body)) });
      return answer();
    },
  });
  app = new Server().route('/slack', standIn);
});

const raw = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(`${ORIGIN}/slack/${path}`, {
    method: 'POST',
    headers: { host: HOST, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const bot = { authorization: 'Bearer xoxb-1' };
const api = async (method: string, body: unknown) => (await raw(`api/${method}`, body, bot)).json();
const misbehave = (wish: object) => raw('misbehave', wish, bot);

const button = (actionId: string, more: object = {}) => ({
  type: 'button',
  action_id: actionId,
  text: { type: 'plain_text', text: 'Press' },
  value: 'apr-1',
  ...more,
});
const actions = (...elements: object[]) => [{ type: 'actions', elements }];
const Posted = z.looseObject({ ok: z.literal(true), channel: z.string(), ts: z.string() });
const post = async (more: object = {}) =>
  Posted.parse(
    await api('chat.postMessage', { channel: '#gpu', text: 'card', blocks: actions(button('deny')), ...more }),
  );

const fromPage = async () => {
  const html = await (await app.request(`${ORIGIN}/slack`, { headers: { host: HOST } })).text();
  return { origin: ORIGIN, 'x-page-token': /data-token="([^"]+)"/.exec(html)?.[1] ?? expect.fail('no token') };
};
/** Presses the one button of a fresh card. */
async function click(userId = ANNA) {
  const { channel, ts } = await post();
  const reply = await raw('click', { channel, ts, actionId: 'deny', userId }, await fromPage());
  return { channel, ts, reply, payload: lastPayload() };
}
const lastPayload = () =>
  Payload.parse(JSON.parse(new URLSearchParams(received.at(-1)?.body.toString()).get('payload') ?? 'null'));
it('leads a link to a message to its channel', async () => {
  const reply = await app.request(`${ORIGIN}/slack/archives/C0123/p1763625600000100`, { headers: { host: HOST } });
  expect([reply.status, reply.headers.get('location')]).toEqual([302, '/slack/#C0123']);
});

const shown = async () => {
  const Listed = z.object({
    messages: z.array(z.looseObject({ text: z.string(), onlyFor: z.string().nullable() })),
    modals: z.array(z.looseObject({ id: z.string(), user: z.string() })),
  });
  return Listed.parse(await (await app.request(`${ORIGIN}/slack/messages`, { headers: { host: HOST } })).json());
};

const modal = (more: object = {}) => ({
  type: 'modal',
  callback_id: 'deny',
  private_metadata: 'apr-1',
  title: { type: 'plain_text', text: 'Deny' },
  submit: { type: 'plain_text', text: 'Deny' },
  notify_on_close: true,
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: { type: 'plain_text', text: 'Why?' },
      element: { type: 'plain_text_input', action_id: 'reason', max_length: 300 },
    },
  ],
  ...more,
});

describe('a dialog', () => {
  it('opens once for a trigger, within three seconds', async () => {
    const { payload } = await click();
    const open = { trigger_id: payload.trigger_id, view: modal() };
    nowMs += 3_000;
    expect(await api('views.open', open)).toMatchObject({ ok: true, view: { callback_id: 'deny' } });
    expect(await api('views.open', open)).toEqual({ ok: false, error: 'exchanged_trigger_id' });
    expect((await shown()).modals).toMatchObject([{ user: ANNA }]);
    const late = (await click()).payload;
    nowMs += 3_001;
    expect(await api('views.open', { trigger_id: late.trigger_id, view: modal() })).toEqual({
      ok: false,
      error: 'expired_trigger_id',
    });
    expect(await api('views.open', { trigger_id: 'made-up', view: modal() })).toEqual({
      ok: false,
      error: 'invalid_trigger_id',
    });
  });

  it.each([
    ['a title of 25 characters', { title: { type: 'plain_text', text: 'x'.repeat(25) } }],
    ['an input without a submit button', { submit: undefined }],
    ['a title in mrkdwn', { title: { type: 'mrkdwn', text: 'Deny' } }],
  ])('with %s is refused, and its trigger still works', async (_what, change) => {
    const { payload } = await click();
    const open = (view: object) => api('views.open', { trigger_id: payload.trigger_id, view });
    expect(await open(modal(change))).toEqual({ ok: false, error: 'invalid_arguments' });
    expect(await open(modal())).toMatchObject({ ok: true });
  });

  /** Opens a dialog for Anna, and hands back how she answers it. */
  async function opened() {
    const { payload } = await click();
    await api('views.open', { trigger_id: payload.trigger_id, view: modal() });
    const viewId = (await shown()).modals[0]?.id ?? expect.fail('no dialog');
    const page = await fromPage();
    return (body: object) => raw('modal', { viewId, userId: ANNA, ...body }, page);
  }

  it('sends what was written as view_submission, signed, and closes', async () => {
    const say = await opened();
    expect((await say({ what: 'view_submission', values: { reason: 'too risky' } })).status).toBe(200);
    expect(lastPayload()).toMatchObject({
      type: 'view_submission',
      user: { id: ANNA },
      view: {
        callback_id: 'deny',
        private_metadata: 'apr-1',
        state: { values: { why: { reason: { type: 'plain_text_input', value: 'too risky' } } } },
      },
    });
    const sent = received.at(-1) ?? expect.fail('nothing sent');
    expect(whyNotSlack({ method: 'POST', ...sent }, 'signing', new Date(nowMs))).toBeNull();
    expect((await shown()).modals).toEqual([]);
  });

  it('stays open with the errors that the receiver answers', async () => {
    const say = await opened();
    answer = async () => Response.json({ response_action: 'errors', errors: { why: 'Write a reason' } });
    const reply = await say({ what: 'view_submission', values: {} });
    expect(await reply.json()).toEqual({ ok: true, errors: { why: 'Write a reason' } });
    expect((await shown()).modals).toHaveLength(1);
  });

  it('shows another view where the receiver answers one', async () => {
    const say = await opened();
    const sorry = modal({
      title: { type: 'plain_text', text: 'Too late' },
      submit: undefined,
      blocks: [{ type: 'divider' }],
    });
    answer = async () => Response.json({ response_action: 'update', view: sorry });
    expect((await say({ what: 'view_submission', values: {} })).status).toBe(200);
    expect((await shown()).modals).toMatchObject([{ view: { title: { text: 'Too late' } } }]);
  });

  it('warns of an answer that Slack does not understand', async () => {
    const say = await opened();
    answer = async () => Response.json({ response_action: 'dance' });
    expect((await say({ what: 'view_submission', values: {} })).status).toBe(502);
  });

  it('tells of being closed, and cannot be answered by somebody else', async () => {
    const say = await opened();
    expect((await say({ what: 'view_submission', userId: BEN })).status).toBe(409);
    expect((await say({ what: 'view_closed' })).status).toBe(200);
    expect(lastPayload()).toMatchObject({ type: 'view_closed', view: { callback_id: 'deny' } });
    expect((await say({ what: 'view_closed' })).status).toBe(409);
  });
});

describe('a click', () => {
  it('that is not acknowledged within three seconds shows a warning', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answer = () => promise;
    const { reply } = await click();
    expect(waited).toEqual([3_000]);
    expect(await reply.json()).toEqual({ error: expect.stringContaining('within 3 seconds') });
    resolve(new Response(''));
  });

  it('that is answered with anything but 200 shows a warning', async () => {
    answer = async () => new Response('unauthorized', { status: 401 });
    expect((await click()).reply.status).toBe(502);
  });

  it('is signed with the secret of that moment', async () => {
    await click();
    secret = 'rotated';
    await click();
    const why = received.map((sent) => whyNotSlack({ method: 'POST', ...sent }, 'rotated', new Date(nowMs)));
    expect(why).toEqual(['signature', null]);
  });

  it('can change the original through its response URL, or delete it', async () => {
    const { payload, channel, ts } = await click();
    const respond = (body: object) =>
      app.request(payload.response_url ?? '', { method: 'POST', body: JSON.stringify(body) });
    await respond({ replace_original: true, text: 'decided' });
    expect((await shown()).messages).toMatchObject([{ channel, ts, text: 'decided', edited: true }]);
    await respond({ response_type: 'in_channel', text: 'for all' });
    expect((await shown()).messages[0]).toMatchObject({ text: 'for all', onlyFor: null });
    await respond({ delete_original: true });
    expect((await shown()).messages.map(({ text }) => text)).toEqual(['for all']);
  });
});

describe('messages', () => {
  it('go into threads that exist, and to one person only', async () => {
    const { channel, ts } = await post();
    await post({ thread_ts: ts });
    expect(await api('chat.postMessage', { channel, text: 'x', thread_ts: '1.000001' })).toMatchObject({
      error: 'thread_not_found',
    });
    const ephemeral = { channel, user: BEN, text: 'only you' };
    expect(await api('chat.postEphemeral', ephemeral)).toEqual({ ok: true, message_ts: expect.any(String) });
    expect((await shown()).messages[0]).toMatchObject({ onlyFor: BEN, text: 'only you' });
    expect(await api('chat.postEphemeral', { ...ephemeral, user: 'U0NOBODY' })).toMatchObject({
      error: 'user_not_in_channel',
    });
  });

  it('are limited to one a second and channel, ten at once', async () => {
    for (let sent = 0; sent < 10; sent += 1) await post();
    const refused = await raw('api/chat.postMessage', { channel: '#gpu', text: 'x' }, bot);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    await post({ channel: '#other' });
    nowMs += 1_000;
    await post();
  });

  it.each([
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['a button value of 2001 characters', actions(button('a', { value: 'x'.repeat(2_001) }))],
    ['a button text of 76 characters', actions(button('a', { text: { type: 'plain_text', text: 'x'.repeat(76) } }))],
    ['an action id twice', actions(button('a'), button('a'))],
    ['a section without text', [{ type: 'section' }]],
    ['an empty text', [{ type: 'section', text: { type: 'mrkdwn', text: '' } }]],
    ['a block of no known type', [{ type: 'rich_text_from_nowhere' }]],
    ['an input outside a dialog', modal().blocks],
  ])('with %s are refused as invalid_blocks', async (_what, blocks) => {
    expect(await api('chat.postMessage', { channel: '#gpu', text: 'x', blocks })).toEqual({
      ok: false,
      error: 'invalid_blocks',
    });
  });
});

describe('told to misbehave', () => {
  it.each([
    ['down', 503],
    ['429', 429],
    ['garbage', 200],
    ['lose_answer', 500],
    ['ok_false:fatal_error', 200],
  ])('%s answers %i as many times as told, for the method told', async (mode, status) => {
    await misbehave({ mode, method: 'chat.postMessage', times: 2, seconds: 7 });
    const one = () => raw('api/chat.postMessage', { channel: '#gpu', text: 'x' }, bot);
    expect((await raw('api/chat.update', {}, bot)).status).toBe(200);
    const first = await one();
    expect(first.status).toBe(status);
    if (mode === '429') expect(first.headers.get('retry-after')).toBe('7');
    if (mode.startsWith('ok_false')) expect(await first.json()).toEqual({ ok: false, error: 'fatal_error' });
    await one();
    expect(await (await one()).json()).toMatchObject({ ok: true });
    expect((await shown()).messages).toHaveLength(mode === 'lose_answer' ? 3 : 1);
  });

  it('slow takes as long as told, and then works', async () => {
    await misbehave({ mode: 'slow', seconds: 8, times: 1 });
    await post();
    expect(waited).toEqual([8_000]);
  });

  it('drops response URLs, expires triggers, delivers twice, signs wrongly', async () => {
    await misbehave({ mode: 'drop_response_url', times: 1 });
    const { payload } = await click();
    const respond = () => app.request(payload.response_url ?? '', { method: 'POST', body: '{"text":"x"}' });
    expect([(await respond()).status, (await respond()).status]).toEqual([404, 200]);

    await misbehave({ mode: 'expired_trigger', times: 1 });
    const late = (await click()).payload;
    expect(await api('views.open', { trigger_id: late.trigger_id, view: modal() })).toMatchObject({
      error: 'expired_trigger_id',
    });

    received = [];
    await misbehave({ mode: 'redeliver', times: 1 });
    await click();
    expect(received.map(({ body }) => body.toString())).toEqual([
      received[0]?.body.toString(),
      received[0]?.body.toString(),
    ]);

    for (const [mode, why] of [
      ['old_signature', 'outside the window'],
      ['wrong_signature', 'signature'],
    ]) {
      await misbehave({ mode, times: 1 });
      await click();
      const sent = received.at(-1) ?? expect.fail('nothing sent');
      expect(whyNotSlack({ method: 'POST', ...sent }, 'signing', new Date(nowMs))).toBe(why);
    }
  });

  it('is not told by strangers, nor in words it does not know', async () => {
    expect((await raw('misbehave', { mode: 'down' })).status).toBe(403);
    expect((await misbehave({ mode: 'moody' })).status).toBe(400);
    expect((await raw('misbehave', { mode: 'down' }, await fromPage())).status).toBe(200);
  });
});
