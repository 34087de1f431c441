import * as z from 'zod';
import { digestMessagesFor, NoticeSettings } from '../adapters/messages/notices.ts';
import { digestStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { postDailyDigests } from '../application/approvals/daily-digest.ts';
import { task } from '../runtime/task.ts';

/** Every morning: posts to each channel what became of the previous day's jobs, and how approvals were answered. */
export const handler = task(
  {
    input: z.unknown(),
    output: z.object({ posted: z.number().int() }),
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...NoticeSettings },
  },
  async (_schedule, { env, now }) => {
    const ports = { store: digestStore(table(env.DYNAMODB_TABLE_NAME)), messages: digestMessagesFor(env), now };
    return { posted: await postDailyDigests(ports, env.SLACK_DEFAULT_CHANNEL) };
  },
);
