import type { CalibrationPromoted } from '../../../schemas/events/emitted.ts';
import { changeEpoch } from './change-epoch.ts';
import { loadState } from './load-state.ts';
import type { PromoteRefitStore } from './ports.ts';
import { calibrationPromoted } from './promotion.ts';
import { refitAt } from './refit-model.ts';

interface Promotion {
  clusterId: string;
  /** The one that is left. */
  epoch: number;
  by: string;
  /** Also where the proof does not say that the models are better: a human has read it. */
  unproven?: boolean;
}

/**
 * Begins a new epoch with models that are fitted on the ledger as it stands then, and keeps their proof. Nobody can change them on
 * the way, and no label is lost between the fit and its use.
 * @returns the event to send; null when somebody else had changed the epoch, or the models are not better any more
 * @throws UnreadableItem, UnreadableState, FoldContended
 */
export async function promoteRefit(
  store: PromoteRefitStore,
  { clusterId, epoch: left, by, unproven }: Promotion,
  now: Date,
): Promise<CalibrationPromoted | null> {
  const { item } = await loadState(store, clusterId);
  const config = await store.loadConfig(clusterId, item.platform);
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
