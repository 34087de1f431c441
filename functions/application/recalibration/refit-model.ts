import type { ClusterConfig } from '../../../schemas/config.ts';
import type { RefitModelOutput } from '../../../schemas/machines/recalibration.ts';
import { RECALIBRATION } from '../../domain/recalibration/numbers.ts';
import { type Refit, refitFrom } from '../../domain/recalibration/refit.ts';
import { loadState } from './load-state.ts';
import { newestFacts } from './newest-facts.ts';
import type { FactReader, RefitModelStore } from './ports.ts';

/** Fits models on the current ledger and computes their proof. Changes nothing. */
export async function refitModel(store: RefitModelStore, clusterId: string): Promise<RefitModelOutput> {
  const { item, state } = await loadState(store, clusterId);
  const { version } = item;
  const config = await store.loadConfig(clusterId);
  const { better, reason, proof } = await refitAt(store, { clusterId, version }, config);
  return { clusterId, epoch: state.epoch, version, afterLabels: state.sinceEpoch, better, reason, proof };
}

/** A refit on the newest rounds of the ledger up to a version; the result is always the same. */
export async function refitAt(
  store: FactReader,
  { clusterId, version }: { clusterId: string; version: number },
  { longWaitSeconds }: Pick<ClusterConfig, 'longWaitSeconds'>,
): Promise<Refit> {
  const facts = await newestFacts(store, clusterId, { version, rounds: RECALIBRATION.window });
  return refitFrom(facts, longWaitSeconds);
}
