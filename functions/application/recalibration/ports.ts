/** What the use cases of this folder need from the tables. Each asks for the smallest of these that it can do with. */
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import type { RefitItem, RefitStatus } from '../../../schemas/items/refit.ts';
import type { Platform } from '../../../schemas/primitives.ts';
import type { BatchStore } from '../outcomes/ports.ts';

export interface StateReader {
  loadCalibration(clusterId: string): Promise<CalibrationItem | null>;
}

/** A cluster as a use case finds it: its state, and its settings. */
interface ClusterReader extends StateReader {
  loadConfig(clusterId: string, platform: Platform): Promise<ClusterConfig>;
}

export interface RefitHistoryStore {
  /** The refit of an epoch; of the epoch after the one in force, the newest attempt that was rejected. */
  loadRefit(clusterId: string, epoch: number): Promise<RefitItem | null>;
}

export interface FactReader {
  /** The batches up to a version, newest first, read only as far as they are asked for. */
  readLedgerBackwards(clusterId: string, version: number): AsyncIterable<LedgerItem>;
}

export interface ChangeReader extends RefitHistoryStore, FactReader {
  findBatch(clusterId: string, version: number): Promise<LedgerItem | null>;
}

export interface EpochStore extends StateReader, ChangeReader, BatchStore {}

export interface RefitModelStore extends ClusterReader, FactReader {}

export type Refit = Omit<RefitItem, 'PK' | 'SK' | 'v'>;

interface LookWriter {
  /** Notes how a promoted refit is doing. One that has been rolled back stays so. */
  saveLook(
    clusterId: string,
    epoch: number,
    look: { status: RefitStatus; watched?: RefitItem['watched'] },
  ): Promise<void>;
}

export interface WatchRefitStore extends ClusterReader, ChangeReader, LookWriter {}

export interface RejectRefitStore {
  saveRefit(clusterId: string, refit: Refit): Promise<void>;
}

export interface PromoteRefitStore extends ClusterReader, EpochStore, RejectRefitStore {}

export interface RollBackRefitStore extends PromoteRefitStore, LookWriter {}
