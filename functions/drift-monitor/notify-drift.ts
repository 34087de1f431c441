import * as z from 'zod';
import { NotifyDriftInput, NotifyDriftOutput } from '../../schemas/machines/drift-monitor.ts';
import { driftMessage } from '../adapters/slack/drift.ts';
import { operatorSettings, tellOperatorsOf } from '../adapters/slack/tell-operators.ts';
import { driftNoticeStore } from '../adapters/tables/drift-notices.ts';
import { table } from '../adapters/tables/table.ts';
import { notifyDrift } from '../application/outcomes/notify-drift.ts';
import { task } from '../runtime/task.ts';

/** Tells people that a cluster's drift band has changed. An operator message: never gated. */
export const handler = task(
  {
    input: NotifyDriftInput,
    output: NotifyDriftOutput,
    env: { DYNAMODB_TABLE_NAME: z.string().min(1), ...operatorSettings },
  },
  async (report, { env }) => {
    const store = table(env.DYNAMODB_TABLE_NAME);
    const notify = () => tellOperatorsOf(store, report.clusterId, driftMessage(report), env);
    return { sent: await notifyDrift(driftNoticeStore(store), report, notify) };
  },
);
