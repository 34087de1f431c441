import * as z from 'zod';
import { NotifyDriftInput, NotifyDriftOutput } from '../../schemas/machines/drift-monitor.ts';
import { NoticeSettings, operatorMessagesFor } from '../adapters/messages/notices.ts';
import { driftNoticeStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { notifyDrift } from '../application/approvals/operator-notices.ts';
import { task } from '../runtime/task.ts';

/** Notifies operators that a cluster's drift band has changed. Such a notice is never gated. */
export const handler = task(
  {
    input: NotifyDriftInput,
    output: NotifyDriftOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...NoticeSettings },
  },
  async (report, { env }) => {
    const store = driftNoticeStore(table(env.DYNAMODB_TABLE_NAME));
    const ports = { store, messages: operatorMessagesFor(env), defaultChannel: env.SLACK_DEFAULT_CHANNEL };
    return { sent: await notifyDrift(ports, report) };
  },
);
