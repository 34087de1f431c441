import * as z from 'zod';
import { NotifyInput, NotifyOutput } from '../../schemas/machines/job-workflow.ts';
import { warnOn } from '../adapters/messages/approval-ports.ts';
import { effectMessagesFor, NoticeSettings } from '../adapters/messages/notices.ts';
import { notifyStore } from '../adapters/tables/approval-stores.ts';
import { loadConfig } from '../adapters/tables/config.ts';
import { table } from '../adapters/tables/table.ts';
import { notifyEffect } from '../application/approvals/notify-effect.ts';
import { task } from '../runtime/task.ts';

/** Notifies people of an autonomous effect that the evidence permits only with notice, and lets them undo it. */
export const handler = task(
  {
    input: NotifyInput,
    output: NotifyOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...NoticeSettings },
  },
  async ({ job, decision, effect }, { env, now, log }) => {
    const here = table(env.DYNAMODB_TABLE_NAME);
    const config = await loadConfig(here, job.clusterId);
    const messages = await effectMessagesFor(env);
    const ports = { store: notifyStore(here), messages, now, warn: warnOn(log) };
    return { sent: await notifyEffect(ports, { decision, effect, job }, config, env.SLACK_DEFAULT_CHANNEL) };
  },
);
