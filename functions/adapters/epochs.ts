import type { ClusterConfig } from '../../schemas/config.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { EpochChange } from '../../schemas/items/ledger.ts';
import { deserialise } from '../domain/calibration/codec.ts';
import type { CalibrationState } from '../domain/calibration/state.ts';
import { labelsOf } from '../domain/ledger-lines.ts';
import { type Labelled, labelledOf } from '../domain/recalibration/labelled.ts';
import { loadCalibration } from './calibration-store.ts';
import { FoldContended, finishMarking, moveOn, nextBatch } from './fold.ts';
import { readLedgerBackwards } from './ledger-store.ts';
import { loadMap } from './map-store.ts';
import { type Table, UnreadableItem } from './table.ts';

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

/** Labels in ledger order, and how many of them were learned since an epoch began: all, where it began before the first. */
export interface NewestLabels {
  readonly labels: Labelled[];
  readonly since: (epoch: number) => number;
}

/** The newest labels up to a ledger version that teach, in ledger order. The ledger never changes: nor do they. */
export async function newestLabels(
  table: Table,
  clusterId: string,
  version: number,
  count: number,
): Promise<NewestLabels> {
  const newestFirst: Labelled[] = [];
  const began = new Map<number, number>();
  for await (const { change, entries } of readLedgerBackwards(table, clusterId, version)) {
    if (newestFirst.length >= count) break;
    if (change) began.set(change.epoch, newestFirst.length);
    for (const entry of labelsOf(entries).reverse()) {
      const label = labelledOf(entry);
      if (label) newestFirst.push(label);
    }
  }
  const labels = newestFirst.slice(0, count).reverse();
  return { labels, since: (epoch) => began.get(epoch) ?? labels.length };
}

/** The change that began an epoch, from the ledger; null for one that has not begun, and for the first. */
export async function findChange(table: Table, clusterId: string, epoch: number): Promise<EpochChange | null> {
  for await (const { change } of readLedgerBackwards(table, clusterId, Number.MAX_SAFE_INTEGER)) {
    if (change?.epoch === epoch) return change;
    if (change !== undefined && change.epoch < epoch) return null;
  }
  return null;
}

/** The knots that were in force in an epoch; null for VGAC's p itself. @throws UnreadableItem */
export async function knotsInForce(table: Table, clusterId: string, epoch: number): Promise<EpochChange['knots']> {
  if (epoch === 0) return null;
  const map = await loadMap(table, clusterId, epoch);
  if (map && map.status !== 'rejected') return map.knots;
  // Whoever began the epoch died before the map was written down.
  const change = await findChange(table, clusterId, epoch);
  if (!change) throw new UnreadableItem(`${clusterId} has no map of epoch ${epoch}`);
  return change.knots;
}

/**
 * Begins an epoch, once: as a batch of the ledger, so that no fold can overtake it and none loses a label by it.
 * @returns the change that began this epoch: ours, also when a retry asks for it again, or that of somebody faster
 * @throws FoldContended, UnreadableItem
 */
export async function changeEpoch(
  table: Table,
  config: Pick<ClusterConfig, 'clusterId' | 'tiers' | 'longWaitSeconds'>,
  change: EpochChange,
  now: Date,
): Promise<EpochChange> {
  const { clusterId } = config;
  for (let races = 0; races < RACES; races++) {
    const { item, state } = await loadState(table, clusterId);
    if (state.epoch >= change.epoch) {
      const stands = await findChange(table, clusterId, change.epoch);
      if (!stands) throw new UnreadableItem(`the ledger of ${clusterId} does not say how epoch ${change.epoch} began`);
      return stands;
    }
    await finishMarking(table, item);
    await moveOn(table, item, { ...nextBatch(item, config, now), change });
  }
  throw new FoldContended(`the epoch of ${clusterId} lost ${RACES} races in a row`);
}
