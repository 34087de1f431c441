import * as z from 'zod';
import { NotifyDriftInput, NotifyDriftOutput } from '../../schemas/machines/drift-monitor.ts';
import { driftMessage } from '../adapters/slack/drift.ts';
import { operatorSettings, tellOperatorsOf } from '../adapters/slack/tell-operators.ts';
import { saveAnnounced, saveHeard } from '../adapters/tables/drift-notices.ts';
import { table } from '../adapters/tables/table.ts';
import { isSameDrift } from '../domain/drift-report.ts';
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
    const { clusterId, run } = report;
    const to = { band: report.drift, alarm: report.alarm };
    // Before Slack: the bus has the news by now, and a Slack that refuses must not have it sent every few minutes.
    await saveAnnounced(store, clusterId, to, run);
    const heard = isSameDrift({ band: report.previousDrift, alarm: report.previousAlarm }, to);
    const sent = !heard && (await tellOperatorsOf(store, clusterId, driftMessage(report), env));
    // After Slack: what people did not get is told by a later run, which may repeat a message whose answer was lost.
    await saveHeard(store, clusterId, to, run);
    return { sent };
  },
);
