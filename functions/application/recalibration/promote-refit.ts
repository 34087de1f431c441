import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { changeEpoch } from './change-epoch.ts';
import type { PromoteRefitStore } from './ports.ts';
import { calibrationPromoted } from './promoted-event.ts';
import { refitAt } from './refit-model.ts';

interface Promotion {
  clusterId: string;
  /** The epoch to leave. */
  epoch: number;
  by: string;
  /** Promotes even if the proof does not show better models: a human has read it. */
  unproven?: boolean;
}

/**
 * Begins a new epoch with models fitted on the ledger as of that moment, and stores their proof. The models cannot be altered in
 * between, and no label is lost between the fit and its use.
 * @returns the event to send; null when another writer has changed the epoch, or the models are no longer better
 * @throws UnreadableItem, UnreadableState, FoldContended
 */
export async function promoteRefit(
  store: PromoteRefitStore,
  { clusterId, epoch: left, by, unproven }: Promotion,
  now: Date,
): Promise<CalibrationPromoted | null> {
  const config = await store.loadConfig(clusterId);
  const epoch = left + 1;
  const learnedAt = async (version: number) => {
    const { better, learned, proof } = await refitAt(store, { clusterId, version }, config);
    return proof !== null && (better || unproven) ? learned : null;
  };
  const stands = await changeEpoch(store, config, { epoch, cause: 'promoted', by }, learnedAt, now);
  if (stands === null || stands.by !== by || stands.cause !== 'promoted') return null;
  const version = stands.version - 1;
  const { proof, reason } = await refitAt(store, { clusterId, version }, config);
  if (proof === null) return null;
  await store.saveRefit(clusterId, {
    epoch,
    status: 'promoted',
    proof,
    reason,
    by,
    version,
    at: now.toISOString(),
  });
  return calibrationPromoted(clusterId, stands, { ...proof, reason }, now);
}
