import type { ClusterConfig } from '../../schemas/config.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { ForecastItem } from '../../schemas/items/forecast.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { FoldContended } from '../application/outcomes/contended.ts';
import { applyBatch, birth, tiersChanged } from '../domain/fold-batch.ts';
import { nothingReplayed, type Replayed, replayBatch } from '../domain/forecast/replay.ts';
import {
  inFoldOrder,
  isOfQueue,
  knownAt,
  type LedgerLine,
  labelsOf,
  nameOfLine,
  roundOfLine,
} from '../domain/ledger-lines.ts';
import { ringDraw } from '../domain/lottery.ts';
import { type Batch, nextBatch } from '../domain/next-batch.ts';
import { ledgerEntry, mayBeUndoneUntil, moreOfWait } from '../domain/outcome.ts';
import { keyOfBytes, placeOf, timeOfPlace } from '../domain/place.ts';
import { queueLinesOf } from '../domain/queue-facts.ts';
import { TIER_NUMBERS, tierOf } from '../domain/reservations.ts';
import { roundHash, roundKey, roundOf, roundText } from '../domain/round.ts';
import { tierRulesOf } from '../domain/tier-rules.ts';
import { moveForecast } from './move-forecast.ts';
import {
  calibrationFrom,
  calibrationKey,
  closeCalls,
  giveBack,
  loadCalibration,
  saveFold,
  saveMarked,
} from './tables/calibration.ts';
import { forecastFrom, forecastKey } from './tables/forecast.ts';
import { findBatch, loadBatch, putBatch, readLedger } from './tables/ledger.ts';
import { dueRounds, labelRow, leaveUntilDue, loadJobs, markBlindly, markRow } from './tables/outcomes.ts';
import { readTogether } from './tables/read-together.ts';
import { markSnapshot, snapshotFrom, snapshotKey } from './tables/snapshots.ts';
import type { Table } from './tables/table.ts';

/** 200 entries with the longest ids and names of queues take 350 of the 400 KB of an item. */
const BATCH_ENTRIES = 200;
/** Read ahead of a batch, so that a backlog is sorted in large pieces and still fits in memory. */
const READ_AHEAD = 1_000;
/** Marking is one small write per row; more at once would only be throttled. */
const MARKS_AT_ONCE = 10;
/** How far one call goes; what is left is for the next. */
interface FoldLimits {
  /** Races that may be lost in a row. */
  races: number;
  batches: number;
}

/** Each lost race means that another folder made progress; this many in a row means that something else is wrong. */
const EVERYTHING: FoldLimits = { races: 20, batches: Number.POSITIVE_INFINITY };

interface FoldReport {
  /** Jobs that this call settled. */
  folded: number;
  batches: number;
  /** Keys of the rounds whose rows do not parse; they stay where they are. */
  unreadable: string[];
}

/**
 * Folds every label of a cluster that is due into its calibration state, each exactly once; every wait that became known only
 * after its label had been folded, likewise; and has its built-in forecast count what was submitted, started and left.
 *
 * Any number of folders may run at once and any of them may die after any line. What makes that safe: the list of batch
 * v+1 is decided by one put-if-absent; the state moves from v to v+1 by one compare-and-set; and nobody looks for the
 * candidates of v+1 before every row of v is marked.
 *
 * @param rounds keys of rounds of which the caller knows something to fold: the index may not show them yet
 * @throws FoldContended, UnreadableItem or OtherLayout when state or ledger cannot be read
 */
export async function foldCluster(
  table: Table,
  config: ClusterConfig,
  now: Date,
  rounds: string[] = [],
  { races: patience, batches }: FoldLimits = EVERYTHING,
): Promise<FoldReport> {
  const report: FoldReport = { folded: 0, batches: 0, unreadable: [] };
  const { clusterId } = config;
  for (let races = 0; races <= patience; races++) {
    // What is due may be listed meanwhile: only what its rows say once the newest batch is marked counts.
    const [items, due] = await Promise.all([
      readTogether(
        table,
        [calibrationKey, forecastKey, snapshotKey].map((key) => key(clusterId)),
      ),
      dueRounds(table, clusterId, now, Math.min(READ_AHEAD, batches * BATCH_ENTRIES)),
    ]);
    const item = calibrationFrom(items, clusterId);
    // No decision is recorded before CheckCalibration has created the item.
    if (!item) return report;
    const snapshot = item.marked_version < item.version ? null : snapshotFrom(items, clusterId, now);
    await finishMarking(table, item);
    const { entries, unreadable, rows } = await candidates(table, config, now, [...due, ...rounds]);
    if (snapshot !== null) entries.push(snapshot);
    entries.sort(inFoldOrder);
    report.unreadable = unreadable;
    // With nothing to fold, a change of epoch may still wait for its state: whoever wrote it died there.
    const idle = entries.length === 0 && !tiersChanged(item.state, tierRulesOf(config.tiers));
    if (idle && !(await findBatch(table, clusterId, item.version + 1))) return report;

    const wish = { ...nextBatch(item, config, now), entries: entries.slice(0, BATCH_ENTRIES) };
    const { saved, batch } = await moveOn(table, item, wish, { rows, forecast: forecastFrom(items, clusterId) });
    if (saved) {
      report.folded += labelsOf(batch.entries).length;
      report.batches += 1;
      if (report.batches >= batches) return report;
      const done = new Set(batch.entries.map(nameOfLine));
      if (entries.every((line) => done.has(nameOfLine(line)))) return report;
      races = 0;
    }
  }
  throw new FoldContended(`the fold of ${clusterId} lost ${patience} races in a row`);
}

/** Nobody looks for the next candidates before every row of the newest batch is marked, by whoever comes first. */
export async function finishMarking(table: Table, item: CalibrationItem): Promise<void> {
  if (item.marked_version >= item.version) return;
  await markBatch(table, item.cluster_id, await loadBatch(table, item.cluster_id, item.version));
}

/**
 * Moves a cluster from its version to the next: by our batch, or by the one that somebody wrote for it before us.
 * @param read rows of the rounds that the batch is about, and the forecast, as they were read; what is missing is read
 * @returns the batch that stands, and whether it was this call that moved the state
 */
export async function moveOn(
  table: Table,
  item: CalibrationItem,
  wish: Batch,
  { rows = [], forecast }: { rows?: readonly JobItem[]; forecast?: ForecastItem | null } = {},
): Promise<{ saved: boolean; batch: LedgerItem }> {
  const { cluster_id: clusterId, version } = item;
  const batch = await putBatch(table, clusterId, wish);
  await moveForecast(table, clusterId, batch, forecast);
  const saved = await saveFold(table, clusterId, version, applyBatch(item.state, batch), batch);
  if (saved) await markBatch(table, clusterId, batch, rows);
  return { saved, batch };
}

/** Marks the rows of the newest batch, then notes that they are. A row that has changed since it was read is read again. */
async function markBatch(
  table: Table,
  clusterId: string,
  { version, entries }: LedgerItem,
  read: readonly JobItem[] = [],
): Promise<void> {
  const byRound = new Map<string, LedgerLine[]>();
  for (const line of entries) {
    const round = roundOfLine(line);
    if (round !== null) byRound.set(round, [...(byRound.get(round) ?? []), line]);
  }
  const known = read.filter((row) => byRound.has(roundKey(roundOf(row))));
  const have = new Set(known.map((row) => roundKey(roundOf(row))));
  const missing = [...byRound.keys()].filter((round) => !have.has(round));
  const { rows, unreadable } = await loadJobs(table, clusterId, missing);
  const linesOf = (round: string) => byRound.get(round) ?? [];
  const marks = [
    ...[...known, ...rows].map((row) => () => markRow(table, row, linesOf(roundKey(roundOf(row))), version)),
    ...unreadable.map((round) => () => markBlindly(table, clusterId, round, linesOf(round), version)),
  ];
  for (let at = 0; at < marks.length; at += MARKS_AT_ONCE) {
    await Promise.all(marks.slice(at, at + MARKS_AT_ONCE).map((mark) => mark()));
  }
  for (const line of entries) {
    if (isOfQueue(line) && line.kind === 'snapshot') await markSnapshot(table, clusterId, line);
  }
  await saveMarked(table, clusterId, version);
}

/** Lines of all rows that can be folded now. Overdue jobs get their label here. */
async function candidates(
  table: Table,
  config: ClusterConfig,
  now: Date,
  rounds: string[],
): Promise<{ entries: LedgerLine[]; unreadable: string[]; rows: JobItem[] }> {
  const { rows: read, unreadable } = await loadJobs(table, config.clusterId, rounds);
  const entries: LedgerLine[] = [];
  const rows: JobItem[] = [];
  for (const row of read) {
    // Taken away by the very write that marks a row as over.
    if (row.unfolded === undefined) continue;
    const { line, settled, until } = await labelOrWait(table, config, row, now);
    // A collector's clock ahead of ours: nothing is known before its time.
    const known = line !== null && knownAt(line) * 1000 <= now.getTime() ? [line] : [];
    const lines = [...queueLinesOf(settled, now), ...known];
    rows.push(settled);
    if (lines.length === 0) await leaveUntilDue(table, settled, until);
    entries.push(...lines);
  }
  return { entries, unreadable, rows };
}

/**
 * The label of a row, or more of a wait whose label is folded; with the row as it stands by then, and until when its label has to
 * wait for an effect that may yet be undone.
 */
async function labelOrWait(
  table: Table,
  { clusterId, longWaitSeconds, salt, approvals }: ClusterConfig,
  row: JobItem,
  now: Date,
): Promise<{ line: LedgerLine | null; settled: JobItem; until: Date | null }> {
  if (row.folded_in !== undefined) return { line: moreOfWait(row, now), settled: row, until: null };
  if (row.decision?.foldable !== true) return { line: null, settled: row, until: null };
  const settled = await labelRow(table, row, longWaitSeconds, now);
  const until = mayBeUndoneUntil(settled, approvals.undoMinutes, now);
  if (until !== null) return { line: null, settled, until };
  const draw = ringDraw(salt ?? clusterId, roundText(roundOf(settled)));
  return { line: ledgerEntry(settled, draw), settled, until };
}

/** A round that takes no more part in any race: its machine has ended, and no retry of it is on its way. */
const ORPHAN_AFTER_MS = 3_600_000;

/**
 * Gives back what no label will ever settle: reservations of attempts whose decision was never recorded, and calls counted as
 * open for them.
 *
 * @returns how many reservations were given back
 */
export async function releaseOrphans(table: Table, config: ClusterConfig, now: Date): Promise<number> {
  const { clusterId } = config;
  const item = await loadCalibration(table, clusterId);
  if (item === null) return 0;
  const oldest = now.getTime() - config.longWaitSeconds * 1000 - ORPHAN_AFTER_MS;
  const isOld = (place: Uint8Array): boolean => timeOfPlace(place) < oldest;
  const taken = TIER_NUMBERS.map((tier) => ({ tier, ...tierOf(item, tier) }));
  const calls = taken.reduce((sum, { open }) => sum + open.size, 0);
  const hasOld = taken.some(({ places }) => [...places].some(isOld));
  if (calls === 0 && !hasOld) return 0;
  const waiting = await dueRounds(table, clusterId, new Date(now.getTime() + LABELS_MS), Number.MAX_SAFE_INTEGER);
  // Every open call belongs to a round that waits for its label; only where there are more are the rows looked at.
  if (calls <= waiting.length && !hasOld) return 0;
  const standing = await placesThatStand(table, clusterId, waiting);
  let released = 0;
  for (const { tier, places, open } of taken) {
    const orphans = [...places].filter((place) => isOld(place) && !standing.has(keyOfBytes(place)));
    for (const place of orphans) if (await giveBack(table, clusterId, tier, place)) released += 1;
    // A decision that is just being made may be among these: counted too low for a moment is harmless, too high for good is not.
    const closed = [...open].filter((call) => !standing.has(keyOfBytes(call)));
    await closeCalls(table, clusterId, tier, closed);
  }
  return released;
}

/** Places and open calls of all decisions that wait for their label, as text. */
async function placesThatStand(table: Table, clusterId: string, keys: string[]): Promise<ReadonlySet<string>> {
  const standing = new Set<string>();
  const { rows } = await loadJobs(table, clusterId, keys);
  for (const row of rows) {
    // One whose label is folded may stay in the index for as long as it runs.
    if (row.decision === undefined || row.folded_in !== undefined) continue;
    const round = roundOf(row);
    standing.add(keyOfBytes(roundHash(round)));
    standing.add(keyOfBytes(placeOf(round, row.decision.cost, new Date(row.decision.decidedAt))));
  }
  return standing;
}

/** Every label falls due within the longest T, or the longest time to undo; what falls due later waits for other things. */
const LABELS_MS = 2 * 86_400_000;

/** What the ledger of a cluster gives. */
export interface Rebuilt {
  readonly version: number;
  readonly state: Uint8Array;
  readonly forecast: Replayed;
}

/**
 * Rebuilds the calibration state and the built-in forecast from the ledger alone; equal to the stored bytes at the same version,
 * bit for bit.
 * @returns null for a cluster without a ledger
 */
export async function rebuild(table: Table, clusterId: string): Promise<Rebuilt | null> {
  const forecast = nothingReplayed();
  let version = 0;
  let state: Uint8Array | undefined;
  for await (const batch of readLedger(table, clusterId)) {
    state = (state ? applyBatch(state, batch) : birth(batch.tiers)).state;
    replayBatch(forecast, batch);
    version = batch.version;
  }
  return state ? { version, state, forecast } : null;
}
