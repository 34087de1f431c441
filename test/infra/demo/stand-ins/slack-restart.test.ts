import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createSlackStandIn } from '../../../../infra/demo/stand-ins/slack/app.ts';
import { signedInAs } from '../../../fixtures/console-session.ts';
import { ANNA, ASKED } from '../../../unit/application/approvals/builders.ts';

const HOST = '127.0.0.1:4580';
const ORIGIN = `http://${HOST}`;
const folder = mkdtempSync(join(tmpdir(), 'slack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stand-in as one start of the system has it, on the same folder as all the others. */
function start() {
  const clicks: string[] = [];
  const app = createSlackStandIn({
    access: signedInAs(),
    ...{ signingSecret: 'signing', botToken: 'xoxb-1', keptIn: folder, now: () => ASKED.getTime() },
    interactionsUrl: 'http://127.0.0.1:4566/slack/interactions',
    users: () => [{ id: ANNA, name: 'Anna' }],
    fetch: async (_url, init) => {
      clicks.push(new URLSearchParams(String(init?.body)).get('payload') ?? '');
      return new Response('');
    },
  });
  const send = (path: string, body: unknown, headers: Record<string, string>) =>
    app.request(`${ORIGIN}/${path}`, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { host: HOST, 'content-type': 'application/json', ...headers },
    });
  return {
    clicks,
    api: async (method: string, body: unknown) =>
      Said.parse(await (await send(`api/${method}`, body, { authorization: 'Bearer xoxb-1' })).json()),
    shown: async () => Shown.parse(await (await app.request(`${ORIGIN}/messages`, { headers: { host: HOST } })).json()),
    async click(channel: string, ts: string) {
      const html = await (await app.request(`${ORIGIN}/`, { headers: { host: HOST } })).text();
      const token = /data-token="([^"]+)"/.exec(html)?.[1] ?? '';
      const body = { channel, ts, actionId: 'approve', userId: ANNA };
      return (await send('click', body, { origin: ORIGIN, 'x-page-token': token })).status;
    },
  };
}
const Said = z.looseObject({ ok: z.literal(true), channel: z.string(), ts: z.string() });
const Shown = z.object({
  messages: z.array(z.looseObject({ text: z.string(), ts: z.string(), edited: z.boolean() })),
  channels: z.record(z.string(), z.string()),
});

const blocks = [
  {
    type: 'actions',
    elements: [{ type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'Approve' }, value: 'dec_1' }],
  },
];

describe('the cards of a system that is killed', () => {
  it('are there after the next start, can be clicked, and are changed as before', async () => {
    const first = start();
    const { channel, ts } = await first.api('chat.postMessage', { channel: '#gpu', text: 'open', blocks });
    await first.api('chat.postMessage', { channel: '#gpu', text: 'asked', blocks });
    // What a kill in the middle of a write leaves, and a message that nobody can read.
    writeFileSync(join(folder, '1.2.json.new'), '{"mess');
    writeFileSync(join(folder, '0.000000.json'), '{}');

    const second = start();
    expect(await second.shown()).toMatchObject({
      messages: [{ text: 'asked' }, { text: 'open', ts, edited: false }],
      channels: { [channel]: '#gpu' },
    });
    expect(await second.click(channel, ts)).toBe(200);
    expect(second.clicks).toEqual([expect.stringContaining('"value":"dec_1"')]);
    await second.api('chat.update', { channel, ts, text: 'approved', blocks: [] });
    const later = await second.api('chat.postMessage', { channel: '#gpu', text: 'later' });

    const third = await start().shown();
    expect(third.messages.map(({ text, edited }) => [text, edited])).toEqual([
      ['later', false],
      ['asked', false],
      ['approved', true],
    ]);
    expect(new Set(third.messages.map((message) => message.ts)).size).toBe(3);
    expect(later.ts).not.toBe(ts);
  });
});
