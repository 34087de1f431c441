import type { FoldClusterOutput } from '../../../schemas/machines/drift-monitor.ts';
import { isSameDrift } from '../../domain/drift-report.ts';
import type { DriftNoticeStore } from './ports.ts';

/**
 * Notes that the bus has announced a change of drift, and notifies people of it unless they have heard of it.
 * @param notify sends the message; says whether there was a way to
 * @returns whether people were notified
 */
export async function notifyDrift(
  store: DriftNoticeStore,
  report: FoldClusterOutput,
  notify: () => Promise<boolean>,
): Promise<boolean> {
  const { clusterId, run } = report;
  const to = { band: report.drift, alarm: report.alarm };
  // Before Slack: the bus has the news by now, and a Slack that refuses must not have it sent every few minutes.
  await store.saveAnnounced(clusterId, to, run);
  const heard = isSameDrift({ band: report.previousDrift, alarm: report.previousAlarm }, to);
  const sent = !heard && (await notify());
  // After Slack: a later run sends what people did not get, and may repeat a message whose answer was lost.
  await store.saveHeard(clusterId, to, run);
  return sent;
}
