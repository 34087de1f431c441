/** What the use cases of this folder need from the tables. Each takes the narrowest port it can. */
import type { ClusterConfig } from '../../../schemas/config.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import type { RefitItem, RefitStatus } from '../../../schemas/items/refit.ts';
import type { BatchStore } from '../outcomes/ports.ts';

export interface StateReader {
  loadCalibration(clusterId: string): Promise<CalibrationItem | null>;
}

/** The state and settings of a cluster. */
interface ClusterReader extends StateReader {
  loadConfig(clusterId: string): Promise<ClusterConfig>;
}

export interface RefitHistoryStore {
  /** The refit of an epoch; for the epoch after the current one, the latest rejected attempt. */
  loadRefit(clusterId: string, epoch: number): Promise<RefitItem | null>;
}

export interface FactReader {
  /** The batches up to a version, newest first, read lazily. */
  readLedgerBackwards(clusterId: string, version: number): AsyncIterable<LedgerItem>;
}

export interface ChangeReader extends RefitHistoryStore, FactReader {
  findBatch(clusterId: string, version: number): Promise<LedgerItem | null>;
}

export interface EpochStore extends StateReader, ChangeReader, BatchStore {}

export interface RefitModelStore extends ClusterReader, FactReader {}

export type Refit = Omit<RefitItem, 'PK' | 'SK' | 'v'>;

interface LookWriter {
  /** Stores how a promoted refit is doing. A refit that was rolled back stays so. */
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
