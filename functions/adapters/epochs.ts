import type { ClusterConfig } from '../../schemas/config.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { EpochChange } from '../../schemas/items/ledger.ts';
import { FoldContended } from '../application/outcomes/contended.ts';
import { UnreadableItem } from '../application/unreadable.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { deserialiseForecast, serialiseLearned } from '../domain/forecast/codec.ts';
import { type Learned, nothingLearned } from '../domain/forecast/state.ts';
import { nextBatch } from '../domain/next-batch.ts';
import type { Fact } from '../domain/recalibration/fact.ts';
import { factOf } from '../domain/recalibration/ledger-facts.ts';
import { finishMarking, moveOn } from './fold.ts';
import { loadCalibration } from './tables/calibration.ts';
import { loadForecast } from './tables/forecast.ts';
import { findBatch, readLedgerBackwards } from './tables/ledger.ts';
import { loadRefit } from './tables/refits.ts';
import type { Table } from './tables/table.ts';

/** Each lost race means that a folder made progress; this many in a row means that something else is wrong. */
const RACES = 20;

/** Item and state of a cluster. @throws UnreadableItem, UnreadableState */
export async function loadState(
  table: Table,
  clusterId: string,
): Promise<{ item: CalibrationItem; state: CalibrationState }> {
  const item = await loadCalibration(table, clusterId);
  if (!item) throw new UnreadableItem(`${clusterId} has no calibration`);
  return { item, state: deserialise(item.state) };
}

/** A part of a ledger: up to a version, so many rounds at most, and since an epoch began where one is named. */
interface Part {
  readonly version: number;
  readonly rounds: number;
  readonly sinceEpoch?: number;
}

/** The facts of the newest rounds, in ledger order. The ledger never changes: nor do they. @throws UnreadableItem, UnreadableState */
export async function newestFacts(table: Table, clusterId: string, part: Part): Promise<Fact[]> {
  const newestFirst: Fact[] = [];
  let rounds = 0;
  for await (const { change, entries } of readLedgerBackwards(table, clusterId, part.version)) {
    if (part.sinceEpoch !== undefined && change !== undefined && change.epoch <= part.sinceEpoch) break;
    for (const line of entries.toReversed()) {
      const fact = rounds < part.rounds ? factOf(line) : null;
      if (fact === null) continue;
      newestFirst.push(fact);
      if (fact.kind === 'submitted') rounds += 1;
    }
    if (rounds >= part.rounds) break;
  }
  return newestFirst.reverse();
}

/** A change of epoch as the ledger has it, with the version that it made. */
type Change = EpochChange & { readonly version: number };

/** The change that began an epoch; null for one that has not begun, and for the first. */
export async function findChange(table: Table, clusterId: string, epoch: number): Promise<Change | null> {
  const refit = await loadRefit(table, clusterId, epoch);
  const batch = refit && (await findBatch(table, clusterId, refit.version + 1));
  if (batch?.change?.epoch === epoch) return { ...batch.change, version: batch.version };
  // Whoever began the epoch died before its refit was written down, or it is not over yet.
  for await (const { change, version } of readLedgerBackwards(table, clusterId, Number.MAX_SAFE_INTEGER)) {
    if (change?.epoch === epoch) return { ...change, version };
    if (change !== undefined && change.epoch < epoch) return null;
  }
  return null;
}

type NewEpoch = Pick<EpochChange, 'epoch' | 'cause' | 'by'>;

/**
 * Begins an epoch, once: as a batch of the ledger, so that no fold can overtake it and none loses a label by it.
 * @param learnedAt what it begins with, from the ledger up to a version; null where it is not to begin after all
 * @returns the change that began this epoch: ours, also when a retry asks for it again, or that of somebody faster
 * @throws FoldContended, UnreadableItem, UnreadableState
 */
export async function changeEpoch(
  table: Table,
  config: Pick<ClusterConfig, 'clusterId' | 'tiers' | 'longWaitSeconds'>,
  wish: NewEpoch,
  learnedAt: (version: number) => Promise<Learned | null>,
  now: Date,
): Promise<Change | null> {
  const { clusterId } = config;
  for (let races = 0; races < RACES; races++) {
    const { item, state } = await loadState(table, clusterId);
    if (state.epoch >= wish.epoch) {
      const stands = await findChange(table, clusterId, wish.epoch);
      if (!stands) throw new UnreadableItem(`the ledger of ${clusterId} does not say how epoch ${wish.epoch} began`);
      return stands;
    }
    await finishMarking(table, item);
    const learned = await learnedAt(item.version);
    if (learned === null) return null;
    // Where the forecast is ahead, the next batch stands already, and ours does not.
    const forecast = await loadForecast(table, clusterId);
    const inForce = forecast === null ? nothingLearned() : deserialiseForecast(forecast.state).learned;
    const bytes = { learned: serialiseLearned(learned), before: serialiseLearned(inForce) };
    await moveOn(table, item, { ...nextBatch(item, config, now), change: { ...wish, ...bytes } });
  }
  throw new FoldContended(`the epoch of ${clusterId} lost ${RACES} races in a row`);
}
