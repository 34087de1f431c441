import type { ClusterConfig } from '../../../schemas/config.ts';
import type { EpochChange } from '../../../schemas/items/ledger.ts';
import { deserialiseForecast, serialiseLearned } from '../../domain/forecast/codec.ts';
import { type Learned, nothingLearned } from '../../domain/forecast/state.ts';
import { nextBatch } from '../../domain/next-batch.ts';
import { applyNextBatch } from '../outcomes/apply-next-batch.ts';
import { FoldContended } from '../outcomes/contended.ts';
import { finishMarking } from '../outcomes/mark-batch.ts';
import { UnreadableItem } from '../unreadable.ts';
import { loadState } from './load-state.ts';
import type { ChangeReader, EpochStore } from './ports.ts';

/** Each lost race means that a folder made progress; this many in a row mean that something is wrong. */
const RACES = 20;

/** A change of epoch in the ledger, with the version it created. */
export type Change = EpochChange & { readonly version: number };

/** The change that began an epoch; null for the first epoch, or one that has not begun. */
export async function findChange(store: ChangeReader, clusterId: string, epoch: number): Promise<Change | null> {
  const refit = await store.loadRefit(clusterId, epoch);
  const batch = refit && (await store.findBatch(clusterId, refit.version + 1));
  if (batch?.change?.epoch === epoch) return { ...batch.change, version: batch.version };
  // The writer that began the epoch died before storing its refit, or has not got there yet.
  for await (const { change, version } of store.readLedgerBackwards(clusterId, Number.MAX_SAFE_INTEGER)) {
    if (change?.epoch === epoch) return { ...change, version };
    if (change !== undefined && change.epoch < epoch) return null;
  }
  return null;
}

type NewEpoch = Pick<EpochChange, 'epoch' | 'cause' | 'by'>;

/**
 * Begins an epoch exactly once. The change is a ledger batch, so that no fold can overtake it and no label is lost.
 * @param learnedAt the models to begin with, from the ledger up to a version; null to call it off
 * @returns the change that began this epoch: ours, even on a retry, or that of a faster writer
 * @throws FoldContended, UnreadableItem, UnreadableState
 */
export async function changeEpoch(
  store: EpochStore,
  config: Pick<ClusterConfig, 'clusterId' | 'tiers' | 'longWaitSeconds'>,
  wish: NewEpoch,
  learnedAt: (version: number) => Promise<Learned | null>,
  now: Date,
): Promise<Change | null> {
  const { clusterId } = config;
  for (let races = 0; races < RACES; races++) {
    const { item, state } = await loadState(store, clusterId);
    if (state.epoch >= wish.epoch) {
      const stands = await findChange(store, clusterId, wish.epoch);
      if (!stands) throw new UnreadableItem(`the ledger of ${clusterId} does not say how epoch ${wish.epoch} began`);
      return stands;
    }
    await finishMarking(store, item);
    const learned = await learnedAt(item.version);
    if (learned === null) return null;
    // A forecast ahead of the state means that another writer's batch is already next.
    const forecast = await store.loadForecast(clusterId);
    const inForce = forecast === null ? nothingLearned() : deserialiseForecast(forecast.state).learned;
    const bytes = { learned: serialiseLearned(learned), before: serialiseLearned(inForce) };
    await applyNextBatch(store, item, { ...nextBatch(item, config, now), change: { ...wish, ...bytes } });
  }
  throw new FoldContended(`the epoch of ${clusterId} lost ${RACES} races in a row`);
}
