import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import type { FoldClusterOutput, VisitFailure } from '../../../schemas/machines/drift-monitor.ts';
import { isSameDrift } from '../../domain/drift-report.ts';
import type { OperatorMessages } from './messages.ts';
import type { DriftNoticeStore, RefitNoticeStore, TroubleStore } from './ports.ts';

interface NoticePorts<Store> {
  store: Store;
  messages: OperatorMessages;
  /** Used for clusters without their own channel, and for what concerns the whole system. */
  defaultChannel: string;
}

/**
 * Notifies operators that the drift of a cluster has changed. A notice to operators is never gated.
 * @returns whether a message was sent
 * @throws ChannelUnavailable: a later run sends it
 */
export async function notifyDrift(
  { store, messages, defaultChannel }: NoticePorts<DriftNoticeStore>,
  report: FoldClusterOutput,
): Promise<boolean> {
  const { clusterId, run } = report;
  const to = { band: report.drift, alarm: report.alarm };
  // Recorded before the message: the bus has the news, and must not get it again every few minutes while the channel is down.
  await store.saveAnnounced(clusterId, to, run);
  const heard = isSameDrift({ band: report.previousDrift, alarm: report.previousAlarm }, to);
  const sent = !heard && (await messages.postDrift(await channelOf(store, clusterId, defaultChannel), report));
  // Recorded after the message: a later run resends a notice that did not get through, or whose response was lost.
  await store.saveHeard(clusterId, to, run);
  return sent;
}

/** Notifies operators that a refit took effect or was rolled back. @throws ChannelUnavailable */
export async function notifyRefit(
  { store, messages, defaultChannel }: NoticePorts<RefitNoticeStore>,
  clusterId: string,
  change: CalibrationPromoted,
): Promise<boolean> {
  return messages.postRefit(await channelOf(store, clusterId, defaultChannel), change);
}

/**
 * Notifies operators, in one message, of every cluster with a failure not yet reported.
 * @returns the clusters in that message
 * @throws ChannelUnavailable: the next run sends it
 */
export async function reportTrouble(
  { store, messages, defaultChannel, now }: NoticePorts<TroubleStore> & { now: Date },
  failures: readonly VisitFailure[],
): Promise<string[]> {
  const fresh: VisitFailure[] = [];
  for (const failure of failures) {
    if (await store.claimTrouble(failure.clusterId, failure.error, now)) fresh.push(failure);
  }
  if (fresh.length === 0) return [];
  try {
    await messages.postTrouble(defaultChannel, fresh);
  } catch (error) {
    for (const { clusterId } of fresh) await store.forgetTrouble(clusterId);
    throw error;
  }
  return fresh.map(({ clusterId }) => clusterId);
}

async function channelOf(store: RefitNoticeStore, clusterId: string, defaultChannel: string): Promise<string> {
  const { slackChannel } = await store.loadConfig(clusterId);
  return slackChannel ?? defaultChannel;
}
