import type { FoldClusterOutput } from '../../../schemas/machines/drift-monitor.ts';
import { driftSentences } from '../../domain/drift-report.ts';
import { section } from './cards.ts';
import type { SlackMessage } from './client.ts';
import { code } from './escape.ts';

/** The message about a changed drift band. */
export function driftMessage(report: FoldClusterOutput): SlackMessage {
  const { headline, meaning, numbers } = driftSentences(report);
  const where = code(report.clusterId, 130);
  return {
    text: `${headline} on ${report.clusterId}`,
    blocks: [section(`📉 *${headline}* on ${where}`, meaning, numbers)],
  };
}
