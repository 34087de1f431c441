import type * as z from 'zod';
import type { CalibrationPromoted } from '../../schemas/events/emitted.ts';
import type { EpochChange } from '../../schemas/items/ledger.ts';
import type { FitMapOutput, RejectMapInput, WatchMapOutput } from '../../schemas/machines/recalibration.ts';
import { debiasedEce } from '../domain/calibration/debiased-ece.ts';
import { mapOf } from '../domain/calibration/map.ts';
import { inOrderOfQ } from '../domain/calibration/served-sample.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { type Candidate, candidateFrom } from '../domain/recalibration/candidate.ts';
import { logLoss } from '../domain/recalibration/difference.ts';
import { isFitDue, isLookDue, type MapHistory } from '../domain/recalibration/due.ts';
import { type Labelled, pairsOf, sampleOf } from '../domain/recalibration/labelled.ts';
import { RECALIBRATION } from '../domain/recalibration/numbers.ts';
import { restoring } from '../domain/recalibration/step.ts';
import { judgePromoted, watchedInWords } from '../domain/recalibration/watch.ts';
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

  const [labels, before] = await Promise.all([
    newestLabels(table, clusterId, item.version, RECALIBRATION.window),
    knotsInForce(table, clusterId, epoch - 1),
  ]);
  const judged = judgePromoted(labels, epoch, mapOf(before));
  if (judged.loss !== null) {
    const watched = { n: sinceEpoch, ...judged.loss, at: now.toISOString() };
    await saveLook(table, clusterId, epoch, { status: judged.standing === 'held' ? 'held' : 'promoted', watched });
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
  const { knots, proof, reason, slice } = await candidateAt(table, at, config.longWaitSeconds);
  if (knots === null || proof === null) return null;
  const epoch = at.epoch + 1;
  const stands = await changeEpoch(table, config, { epoch, cause: 'promoted', by, knots, proof: slice }, now);
  if (stands.by !== by || stands.cause !== 'promoted') return null;
  const kept = { knots: stands.knots, proof, reason, by, version, at: now.toISOString(), after_labels: afterLabels };
  await saveMap(table, clusterId, { epoch, status: 'promoted', ...kept });
  const { before, after, n } = proof;
  const [lossBefore, lossAfter, eceBefore, eceAfter] = [before.loss, after.loss, before.ece, after.ece];
  const measured = { lossBefore, lossAfter, eceBefore, eceAfter, n, reason };
  const bounds = { eceBeforeBounds: boundsOf(before), eceAfterBounds: boundsOf(after) };
  return promoted(clusterId, stands, { ...measured, ...bounds }, now);
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
  const knots = await knotsInForce(table, clusterId, left - 1);
  const labels = await newestLabels(table, clusterId, item.version, RECALIBRATION.window / 2);
  const epoch = left + 1;
  const change = restoring(labels, mapOf(knots), { epoch, by });
  const stands = await changeEpoch(table, config, change, now);
  if (stands.by !== by || stands.cause !== 'rolledBack') return null;
  await saveMap(table, clusterId, {
    ...{ epoch, status: 'restored', knots: stands.knots, proof: null, reason, by, at: now.toISOString() },
    ...{ version: item.version, after_labels: state.sinceEpoch },
  });
  await saveLook(table, clusterId, left, { status: 'rolledBack' });

  const before = measuredOn(labels, ({ q }) => q, config.longWaitSeconds);
  const after = measuredOn(labels, (_, i) => change.proof[i]?.q ?? Number.NaN, config.longWaitSeconds);
  const measured = {
    ...{ lossBefore: before.loss, lossAfter: after.loss, eceBefore: before.ece, eceAfter: after.ece },
    ...{ eceBeforeBounds: boundsOf(before), eceAfterBounds: boundsOf(after), n: labels.length },
  };
  return promoted(clusterId, stands, { ...measured, reason }, now);
}

/** Of a cluster without labels nothing is known: the widest bounds there are. */
const NOTHING = { ece: 0, lower: 0, upper: 1 } as const;

function measuredOn(labels: readonly Labelled[], of: (label: Labelled, i: number) => number, longWaitSeconds: number) {
  const { ece, lower, upper } = debiasedEce(inOrderOfQ(sampleOf(labels, of)), longWaitSeconds) ?? NOTHING;
  return { loss: labels.length > 0 ? logLoss(pairsOf(labels, of)) : 0, ece, lower, upper };
}

const boundsOf = ({ lower, upper }: { lower: number; upper: number }): [number, number] => [lower, upper];

async function candidateAt(
  table: Table,
  { clusterId, epoch, version }: Fitted,
  longWaitSeconds: number,
): Promise<Candidate> {
  const [labels, inForce] = await Promise.all([
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
