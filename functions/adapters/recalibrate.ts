import type * as z from 'zod';
import type { CalibrationPromoted } from '../../schemas/events/emitted.ts';
import type { EpochChange } from '../../schemas/items/ledger.ts';
import type { RefitProof } from '../../schemas/items/refit.ts';
import type { RefitModelOutput, RejectRefitInput, WatchRefitOutput } from '../../schemas/machines/recalibration.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { deserialiseLearned } from '../domain/forecast/codec.ts';
import { isFitDue, isLookDue, type RefitHistory } from '../domain/recalibration/due.ts';
import { measured } from '../domain/recalibration/measured.ts';
import { RECALIBRATION } from '../domain/recalibration/numbers.ts';
import { type Refit, refitFrom } from '../domain/recalibration/refit.ts';
import { judgeRefit, type Watched, watchedInWords } from '../domain/recalibration/watch.ts';
import { changeEpoch, findChange, loadState, newestFacts } from './epochs.ts';
import { loadConfig } from './tables/config.ts';
import { loadRefit, saveLook, saveRefit } from './tables/refits.ts';
import type { Table } from './tables/table.ts';

type Change = CalibrationPromoted | null;
type LongWait = { readonly longWaitSeconds: number };

/** What is known of the refit in force, and of the newest attempt at another. */
export async function refitHistory(table: Table, clusterId: string, state: CalibrationState): Promise<RefitHistory> {
  const [inForce, next] = await Promise.all([
    state.epoch > 0 ? loadRefit(table, clusterId, state.epoch) : null,
    loadRefit(table, clusterId, state.epoch + 1),
  ]);
  return {
    watched: inForce?.status === 'promoted',
    lookedAt: inForce?.watched?.labels ?? 0,
    triedAt: next?.status === 'rejected' ? (next.after_labels ?? null) : null,
  };
}

/** Whether the recalibration machine has something to do for a cluster. */
export async function isRecalibrationDue(table: Table, clusterId: string, state: CalibrationState): Promise<boolean> {
  const history = await refitHistory(table, clusterId, state);
  return isLookDue(state, history) || isFitDue(state, history);
}

/** Looks at the refit in force, if it is still watched, and keeps what was seen. */
export async function watchRefit(
  table: Table,
  clusterId: string,
  now: Date,
): Promise<z.infer<typeof WatchRefitOutput>> {
  const { item, state } = await loadState(table, clusterId);
  const { epoch, sinceEpoch } = state;
  const history = await refitHistory(table, clusterId, state);
  const common = { clusterId, epoch, fitDue: isFitDue(state, history) };
  const config = await loadConfig(table, clusterId, item.platform);
  const watched = history.watched ? await lookAt(table, { clusterId, epoch, version: item.version }, config) : null;
  if (watched === null) return { ...common, standing: 'none', reason: 'no promoted refit is being watched' };

  const { standing, n, gain } = watched;
  const look = { labels: sinceEpoch, n, gain: gain?.gain ?? null, se: gain?.se ?? null, at: now.toISOString() };
  await saveLook(table, clusterId, epoch, { status: standing === 'held' ? 'held' : 'promoted', watched: look });
  return { ...common, standing, reason: watchedInWords(watched) };
}

/** Fits models on the ledger as it stands, and proves them. Changes nothing. */
export async function refitModel(table: Table, clusterId: string): Promise<RefitModelOutput> {
  const { item, state } = await loadState(table, clusterId);
  const { version } = item;
  const config = await loadConfig(table, clusterId, item.platform);
  const { better, reason, proof } = await refitAt(table, { clusterId, version }, config);
  return { clusterId, epoch: state.epoch, version, afterLabels: state.sinceEpoch, better, reason, proof };
}

/**
 * Begins a new epoch with models that are fitted on the ledger as it stands then, and keeps their proof. Nobody can change them on
 * the way, and no label is lost between the fit and its use.
 * @param unproven also where the proof does not say that they are better: a human has read it
 * @returns what is to be told; null when the epoch had been changed by somebody else, or they are not better any more
 * @throws UnreadableItem, UnreadableState, FoldContended
 */
export async function promoteRefit(
  table: Table,
  { clusterId, epoch: left, by, unproven }: { clusterId: string; epoch: number; by: string; unproven?: boolean },
  now: Date,
): Promise<Change> {
  const { item } = await loadState(table, clusterId);
  const config = await loadConfig(table, clusterId, item.platform);
  const epoch = left + 1;
  const learnedAt = async (version: number) => {
    const { better, learned, proof } = await refitAt(table, { clusterId, version }, config);
    return proof !== null && (better || unproven) ? learned : null;
  };
  const stands = await changeEpoch(table, config, { epoch, cause: 'promoted', by }, learnedAt, now);
  if (stands === null || stands.by !== by || stands.cause !== 'promoted') return null;
  const version = stands.version - 1;
  const { proof, reason } = await refitAt(table, { clusterId, version }, config);
  if (proof === null) return null;
  const kept = { proof, reason, by, version, at: now.toISOString() };
  await saveRefit(table, clusterId, { epoch, status: 'promoted', ...kept });
  const { before, after, n } = proof;
  return promoted(clusterId, stands, { ...gainOf(before, after), n, reason }, now);
}

/** Keeps an attempt that was not better, so that people see why, and the next one waits for more labels. */
export async function rejectRefit(table: Table, at: z.infer<typeof RejectRefitInput>, now: Date): Promise<void> {
  const { clusterId, version, afterLabels, by, reason, proof } = at;
  const kept = { proof, reason, by, version, at: now.toISOString(), after_labels: afterLabels };
  await saveRefit(table, clusterId, { epoch: at.epoch + 1, status: 'rejected', ...kept });
}

/**
 * Leaves an epoch for a new one with what was learned before it, which has gone on learning from the rounds since.
 * @returns what is to be told; null when the epoch had been changed by somebody else, or began with no refit
 * @throws UnreadableItem, UnreadableState, FoldContended
 */
export async function rollBackRefit(
  table: Table,
  { clusterId, epoch: left, reason, by }: { clusterId: string; epoch: number; reason: string; by: string },
  now: Date,
): Promise<Change> {
  const { item } = await loadState(table, clusterId);
  const config = await loadConfig(table, clusterId, item.platform);
  const epoch = left + 1;
  const learnedAt = async (version: number) =>
    (await lookAt(table, { clusterId, epoch: left, version }, config))?.before ?? null;
  const stands = await changeEpoch(table, config, { epoch, cause: 'rolledBack', by }, learnedAt, now);
  if (stands === null || stands.by !== by || stands.cause !== 'rolledBack') return null;
  const version = stands.version - 1;
  await saveRefit(table, clusterId, {
    ...{ epoch, status: 'restored', proof: null, reason, by, at: now.toISOString() },
    version,
  });
  await saveLook(table, clusterId, left, { status: 'rolledBack' });

  const { n = 0, comparison } = (await lookAt(table, { clusterId, epoch: left, version }, config)) ?? {};
  const before = (comparison && measured(comparison.served, config.longWaitSeconds)) ?? NOTHING;
  const after = (comparison && measured(comparison.other, config.longWaitSeconds)) ?? NOTHING;
  return promoted(clusterId, stands, { ...gainOf(before, after), n, reason }, now);
}

/** Of what has served no job nothing is known: the widest bounds there are. */
const NOTHING: Measured = { loss: 0, ece: 0, lower: 0, upper: 1 };

type Measured = Omit<RefitProof['before'], 'nullMean'>;

function gainOf(before: Measured, after: Measured) {
  return {
    ...{ lossBefore: before.loss, lossAfter: after.loss, eceBefore: before.ece, eceAfter: after.ece },
    eceBeforeBounds: [before.lower, before.upper] satisfies [number, number],
    eceAfterBounds: [after.lower, after.upper] satisfies [number, number],
  };
}

/** What an epoch serves beside what was learned before it, played on over the rounds since; null where it began with no refit. */
async function lookAt(
  table: Table,
  { clusterId, epoch, version }: { clusterId: string; epoch: number; version: number },
  { longWaitSeconds }: LongWait,
) {
  const bytes = (await findChange(table, clusterId, epoch))?.before;
  if (bytes === undefined) return null;
  const before = deserialiseLearned(bytes);
  const facts = await newestFacts(table, clusterId, { version, rounds: RECALIBRATION.window, sinceEpoch: epoch });
  const watched: Watched = judgeRefit(facts, before, longWaitSeconds);
  return { ...watched, before };
}

async function refitAt(
  table: Table,
  { clusterId, version }: { clusterId: string; version: number },
  { longWaitSeconds }: LongWait,
): Promise<Refit> {
  const facts = await newestFacts(table, clusterId, { version, rounds: RECALIBRATION.window });
  return refitFrom(facts, longWaitSeconds);
}

function promoted(
  clusterId: string,
  { epoch, cause, by }: EpochChange,
  figures: Omit<CalibrationPromoted, 'schemaVersion' | 'clusterId' | 'epoch' | 'cause' | 'by' | 'at'>,
  now: Date,
): CalibrationPromoted {
  return { schemaVersion: 1, clusterId, epoch, cause, ...figures, by, at: now.toISOString() };
}
