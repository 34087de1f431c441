import type { FoldClusterOutput } from '../../schemas/machines/drift-monitor.ts';
import { isUnreadable, UnreadableItem } from '../application/unreadable.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import { announcementsOf, driftNotices, driftStanding, isSameDrift } from '../domain/drift-report.ts';
import { foldCluster, releaseOrphans } from './fold.ts';
import { isRecalibrationDue } from './recalibrate.ts';
import { loadCalibration } from './tables/calibration.ts';
import { loadConfig } from './tables/config.ts';
import { claimDriftNews } from './tables/drift-notices.ts';
import type { Table } from './tables/table.ts';
import { forgetTrouble } from './tables/visit-trouble.ts';

/** Enough to find out what writes them. */
const NAMED = 5;

/**
 * One visit of the drift monitor to one cluster: fold what is due, give back orphaned reservations, claim the news of
 * changed drift, and say whether a recalibration is due. Of two overlapping runs one gets the news; a run that dies
 * before it told, or finds Slack down, leaves it to a later one. What the bus has had by then is not put there again.
 * @param run name of the execution: a retry within it may tell the same news again
 * @throws UnreadableItem, FoldContended
 */
export async function catchUp(table: Table, clusterId: string, run: string, now: Date): Promise<FoldClusterOutput> {
  const listed = await loadCalibration(table, clusterId);
  if (!listed) throw new UnreadableItem(`${clusterId} is listed and has no calibration`);
  const config = await loadConfig(table, clusterId, listed.platform);
  const { folded, unreadable } = await foldCluster(table, config, now);
  const released = await releaseOrphans(table, config, now);

  const item = (await loadCalibration(table, clusterId)) ?? listed;
  const state = deserialise(item.state);
  const told = driftNotices(item);
  const to = driftStanding(state);
  const toAnnounce = !isSameDrift(told.announced, to);
  const isNews = toAnnounce || !isSameDrift(told.heard, to);
  const ours = isNews && (await claimDriftNews(table, clusterId, told, run, now));
  const recalibrate = await isRecalibrationDue(table, clusterId, state).catch(nullIfUnreadable);
  const broken = [...unreadable.map((round) => `JOB#${round}`), ...(recalibrate === null ? ['REFIT#'] : [])];
  // With anything left to do the visit may yet fail as it did before, of which people have heard.
  const isDone = broken.length === 0 && !isNews && !recalibrate;
  if (item.visit_error !== undefined && isDone) await forgetTrouble(table, clusterId);
  return {
    clusterId,
    run,
    folded,
    released,
    unreadable: broken.length,
    unreadableItems: broken.slice(0, NAMED),
    drift: state.drift,
    previousDrift: told.heard.band,
    alarm: to.alarm,
    previousAlarm: told.heard.alarm,
    changed: ours,
    ece: state.evaluation?.ece ?? null,
    nullMean: state.evaluation?.nullMean ?? null,
    n: state.evaluation?.n ?? state.outcomes.size,
    recalibrate: recalibrate ?? false,
    announcements: ours && toAnnounce ? announcementsOf(clusterId, state, { from: told.announced, to }, now) : [],
  };
}

/** A refit that cannot be read keeps nobody from hearing about drift: it is named beside it. */
function nullIfUnreadable(error: unknown): null {
  if (isUnreadable(error)) return null;
  throw error;
}
