import type * as z from 'zod';
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { WatchRefitOutput } from '../../../schemas/machines/recalibration.ts';
import { deserialiseLearned } from '../../domain/forecast/codec.ts';
import type { Learned } from '../../domain/forecast/state.ts';
import { isFitDue } from '../../domain/recalibration/due.ts';
import { RECALIBRATION } from '../../domain/recalibration/numbers.ts';
import { judgeRefit, type Watched, watchedInWords } from '../../domain/recalibration/watch.ts';
import { findChange } from './change-epoch.ts';
import { loadState } from './load-state.ts';
import { newestFacts } from './newest-facts.ts';
import type { ChangeReader, WatchRefitStore } from './ports.ts';
import { refitHistory } from './refit-history.ts';

/** Checks the refit in force, if it is still watched, and stores the result. */
export async function watchRefit(
  store: WatchRefitStore,
  clusterId: string,
  now: Date,
): Promise<z.infer<typeof WatchRefitOutput>> {
  const { item, state } = await loadState(store, clusterId);
  const { epoch, sinceEpoch } = state;
  const history = await refitHistory(store, clusterId, state);
  const common = { clusterId, epoch, fitDue: isFitDue(state, history) };
  const config = await store.loadConfig(clusterId);
  const watched = history.watched ? await lookAt(store, { clusterId, epoch, version: item.version }, config) : null;
  if (watched === null) return { ...common, standing: 'none', reason: 'no promoted refit is being watched' };

  const { standing, n, gain } = watched;
  const look = { labels: sinceEpoch, n, gain: gain?.gain ?? null, se: gain?.se ?? null, at: now.toISOString() };
  await store.saveLook(clusterId, epoch, { status: standing === 'held' ? 'held' : 'promoted', watched: look });
  return { ...common, standing, reason: watchedInWords(watched) };
}

/**
 * Compares what an epoch serves with the models before it, replayed over the rounds since.
 * @returns null if the epoch did not begin with a refit
 */
export async function lookAt(
  store: ChangeReader,
  { clusterId, epoch, version }: { clusterId: string; epoch: number; version: number },
  { longWaitSeconds }: Pick<ClusterConfig, 'longWaitSeconds'>,
): Promise<(Watched & { before: Learned }) | null> {
  const bytes = (await findChange(store, clusterId, epoch))?.before;
  if (bytes === undefined) return null;
  const before = deserialiseLearned(bytes);
  const facts = await newestFacts(store, clusterId, { version, rounds: RECALIBRATION.window, sinceEpoch: epoch });
  return { ...judgeRefit(facts, before, longWaitSeconds), before };
}
