import type { ClusterConfig } from '../../../schemas/config.ts';
import type { FoldClusterOutput } from '../../../schemas/machines/drift-monitor.ts';
import { deserialise } from '../../domain/calibration/codec.ts';
import {
  announcementsOf,
  type DriftNotices,
  driftNotices,
  driftStanding,
  isSameDrift,
} from '../../domain/drift-report.ts';
import type { RefitHistoryStore } from '../recalibration/ports.ts';
import { isRecalibrationDue } from '../recalibration/refit-history.ts';
import { isUnreadable, UnreadableItem } from '../unreadable.ts';
import { foldCluster } from './fold-cluster.ts';
import type { FoldStore, ReservationStore } from './ports.ts';
import { releaseOrphans } from './release-orphans.ts';

/** Enough to find out what wrote them. */
const NAMED = 5;

/**
 * One visit of the drift monitor to one cluster: folds what is due, releases orphaned reservations, claims the announcement of a
 * drift change, and says whether a recalibration is due. Of two overlapping runs only one gets the claim. A run that dies before
 * notifying anybody, or finds Slack down, leaves it to a later run, which does not repeat what is already on the bus.
 * @param run name of the execution: a retry within it may send the same announcement again
 * @throws UnreadableItem, FoldContended
 */
export async function catchUp(
  store: CatchUpStore,
  clusterId: string,
  run: string,
  now: Date,
): Promise<FoldClusterOutput> {
  const listed = await store.loadCalibration(clusterId);
  if (!listed) throw new UnreadableItem(`${clusterId} is listed but has no calibration`);
  const config = await store.loadConfig(clusterId);
  const { folded, unreadable } = await foldCluster(store, config, now);
  const released = await releaseOrphans(store, config, now);

  const item = (await store.loadCalibration(clusterId)) ?? listed;
  const state = deserialise(item.state);
  const notices = driftNotices(item);
  const to = driftStanding(state);
  const toAnnounce = !isSameDrift(notices.announced, to);
  const isNews = toAnnounce || !isSameDrift(notices.heard, to);
  const ours = isNews && (await store.claimDriftNews(clusterId, notices, run, now));
  const recalibrate = await isRecalibrationDue(store, clusterId, state).catch(nullIfUnreadable);
  const broken = [...unreadable.map((round) => `JOB#${round}`), ...(recalibrate === null ? ['REFIT#'] : [])];
  // While anything is left to do, the visit may still fail in the way already reported, so that report stays on record.
  const isDone = broken.length === 0 && !isNews && !recalibrate;
  if (item.visit_error !== undefined && isDone) await store.forgetTrouble(clusterId);
  return {
    clusterId,
    run,
    folded,
    released,
    unreadable: broken.length,
    unreadableItems: broken.slice(0, NAMED),
    drift: state.drift,
    previousDrift: notices.heard.band,
    alarm: to.alarm,
    previousAlarm: notices.heard.alarm,
    changed: ours,
    ece: state.evaluation?.ece ?? null,
    nullMean: state.evaluation?.nullMean ?? null,
    n: state.evaluation?.n ?? state.outcomes.size,
    recalibrate: recalibrate ?? false,
    announcements: ours && toAnnounce ? announcementsOf(clusterId, state, { from: notices.announced, to }, now) : [],
  };
}

/** An unreadable refit must not block a drift notice: it is named in the same report. */
function nullIfUnreadable(error: unknown): null {
  if (isUnreadable(error)) return null;
  throw error;
}

export interface CatchUpStore extends FoldStore, ReservationStore, RefitHistoryStore {
  loadConfig(clusterId: string): Promise<ClusterConfig>;
  /** @returns false when another run is announcing the change, or already has */
  claimDriftNews(clusterId: string, notices: DriftNotices, run: string, now: Date): Promise<boolean>;
  forgetTrouble(clusterId: string): Promise<void>;
}
