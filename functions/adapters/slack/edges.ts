import * as z from 'zod';
import type { EmittedEvents, EmittedType } from '../../../schemas/events/emitted.ts';
import { emit } from '../aws/event-bus.ts';
import type { AnswerTask } from '../aws/executions.ts';
import { readSecret } from '../aws/secrets.ts';
import { type Table, table } from '../tables/table.ts';
import { type Slack, type SlackMessage, type SlackOptions, slackClient } from './client.ts';

/** What the procedures around an approval touch. Tests hand in their own. */
export interface ApprovalEdges {
  table: Table;
  slack: Slack;
  emit<T extends EmittedType>(type: T, detail: z.infer<(typeof EmittedEvents)[T]>): Promise<void>;
  now: Date;
  /** Tells people one way, where there is no bot; whether there was a way. Only those have it who may speak first. */
  notice?: (channel: string, message: SlackMessage) => Promise<boolean>;
  /** Something was left for the sweeper. */
  warn(message: string, error: unknown): void;
}

/** Only slack-webhook, approval-sweeper and ingest-outcome, which only voids, may answer tokens. */
export interface ResumingEdges extends ApprovalEdges {
  answerTask: AnswerTask;
}

/** Settings that every function around approvals needs. */
export const ApprovalEnv = {
  DYNAMODB_TABLE_NAME: z.string().min(1),
  EVENT_BUS_NAME: z.string().min(1),
  SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
  SLACK_BOT_TOKEN_NAME: z.string().min(1),
};

interface Running {
  env: { [K in keyof typeof ApprovalEnv]: string };
  now: Date;
  log: { warn(message: string, extra: { error: { name: string; message: string } }): void };
}

/** Binds the edges to the settings of one invocation. */
export function approvalEdges({ env, now, log }: Running, limits: Partial<SlackOptions> = {}): ApprovalEdges {
  return {
    table: table(env.DYNAMODB_TABLE_NAME),
    slack: slackClient({
      baseUrl: env.SLACK_API_BASE_URL,
      botToken: () => readSecret(env.SLACK_BOT_TOKEN_NAME),
      ...limits,
    }),
    emit: (type, detail) => emit(env.EVENT_BUS_NAME, type, detail),
    now,
    warn: warnOn(log),
  };
}

/** Names what was left undone in the log: the error's name and message, and nothing of what it was about. */
export function warnOn(log: Running['log']): ApprovalEdges['warn'] {
  return (message, error) => {
    const { name, message: text } = error instanceof Error ? error : new Error(String(error));
    log.warn(message, { error: { name, message: text } });
  };
}
