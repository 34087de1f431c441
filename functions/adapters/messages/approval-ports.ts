import * as z from 'zod';
import type { ApprovalPorts, Warn } from '../../application/approvals/ports.ts';
import { eventBus } from '../aws/event-bus.ts';
import type { SlackOptions } from '../slack/client.ts';
import { type BotSettings, questionMessagesFor } from './bot.ts';

/** Settings of every function that handles approvals. */
export const ApprovalSettings = {
  DYNAMODB_TABLE_NAME: z.string().min(1),
  EVENT_BUS_NAME: z.string().min(1),
  SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
  SLACK_BOT_TOKEN_NAME: z.string().min(1),
};

/**
 * Limits where a caller waits for the response (Slack waits 3 s, which must cover two sequential calls to it): a call that fails is
 * not retried but left to the sweeper.
 */
export const IMPATIENT = { timeoutMs: 1_000, waitBudgetMs: 0 };

interface Running {
  env: BotSettings & { EVENT_BUS_NAME: string };
  now: Date;
  log: Log;
}

interface Log {
  warn(message: string, extra: { error: { name: string; message: string } }): void;
}

/**
 * The ports of the approval use cases for one invocation. The store comes from the handler: each use case has its own, with
 * no more than it needs.
 */
export function approvalPorts<Store>(
  { env, now, log }: Running,
  store: Store,
  limits?: Partial<SlackOptions>,
): ApprovalPorts<Store> {
  return {
    ...eventBus(env.EVENT_BUS_NAME),
    store,
    messages: questionMessagesFor(env, limits),
    now,
    warn: warnOn(log),
  };
}

/** Logs what was left undone: only the name and message of the error, nothing about the approval. */
export function warnOn(log: Log): Warn {
  return (message, error) => {
    const { name, message: text } = error instanceof Error ? error : new Error(String(error));
    log.warn(message, { error: { name, message: text } });
  };
}
