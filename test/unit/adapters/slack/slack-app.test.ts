import { readdirSync, readFileSync } from 'node:fs';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { slackClient } from '../../../../functions/adapters/slack/client.ts';
import { frozenMessage } from '../../../../functions/adapters/slack/freeze-messages.ts';
import { readInteraction } from '../../../../functions/adapters/slack/interaction.ts';
import {
  BlockActions,
  ChatAnswer,
  ErrorAnswer,
  OkAnswer,
  OtherInteraction,
  ViewSubmission,
} from '../../../../schemas/ports/slack.ts';
import { NOON } from '../../../fixtures/builders.ts';
import { anApproval } from '../../application/approvals/builders.ts';

const FIXTURES = 'test/fixtures/slack';
const fixture = (name: string): unknown => JSON.parse(readFileSync(`${FIXTURES}/${name}.json`, 'utf8'));

describe('the manifest of the Slack app', () => {
  const manifest = z
    .object({
      oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
      features: z.strictObject({ bot_user: z.object({ display_name: z.string() }) }),
      settings: z.object({
        interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: z.url({ protocol: /^https$/ }) }),
        socket_mode_enabled: z.literal(false),
      }),
    })
    .parse(JSON.parse(readFileSync('infra/aws/slack-manifest.json', 'utf8')));

  /** Scope of each method, from Slack's reference; an unknown method fails the test. */
  const SCOPES = new Map([
    ['chat.postMessage', ['chat:write']],
    ['chat.update', ['chat:write']],
    ['chat.postEphemeral', ['chat:write']],
    ['views.open', []],
  ]);

  it('asks for just the scopes of the methods that are called', () => {
    const source = readFileSync('functions/adapters/slack/client.ts', 'utf8');
    const methods = [...new Set(Array.from(source.matchAll(/'([a-z]+\.[a-zA-Z.]+)'/g), ([, method]) => method ?? ''))];
    expect(methods.sort()).toEqual([...SCOPES.keys()].sort());
    const needed = new Set(methods.flatMap((method) => SCOPES.get(method) ?? expect.fail(method)));
    expect(new Set(manifest.oauth_config.scopes.bot)).toEqual(needed);
  });

  it('sends clicks to the path that the webhook listens on', () => {
    expect(manifest.settings.interactivity.request_url).toMatch(/\/slack\/interactions$/);
  });
});

describe('what Slack sends', () => {
  const SCHEMAS = new Map<string, z.ZodType>([
    ['block_actions', BlockActions],
    ['view_submission', ViewSubmission],
    ['view_closed', OtherInteraction],
    ['chat.postMessage', ChatAnswer],
    ['chat.update', ChatAnswer],
    ['chat.postEphemeral', OkAnswer],
    ['views.open', OkAnswer],
    ['error', ErrorAnswer],
    ['error-with-details', ErrorAnswer],
    ['429', z.object({ status: z.literal(429), headers: z.object({ 'retry-after': z.string() }), body: ErrorAnswer })],
  ]);

  it('is checked in, one file for each payload', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual([...SCHEMAS.keys()].map((name) => `${name}.json`).sort());
  });

  it.each([...SCHEMAS])('%s is of its schema', (name, schema) => {
    expect(schema.safeParse(fixture(name)).error).toBeUndefined();
  });

  const interaction = (name: string) =>
    readInteraction(Buffer.from(new URLSearchParams({ payload: JSON.stringify(fixture(name)) }).toString()));

  it('is read as a click, a denial with its reason, or nothing of ours', () => {
    expect(interaction('block_actions')).toMatchObject({
      kind: 'click',
      click: { action: 'approve', approvalId: 'dec_0123456789abcdef01234567', by: 'U0123ANNA' },
    });
    expect(interaction('view_submission')).toEqual({
      kind: 'denial',
      denial: { approvalId: 'dec_0123456789abcdef01234567', by: 'U0123ANNA', reason: 'the queue is full' },
    });
    expect(interaction('view_closed')).toEqual({ kind: 'ignored' });
  });

  it('of the button to unfreeze names the approval and the freeze, as the message had them', () => {
    const payload = BlockActions.parse(fixture('block_actions'));
    const pressing = (value: string) => {
      const actions = [{ action_id: 'unfreeze', value }];
      const body = new URLSearchParams({ payload: JSON.stringify({ ...payload, actions }) });
      return readInteraction(Buffer.from(body.toString()));
    };
    const approval = anApproval();
    const [, { elements: [button] = [] } = {}] = frozenMessage(approval, 'U0123ANNA', NOON).blocks as {
      elements?: { value: string }[];
    }[];
    expect(pressing(button?.value ?? '')).toMatchObject({
      click: { action: 'unfreeze', approvalId: approval.approval_id, freeze: NOON.toISOString() },
    });
    const old = pressing(approval.approval_id);
    expect(old).toMatchObject({ click: { approvalId: approval.approval_id } });
    expect(old).not.toHaveProperty('click.freeze');
  });
});

describe('what Slack refuses', () => {
  const BASE = 'https://slack.test/api';
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  const slack = slackClient({ baseUrl: BASE, botToken: async () => 'x', wait: async () => undefined });
  const refusing = (error: string) =>
    server.use(http.post(`${BASE}/:method`, () => HttpResponse.json({ ok: false, error })));
  const update = () => slack.update({ channel: 'C1', ts: '1.1' }, { text: 'x', blocks: [] });

  it.each(['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])(
    '%s is worth another try',
    async (code) => {
      refusing(code);
      await expect(update()).rejects.toMatchObject({ name: 'SlackUnavailable' });
    },
  );

  it.each(['message_not_found', 'cant_update_message', 'channel_not_found', 'is_archived', 'edit_window_closed'])(
    '%s leaves no card to keep true',
    async (code) => {
      refusing(code);
      await expect(update()).rejects.toMatchObject({ name: 'SlackRefused', code, messageGone: true });
    },
  );

  it.each(['invalid_auth', 'token_revoked', 'account_inactive', 'not_in_channel', 'missing_scope', 'invalid_blocks'])(
    '%s is a fault for an operator, under its own code',
    async (code) => {
      refusing(code);
      await expect(update()).rejects.toMatchObject({ name: 'SlackRefused', code, messageGone: false });
    },
  );

  it.each(['expired_trigger_id', 'exchanged_trigger_id'])('%s means that no dialog opens any more', async (code) => {
    refusing(code);
    const view = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'x' }, blocks: [] };
    await expect(slack.openModal('1.2', view)).rejects.toMatchObject({ name: 'SlackRefused', code });
  });

  it('429 is waited out where the budget allows, else told as unavailable', async () => {
    const { status, headers, body } = z
      .object({
        status: z.number(),
        headers: z.record(z.string(), z.string()),
        body: z.record(z.string(), z.unknown()),
      })
      .parse(fixture('429'));
    server.use(http.post(`${BASE}/:method`, () => HttpResponse.json(body, { status, headers })));
    await expect(update()).rejects.toMatchObject({
      name: 'SlackUnavailable',
      message: expect.stringContaining('30 s'),
    });
  });
});
