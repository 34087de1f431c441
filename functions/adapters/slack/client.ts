import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownBlock, ModalView } from '@slack/types';
import type * as z from 'zod';
import { ChatDone, ErrorAnswer, OkAnswer } from '../../../schemas/ports/slack.ts';
import type { MessageRef } from '../../application/approvals/messages.ts';
import { drop } from '../http/limited-body.ts';
import { persist } from '../http/persist.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { sendOnce } from '../http/send.ts';
import { SlackRefused, SlackUnavailable } from './errors.ts';

export interface SlackMessage {
  /** Shown by notifications and screen readers. */
  text: string;
  blocks: KnownBlock[];
}

/** A sentence, or a whole message. */
export type PrivateMessage = Pick<SlackMessage, 'text'> & Partial<SlackMessage>;

export interface Slack {
  /** chat.postMessage; in the thread of `thread` if given. */
  post(channel: string, message: SlackMessage, thread?: string): Promise<MessageRef>;
  /** chat.update: replaces text and blocks. */
  update(card: MessageRef, message: SlackMessage): Promise<void>;
  /** Replies only to the person who clicked. False if the URL is not Slack's: nothing was sent. */
  replyPrivately(responseUrl: string, message: PrivateMessage): Promise<boolean>;
  /** Writes to one person in a channel, for when there is no response URL or it is used up. */
  ephemeral(channel: string, user: string, message: PrivateMessage): Promise<void>;
  /** Replaces the message whose button was clicked: the fallback when chat.update cannot reach a card. */
  replace(responseUrl: string, message: SlackMessage): Promise<boolean>;
  /** A link that opens the message in Slack. */
  link(card: MessageRef): string;
  /** views.open: a modal for the person who clicked less than three seconds ago. */
  openModal(triggerId: string, view: ModalView): Promise<void>;
}

export interface SlackOptions {
  /** API root such as `https://slack.com/api`. */
  baseUrl: string;
  /** Read for each call, so that a rotated token takes effect. */
  botToken: () => Promise<string>;
  /** Per request. */
  timeoutMs?: number;
  /** Upper limit for the sum of a call's Retry-After waits. */
  waitBudgetMs?: number;
  wait?: (ms: number) => Promise<unknown>;
}

/** Error codes with HTTP 200 that mean a fault at Slack. */
const TRANSIENT = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
]);

/**
 * The part of the Slack Web API that we use. Every method:
 * @throws SlackUnavailable on a network fault, a timeout, 5xx, or a 429 that asks for more than the budget
 * @throws SlackRefused on `ok: false` and on any other status
 */
export function slackClient(options: SlackOptions): Slack {
  const call = async <T extends z.ZodType>(method: string, body: object, good: T): Promise<z.infer<T>> => {
    const response = await sendToRoot(options, method, body);
    const json: unknown = await response.json().catch(() => null);
    const refused = ErrorAnswer.safeParse(json);
    if (refused.success) {
      const { error } = refused.data;
      throw TRANSIENT.has(error) ? new SlackUnavailable(`${method}: ${error}`) : new SlackRefused(method, error);
    }
    const answer = good.safeParse(json);
    if (answer.success) return answer.data;
    refuseStatus(method, response);
    throw new SlackUnavailable(`${method}: the answer is not Slack's`);
  };
  const respond = async (responseUrl: string, body: object): Promise<boolean> => {
    if (!isSlacksUrl(responseUrl, options.baseUrl)) return false;
    refuseStatus('response_url', await send(options, 'response_url', responseUrl, {}, body));
    return true;
  };
  return {
    post: async (channel, message, thread) => {
      const quiet = { unfurl_links: false, unfurl_media: false };
      const where = thread === undefined ? {} : { thread_ts: thread };
      const posted = await call('chat.postMessage', { channel, ...message, ...quiet, ...where }, ChatDone);
      return { channel: posted.channel, ts: posted.ts };
    },
    update: async (card, message) => {
      await call('chat.update', { ...card, ...message }, ChatDone);
    },
    replyPrivately: (responseUrl, message) =>
      respond(responseUrl, { response_type: 'ephemeral', replace_original: false, ...message }),
    ephemeral: async (channel, user, message) => {
      await call('chat.postEphemeral', { channel, user, ...message }, OkAnswer);
    },
    replace: (responseUrl, message) => respond(responseUrl, { replace_original: true, ...message }),
    link: ({ channel, ts }) => {
      const home = options.baseUrl.replace(/\/+$/, '').replace(/\/api$/, '');
      return `${home}/archives/${channel}/p${ts.replace('.', '')}`;
    },
    openModal: async (triggerId, view) => {
      await call('views.open', { trigger_id: triggerId, view }, OkAnswer);
    },
  };
}

/**
 * Posts to an incoming webhook: one-way, never an approval path. Buttons are left out, since nobody verifies who is in
 * that channel and Slack would have nowhere to send the click.
 * @throws SlackUnavailable, SlackRefused as above
 */
export async function postToWebhook(
  url: string,
  { text, blocks }: SlackMessage,
  options: Pick<SlackOptions, 'timeoutMs' | 'waitBudgetMs' | 'wait'> = {},
): Promise<void> {
  const readable = { text, blocks: blocks.filter(({ type }) => type === 'section' || type === 'context') };
  refuseStatus('webhook', await send(options, 'webhook', url, {}, readable));
}

/** A `response_url` is outside input: only the API's own origin and Slack's webhook host may be called. */
export function isSlacksUrl(url: string, baseUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  if (username || password) return false;
  return origin === 'https://hooks.slack.com' || origin === new URL(baseUrl).origin;
}

/** A host without a path may serve the API below `/api` or at its root; Slack's API itself never answers 404. */
async function sendToRoot(options: SlackOptions, method: string, body: object): Promise<Response> {
  const headers = { authorization: `Bearer ${await options.botToken()}` };
  const root = options.baseUrl.replace(/\/+$/, '');
  if (new URL(options.baseUrl).pathname === '/') {
    const response = await send(options, method, `${root}/api/${method}`, headers, body);
    if (response.status !== 404) return response;
  }
  return send(options, method, `${root}/${method}`, headers, body);
}

/** Slack's limit for a single channel, used when it sends no Retry-After. */
const USUAL_WAIT_MS = 1_000;
const SHORTEST_WAIT_MS = 100;

/** Returns any response below 500 except 429, which is waited out within the budget; nothing else is retried here. */
function send(
  { timeoutMs = 3_000, waitBudgetMs = 4_000, wait = sleep }: Pick<SlackOptions, 'timeoutMs' | 'waitBudgetMs' | 'wait'>,
  what: string,
  url: string,
  headers: Record<string, string>,
  body: object,
): Promise<Response> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
  let waited = 0;
  return persist<Response>(
    async () => {
      const response = await sendOnce(url, request, timeoutMs).catch((cause: unknown) => {
        throw new SlackUnavailable(`${what}: no answer`, { cause });
      });
      if (response.status >= 500) throw new SlackUnavailable(`${what}: HTTP ${response.status}`);
      if (response.status !== 429) return { answer: response };
      drop(response.body);
      const waitMs = Math.max(
        retryAfterMs(response.headers.get('retry-after'), Date.now()) ?? USUAL_WAIT_MS,
        SHORTEST_WAIT_MS,
      );
      return { failed: new SlackUnavailable(`${what}: rate limited for ${Math.ceil(waitMs / 1000)} s`), waitMs };
    },
    {
      attempts: Number.POSITIVE_INFINITY,
      // Only waits count against the budget: responses have a time limit of their own.
      totalMs: waitBudgetMs + 1,
      now: () => waited,
      sleep: (ms) => {
        waited += ms;
        return wait(ms);
      },
    },
  );
}

function refuseStatus(what: string, response: Response): void {
  if (!response.ok) throw new SlackRefused(what, `http_${response.status}`);
}
