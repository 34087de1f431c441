import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { measured } from '../../domain/recalibration/measured.ts';
import { changeEpoch } from './change-epoch.ts';
import type { RollBackRefitStore } from './ports.ts';
import { calibrationPromoted, type Measured } from './promoted-event.ts';
import { lookAt } from './watch-refit.ts';

/** Nothing is known of models that have not served a job, so they get the widest bounds. */
const NOTHING: Measured = { loss: 0, ece: 0, lower: 0, upper: 1 };

/**
 * Replaces an epoch by a new one with the models before it, which have kept learning from the rounds since.
 * @returns the event to send; null when another writer has changed the epoch, or it did not begin with a refit
 * @throws UnreadableItem, UnreadableState, FoldContended
 */
export async function rollBackRefit(
  store: RollBackRefitStore,
  { clusterId, epoch: left, reason, by }: { clusterId: string; epoch: number; reason: string; by: string },
  now: Date,
): Promise<CalibrationPromoted | null> {
  const config = await store.loadConfig(clusterId);
  const epoch = left + 1;
  const learnedAt = async (version: number) =>
    (await lookAt(store, { clusterId, epoch: left, version }, config))?.before ?? null;
  const stands = await changeEpoch(store, config, { epoch, cause: 'rolledBack', by }, learnedAt, now);
  if (stands === null || stands.by !== by || stands.cause !== 'rolledBack') return null;
  const version = stands.version - 1;
  await store.saveRefit(clusterId, {
    epoch,
    status: 'restored',
    proof: null,
    reason,
    by,
    version,
    at: now.toISOString(),
  });
  await store.saveLook(clusterId, left, { status: 'rolledBack' });

  const { n = 0, comparison } = (await lookAt(store, { clusterId, epoch: left, version }, config)) ?? {};
  const before = (comparison && measured(comparison.served, config.longWaitSeconds)) ?? NOTHING;
  const after = (comparison && measured(comparison.other, config.longWaitSeconds)) ?? NOTHING;
  return calibrationPromoted(clusterId, stands, { before, after, n, reason }, now);
}
