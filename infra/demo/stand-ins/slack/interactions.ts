import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { parseJson } from '../../../../schemas/parse-json.ts';
import { type Button, Modal } from './blocks.ts';
import type { Message } from './message-files.ts';
import type { OpenModal, SlackUser, Workspace } from './workspace.ts';

/** Slack shows the clicker a warning if there is no 200 by then. The receiver may still be working. */
const ACKNOWLEDGE_MS = 3_000;
/** When the stand-in stops waiting for a late response. */
const GIVE_UP_MS = 15_000;
const OLD_SECONDS = 360;

const team = { id: 'T0STANDIN', domain: 'stand-in' };

/** The result of a click, for the page. A dialog closes, shows errors beside its inputs, or shows another view. */
export type Delivered =
  | { status: 'acknowledged'; errors: Record<string, string> | null; view: Modal | null }
  | { status: 'warned'; warning: string };

/** The payload of a pressed button; registers its trigger and its response URL. */
export function blockActions(
  workspace: Workspace,
  { message, user, button, origin }: { message: Message; user: SlackUser; button: Button; origin: string },
): object {
  const { channel, ts, threadTs } = message;
  const responseId = workspace.id(18);
  workspace.responseUrls.add(responseId, { channel, ts, user: user.id }, workspace.now());
  return {
    type: 'block_actions',
    ...common(workspace, user),
    container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: message.onlyFor !== null },
    channel: { id: channel, name: 'stand-in' },
    message: {
      type: 'message',
      ts,
      text: message.text,
      blocks: message.blocks,
      ...(threadTs !== null && { thread_ts: threadTs }),
    },
    response_url: `${origin}/response/${responseId}`,
    actions: [
      {
        type: 'button',
        action_id: button.action_id,
        text: button.text,
        ...(button.value !== undefined && { value: button.value }),
        action_ts: `${Math.floor(workspace.now() / 1000)}.000000`,
      },
    ],
  };
}

/** The payload of a submitted or closed modal. */
export function viewPayload(
  workspace: Workspace,
  type: 'view_submission' | 'view_closed',
  { id, hash, view }: OpenModal,
  user: SlackUser,
  values: Record<string, string> = {},
): object {
  const state = { values: {} as Record<string, Record<string, { type: string; value: string | null }>> };
  for (const block of view.blocks) {
    if (block.type !== 'input' || block.block_id === undefined) continue;
    const { action_id: action, type: input } = block.element;
    state.values[block.block_id] = { [action]: { type: input, value: values[action] || null } };
  }
  return {
    type,
    ...common(workspace, user),
    view: {
      ...view,
      id,
      hash,
      team_id: team.id,
      app_id: 'A0STANDIN',
      state: type === 'view_closed' ? { values: {} } : state,
    },
    ...(type === 'view_closed' ? { is_cleared: false } : { response_urls: [] }),
  };
}

/** The fields that Slack sends with every interaction, with a new trigger. */
function common(workspace: Workspace, user: SlackUser): object {
  const trigger = `${Math.floor(workspace.now() / 1000)}.${workspace.id(12)}`;
  const late = workspace.misbehaviour.hit('trigger', (mode) => mode === 'expired_trigger') ? -60_000 : 0;
  workspace.triggers.add(trigger, user.id, workspace.handNow() + late);
  return {
    team,
    user: { id: user.id, username: user.name, name: user.name, team_id: team.id },
    api_app_id: 'A0STANDIN',
    token: 'deprecated-and-not-checked',
    trigger_id: trigger,
  };
}

const Answer = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.literal('update'), view: Modal }),
  z.object({ response_action: z.literal('clear') }),
]);

/** Posts a payload, signed like Slack's, and reports what the person who clicked would see. */
export async function deliver(workspace: Workspace, payload: object): Promise<Delivered> {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const sending = post(workspace, body);
  if (workspace.misbehaviour.hit('click', (mode) => mode === 'redeliver')) await post(workspace, body);
  const answer = await Promise.race([sending, workspace.wait(ACKNOWLEDGE_MS).then(() => 'late' as const)]);
  if (answer === 'late') return warned('no answer within 3 seconds; the result appears when it is done');
  if (answer === null) return warned('the receiver of clicks did not answer');
  if (answer.status !== 200) return warned(`the receiver of clicks answered ${answer.status}`);
  const text = await answer.text().catch(() => '');
  if (text.trim() === '') return { status: 'acknowledged', errors: null, view: null };
  const parsed = Answer.safeParse(readJson(text));
  if (!parsed.success) return warned('the receiver of clicks sent an answer that Slack does not understand');
  const { data } = parsed;
  return {
    status: 'acknowledged',
    errors: data.response_action === 'errors' ? data.errors : null,
    view: data.response_action === 'update' ? named(data.view) : null,
  };
}

/** Slack gives ids to blocks without one; a submission has its values under these ids. */
export function named(view: Modal): Modal {
  return {
    ...view,
    blocks: view.blocks.map((block, index) => ({ ...block, block_id: block.block_id ?? `block-${index}` })),
  };
}

function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const warned = (warning: string): Delivered => ({ status: 'warned', warning });

function post(workspace: Workspace, body: string): Promise<Response | null> {
  const { interactionsUrl, fetch: send = fetch } = workspace.options;
  const fault = workspace.misbehaviour.hit('click', (mode) => mode === 'old_signature' || mode === 'wrong_signature');
  const seconds = Math.floor(workspace.now() / 1000) - (fault?.mode === 'old_signature' ? OLD_SECONDS : 0);
  const secret = fault?.mode === 'wrong_signature' ? `not ${workspace.signingSecret()}` : workspace.signingSecret();
  return send(interactionsUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': sign(secret, seconds, body),
    },
    body,
    signal: AbortSignal.timeout(GIVE_UP_MS),
  }).catch(() => null);
}

/** `v0=` + HMAC over `v0:{timestamp}:{raw body}`. */
function sign(secret: string, seconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')}`;
}
