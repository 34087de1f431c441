import type { FoldClusterOutput } from '../../schemas/machines/drift-monitor.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import { announcementsOf, driftStanding, isSameDrift } from '../domain/drift-report.ts';
import { claimDriftNews, loadCalibration } from './calibration-store.ts';
import { loadConfig } from './config-store.ts';
import { foldCluster, releaseOrphans } from './fold.ts';
import { isRecalibrationDue } from './recalibrate.ts';
import { type Table, UnreadableItem } from './table.ts';

/**
 * One visit of the drift monitor to one cluster: fold what is due, give back orphaned reservations, claim the news of
 * changed drift, and say whether a recalibration is due. Of two overlapping runs one gets the news; a run that dies
 * before it told leaves it to a later one.
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
  const told = { band: item.drift_band ?? 'none', alarm: item.drift_alarm ?? 'none' };
  const change = { from: told, to: driftStanding(state) };
  const ours =
    !isSameDrift(change.from, change.to) && (await claimDriftNews(table, clusterId, { ...change, run }, now));
  return {
    clusterId,
    run,
    folded,
    released: released.length,
    unreadable: unreadable.length,
    drift: state.drift,
    previousDrift: told.band,
    alarm: change.to.alarm,
    previousAlarm: told.alarm,
    changed: ours,
    ece: state.recent?.ece ?? null,
    nullMean: state.recent?.nullMean ?? null,
    n: state.n,
    recalibrate: await isRecalibrationDue(table, clusterId, state),
    announcements: ours ? announcementsOf(clusterId, state, change, now) : [],
  };
}
