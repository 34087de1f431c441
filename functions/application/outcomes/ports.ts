import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { ForecastItem, ForecastRow } from '../../../schemas/items/forecast.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerItem, SnapshotLine } from '../../../schemas/items/ledger.ts';
import type { Folded } from '../../domain/fold-batch.ts';
import type { RowKind } from '../../domain/forecast/rows.ts';
import type { LedgerLine } from '../../domain/ledger-lines.ts';
import type { Batch } from '../../domain/next-batch.ts';
import type { JobFact, Outcome } from '../../domain/outcome.ts';
import type { TierNumber } from '../../domain/reservations.ts';
import type { Round } from '../../domain/round.ts';
import type { QueueSnapshot } from '../../domain/snapshot.ts';
import type { ConfigStore, SettleStore, VoidStore } from '../approvals/ports.ts';

type Job = Omit<Round, 'submittedAt'>;

/** A row in one of the forecast's two tables. */
export interface RowName {
  readonly kind: RowKind;
  readonly hash: string;
}

/** A row after a batch and before it; null where there is none. */
export interface RowChange {
  readonly state: Uint8Array | null;
  readonly before: Uint8Array | null;
  readonly version: number;
}

/** Writes the forecast and its rows, each only if it is still at the version read. */
interface ForecastWriter {
  /** @returns false when another folder has already moved it */
  saveForecast(
    clusterId: string,
    moved: { state: Uint8Array; version: number },
    /** Null where there was none. */
    from: number | null,
  ): Promise<boolean>;
  saveRow(clusterId: string, name: RowName, row: RowChange, from: number | null, now: Date): Promise<void>;
}

export interface ForecastStore extends ForecastWriter {
  loadForecast(clusterId: string): Promise<ForecastItem | null>;
  loadBatch(clusterId: string, version: number): Promise<LedgerItem>;
  loadRows(clusterId: string, kind: RowKind, hashes: readonly string[]): Promise<Map<string, ForecastRow>>;
  listRows(clusterId: string, kind: RowKind): Promise<Map<string, ForecastRow>>;
}

export interface MarkStore {
  loadBatch(clusterId: string, version: number): Promise<LedgerItem>;
  /** Rows that do not match their schema are named, and do not stop the others. */
  loadJobs(clusterId: string, rounds: string[]): Promise<{ rows: JobItem[]; unreadable: string[] }>;
  markRow(read: JobItem, lines: readonly LedgerLine[], version: number): Promise<void>;
  /** For an unreadable row. */
  markBlindly(clusterId: string, round: string, lines: readonly LedgerLine[], version: number): Promise<void>;
  markSnapshot(clusterId: string, line: Pick<SnapshotLine, 'at'>): Promise<void>;
  saveMarked(clusterId: string, version: number): Promise<void>;
}

export interface BatchStore extends ForecastStore, MarkStore {
  /** @returns the batch in the ledger: ours, or one that another folder wrote first */
  putBatch(clusterId: string, batch: Batch): Promise<LedgerItem>;
  /** @returns false when another folder was first */
  saveFold(clusterId: string, version: number, folded: Folded, batch: Pick<LedgerItem, 'entries'>): Promise<boolean>;
}

/** What a fold starts from, read together. Parsed lazily, so that an unreadable item stops only a fold that needs it. */
export interface FoldStart {
  calibration(): CalibrationItem | null;
  forecast(): ForecastItem | null;
  snapshot(): SnapshotLine | null;
}

export interface FoldStore extends BatchStore {
  loadFoldStart(clusterId: string, now: Date): Promise<FoldStart>;
  /** Keys of rounds, earliest first. The index behind it may lag. */
  dueRounds(clusterId: string, now: Date, limit: number): Promise<string[]>;
  /** @returns the updated row */
  labelRow(row: JobItem, longWaitSeconds: number, now: Date): Promise<JobItem>;
  /** @param until set when the label waits for an effect that may still be undone */
  leaveUntilDue(row: JobItem, until: Date | null): Promise<void>;
  findBatch(clusterId: string, version: number): Promise<LedgerItem | null>;
}

export interface ReservationStore {
  loadCalibration(clusterId: string): Promise<CalibrationItem | null>;
  dueRounds(clusterId: string, now: Date, limit: number): Promise<string[]>;
  loadJobs(clusterId: string, rounds: string[]): Promise<{ rows: JobItem[]; unreadable: string[] }>;
  /** @returns false when it is not there */
  giveBack(clusterId: string, tier: TierNumber, place: Uint8Array): Promise<boolean>;
  closeCalls(clusterId: string, tier: TierNumber, hashes: readonly Uint8Array[]): Promise<void>;
}

export interface LedgerReader {
  /** All batches in fold order. */
  readLedger(clusterId: string): AsyncIterable<LedgerItem>;
}

/** An item as stored, even if it does not match its schema. */
export type Stored = Readonly<Record<string, unknown>>;

export interface ForecastMendStore extends ForecastWriter {
  storedForecast(clusterId: string): Promise<Stored | undefined>;
  storedRows(clusterId: string, kind: RowKind): Promise<Map<string, Stored>>;
}

export interface MendStore extends ForecastMendStore, LedgerReader {
  loadBatch(clusterId: string, version: number): Promise<LedgerItem>;
  storedCalibration(clusterId: string): Promise<Stored | undefined>;
  /**
   * @param unchanged attributes that must still be as they were read
   * @returns false when one of them has changed
   */
  mendCalibration(
    clusterId: string,
    mended: Stored,
    read: Stored | undefined,
    unchanged: readonly string[],
  ): Promise<boolean>;
}

/** The result of recording an event. */
export interface Recorded {
  /** It disagrees with what was stored before it. */
  readonly contradicts: boolean;
  /** There is something to learn from it now. */
  readonly teaches: boolean;
}

export interface OutcomeStore {
  joinOutcomeToRow(round: Round, fact: JobFact, longWaitSeconds: number, now: Date): Promise<Recorded>;
  /** The round that has already recorded this fact; otherwise the latest one of the job submitted at or before it. */
  roundToTell(job: Job, fact: JobFact): Promise<JobItem | null>;
  keepWaiting(outcome: Outcome, now: Date): Promise<void>;
  dropWaiting(job: Job, fact: JobFact): Promise<void>;
}

export interface IngestStore extends OutcomeStore, FoldStore, VoidStore, SettleStore, ConfigStore {}

export interface SnapshotStore extends FoldStore {
  /** Jobs that the forecast counts now. */
  loadCounts(clusterId: string): Promise<{ pending: number; running: number }>;
  /** @returns false where it is not newer than the last */
  keepSnapshot(snapshot: QueueSnapshot, now: Date): Promise<boolean>;
}
