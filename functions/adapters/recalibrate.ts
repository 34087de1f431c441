import type * as z from 'zod';
import type { CalibrationPromoted } from '../../schemas/events/emitted.ts';
import type { EpochChange } from '../../schemas/items/ledger.ts';
import type { MapProof } from '../../schemas/items/map.ts';
import type { FitMapOutput, RejectMapInput, WatchMapOutput } from '../../schemas/machines/recalibration.ts';
import { mapOf } from '../domain/calibration/map.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { type Candidate, candidateFrom } from '../domain/recalibration/candidate.ts';
import { isFitDue, isLookDue, type MapHistory } from '../domain/recalibration/due.ts';
import type { Labelled } from '../domain/recalibration/labelled.ts';
import { measured } from '../domain/recalibration/measured.ts';
import { RECALIBRATION } from '../domain/recalibration/numbers.ts';
import { restoring } from '../domain/recalibration/step.ts';
import { judgePromoted, type Promotion, servedSince, watchedInWords } from '../domain/recalibration/watch.ts';
import { loadConfig } from './config-store.ts';
import { changeEpoch, knotsInForce, loadState, newestLabels } from './epochs.ts';
import { loadMap, saveLook, saveMap } from './map-store.ts';
import type { Table } from './table.ts';

type Fitted = Pick<FitMapOutput, 'clusterId' | 'epoch' | 'version' | 'afterLabels'>;
type Change = CalibrationPromoted | null;

/** What is known of the map in force, and of the newest attempt to replace it. */
export async function mapHistory(table: Table, clusterId: string, state: CalibrationState): Promise<MapHistory> {
  const [inForce, next] = await Promise.all([
    state.epoch > 0 ? loadMap(table, clusterId, state.epoch) : null,
    loadMap(table, clusterId, state.epoch + 1),
  ]);
  return {
    watched: inForce?.status === 'promoted',
    lookedAt: inForce?.watched?.n ?? 0,
    triedAt: next?.status === 'rejected' ? next.after_labels : null,
  };
}

/** Whether the recalibration machine has something to do for a cluster. */
export async function isRecalibrationDue(table: Table, clusterId: string, state: CalibrationState): Promise<boolean> {
  const history = await mapHistory(table, clusterId, state);
  return isLookDue(state, history) || isFitDue(state, history);
}

/** Looks at the map in force, if it was promoted and is still watched, and keeps what was seen. */
export async function watchMap(table: Table, clusterId: string, now: Date): Promise<z.infer<typeof WatchMapOutput>> {
  const { item, state } = await loadState(table, clusterId);
  const { epoch, sinceEpoch } = state;
  const history = await mapHistory(table, clusterId, state);
  const common = { clusterId, epoch, fitDue: isFitDue(state, history) };
  if (!history.watched) return { ...common, standing: 'none', reason: 'no promoted map is being watched' };

  const { longWaitSeconds } = await loadConfig(table, clusterId, item.platform);
  const { labels, promotion } = await promotionOf(table, { clusterId, epoch, version: item.version });
  const judged = judgePromoted(labels, promotion, longWaitSeconds);
  const held = judged.standing === 'held';
  if (judged.loss !== null || held) {
    const watched = judged.loss && { n: sinceEpoch, ...judged.loss, at: now.toISOString() };
    await saveLook(table, clusterId, epoch, { status: held ? 'held' : 'promoted', ...(watched && { watched }) });
  }
  return { ...common, standing: judged.standing, reason: watchedInWords(judged) };
}

/** Fits a map on the ledger as it stands, and proves it. Changes nothing. */
export async function fitMap(table: Table, clusterId: string): Promise<FitMapOutput> {
  const { item, state } = await loadState(table, clusterId);
  const at = { clusterId, epoch: state.epoch, version: item.version, afterLabels: state.sinceEpoch };
  const { longWaitSeconds } = await loadConfig(table, clusterId, item.platform);
  const { better, reason, proof } = await candidateAt(table, at, longWaitSeconds);
  return { ...at, better, reason, proof };
}

/**
 * Begins a new epoch with the map that was fitted, and keeps the map with its proof.
 * The same map is fitted again from the same ledger instead of being carried about: nobody can change it on the way.
 * @returns what is to be told; null when the epoch had been changed by somebody else
 * @throws UnreadableItem, FoldContended
 */
export async function promoteMap(table: Table, at: Fitted & { by: string }, now: Date): Promise<Change> {
  const { clusterId, version, afterLabels, by } = at;
  const { item } = await loadState(table, clusterId);
  const config = await loadConfig(table, clusterId, item.platform);
  const { knots, proof, reason } = await candidateAt(table, at, config.longWaitSeconds);
  if (knots === null || proof === null) return null;
  const epoch = at.epoch + 1;
  const stands = await changeEpoch(table, config, { epoch, cause: 'promoted', by, knots }, now);
  if (stands.by !== by || stands.cause !== 'promoted') return null;
  const kept = { knots: stands.knots, proof, reason, by, version, at: now.toISOString(), after_labels: afterLabels };
  await saveMap(table, clusterId, { epoch, status: 'promoted', ...kept });
  const { before, after, n } = proof;
  return promoted(clusterId, stands, { ...gainOf(before, after), n, reason }, now);
}

/** Keeps a candidate that was not better, so that people see why, and the next attempt waits for more labels. */
export async function rejectMap(table: Table, at: z.infer<typeof RejectMapInput>, now: Date): Promise<void> {
  const { clusterId, version, afterLabels, by, reason, proof } = at;
  const kept = { knots: null, proof, reason, by, version, at: now.toISOString(), after_labels: afterLabels };
  await saveMap(table, clusterId, { epoch: at.epoch + 1, status: 'rejected', ...kept });
}

/**
 * Leaves an epoch for a new one with the map before it.
 * @returns what is to be told; null when the epoch had been changed by somebody else
 * @throws UnreadableItem, FoldContended
 */
export async function rollBackMap(
  table: Table,
  { clusterId, epoch: left, reason, by }: { clusterId: string; epoch: number; reason: string; by: string },
  now: Date,
): Promise<Change> {
  const { item, state } = await loadState(table, clusterId);
  const config = await loadConfig(table, clusterId, item.platform);
  const { labels, promotion } = await promotionOf(table, { clusterId, epoch: left, version: item.version });
  const epoch = left + 1;
  const stands = await changeEpoch(table, config, restoring(promotion.before, { epoch, by }), now);
  if (stands.by !== by || stands.cause !== 'rolledBack') return null;
  await saveMap(table, clusterId, {
    ...{ epoch, status: 'restored', knots: stands.knots, proof: null, reason, by, at: now.toISOString() },
    ...{ version: item.version, after_labels: state.sinceEpoch },
  });
  await saveLook(table, clusterId, left, { status: 'rolledBack' });

  const { n, served, without } = servedSince(labels, promotion);
  const before = measured(served, config.longWaitSeconds) ?? NOTHING;
  const after = measured(without, config.longWaitSeconds) ?? NOTHING;
  return promoted(clusterId, stands, { ...gainOf(before, after), n, reason }, now);
}

/** Of a map that has met no job nothing is known: the widest bounds there are. */
const NOTHING: Measured = { loss: 0, ece: 0, lower: 0, upper: 1 };

type Measured = Omit<MapProof['before'], 'nullMean'>;

function gainOf(before: Measured, after: Measured) {
  return {
    ...{ lossBefore: before.loss, lossAfter: after.loss, eceBefore: before.ece, eceAfter: after.ece },
    eceBeforeBounds: [before.lower, before.upper] satisfies [number, number],
    eceAfterBounds: [after.lower, after.upper] satisfies [number, number],
  };
}

/** The map of an epoch beside the one before it, with the labels to judge them by. */
async function promotionOf(
  table: Table,
  { clusterId, epoch, version }: { clusterId: string; epoch: number; version: number },
): Promise<{ labels: Labelled[]; promotion: Promotion }> {
  const [{ labels, since }, map, before] = await Promise.all([
    newestLabels(table, clusterId, version, RECALIBRATION.window),
    knotsInForce(table, clusterId, epoch),
    knotsInForce(table, clusterId, epoch - 1),
  ]);
  return { labels, promotion: { map: mapOf(map), before: mapOf(before), sinceEpoch: since(epoch) } };
}

async function candidateAt(
  table: Table,
  { clusterId, epoch, version }: Fitted,
  longWaitSeconds: number,
): Promise<Candidate> {
  const [{ labels }, inForce] = await Promise.all([
    newestLabels(table, clusterId, version, RECALIBRATION.window),
    knotsInForce(table, clusterId, epoch),
  ]);
  return candidateFrom(labels, mapOf(inForce), longWaitSeconds);
}

function promoted(
  clusterId: string,
  { epoch, cause, by }: EpochChange,
  measured: Omit<CalibrationPromoted, 'schemaVersion' | 'clusterId' | 'epoch' | 'cause' | 'by' | 'at'>,
  now: Date,
): CalibrationPromoted {
  return { schemaVersion: 1, clusterId, epoch, cause, ...measured, by, at: now.toISOString() };
}
