import type { FoldClusterOutput } from '../../../schemas/machines/drift-monitor.ts';
import { driftSentences } from '../../domain/drift-report.ts';
import { section } from './blocks.ts';
import type { SlackMessage } from './client.ts';
import { code } from './escape.ts';

/** The message about a changed drift band, or a detector that has alarmed or recovered. */
export function driftMessage(report: FoldClusterOutput): SlackMessage {
  const { headline, meaning, alarms, numbers } = driftSentences(report);
  const where = code(report.clusterId, 130);
  return {
    text: `${headline} on ${report.clusterId}`,
    blocks: [section(`📉 *${headline}* on ${where}`, meaning, alarms, numbers)],
  };
}
