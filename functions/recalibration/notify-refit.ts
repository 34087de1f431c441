import * as z from 'zod';
import { NotifyRefitInput, NotifyRefitOutput } from '../../schemas/machines/recalibration.ts';
import { NoticeSettings, operatorMessagesFor } from '../adapters/messages/notices.ts';
import { refitNoticeStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { notifyRefit } from '../application/approvals/operator-notices.ts';
import { task } from '../runtime/task.ts';

/** Notifies operators that a refit took effect or was rolled back. Such a notice is never gated. */
export const handler = task(
  {
    input: NotifyRefitInput,
    output: NotifyRefitOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...NoticeSettings },
  },
  async ({ clusterId, change }, { env }) => {
    const store = refitNoticeStore(table(env.DYNAMODB_TABLE_NAME));
    const ports = { store, messages: operatorMessagesFor(env), defaultChannel: env.SLACK_DEFAULT_CHANNEL };
    return { sent: await notifyRefit(ports, clusterId, change) };
  },
);
