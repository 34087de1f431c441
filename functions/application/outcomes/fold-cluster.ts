import type { ClusterConfig } from '../../../schemas/config.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { tiersChanged } from '../../domain/fold-batch.ts';
import { ledgerEntry, moreOfWait } from '../../domain/ledger-entry.ts';
import { inFoldOrder, knownAt, type LedgerLine, labelsOf, nameOfLine } from '../../domain/ledger-lines.ts';
import { ringDraw } from '../../domain/lottery.ts';
import { nextBatch } from '../../domain/next-batch.ts';
import { mayBeUndoneUntil } from '../../domain/outcome.ts';
import { queueLinesOf } from '../../domain/queue-facts.ts';
import { roundOf, roundText } from '../../domain/round.ts';
import { tierRulesOf } from '../../domain/tier-numbers.ts';
import { applyNextBatch } from './apply-next-batch.ts';
import { FoldContended } from './contended.ts';
import { finishMarking } from './mark-batch.ts';
import type { FoldStore } from './ports.ts';

/** 200 entries with the longest ids and queue names take 350 of the 400 KB of an item. */
const BATCH_ENTRIES = 200;
/** Read ahead of a batch, so that a backlog is sorted in large pieces and still fits in memory. */
const READ_AHEAD = 1_000;

/** How far one call goes; the next call does the rest. */
interface FoldLimits {
  /** Races that may be lost in a row. */
  races: number;
  batches: number;
}

/** Each lost race means that another folder made progress; this many in a row mean that something is wrong. */
const EVERYTHING: FoldLimits = { races: 20, batches: Number.POSITIVE_INFINITY };

interface FoldReport {
  /** Jobs that this call settled. */
  folded: number;
  batches: number;
  /** Keys of rounds whose rows do not parse; they are left as they are. */
  unreadable: string[];
}

/**
 * Folds every due label of a cluster into its calibration state, each exactly once, and every wait that became known only after its
 * label was folded. Also has the built-in forecast count what was submitted, started and left.
 *
 * @param rounds keys of rounds the caller knows to have something to fold, since the index may lag
 * @throws FoldContended, UnreadableItem or OtherLayout when state or ledger is unreadable
 */
export async function foldCluster(
  store: FoldStore,
  config: ClusterConfig,
  now: Date,
  rounds: string[] = [],
  { races: patience, batches }: FoldLimits = EVERYTHING,
): Promise<FoldReport> {
  const report: FoldReport = { folded: 0, batches: 0, unreadable: [] };
  const { clusterId } = config;
  for (let races = 0; races <= patience; races++) {
    // The list of due rounds may change meanwhile: what counts is their rows, read once the newest batch is marked.
    const [start, due] = await Promise.all([
      store.loadFoldStart(clusterId, now),
      store.dueRounds(clusterId, now, Math.min(READ_AHEAD, batches * BATCH_ENTRIES)),
    ]);
    const item = start.calibration();
    // No decision is recorded before CheckCalibration has created the item.
    if (!item) return report;
    const snapshot = item.marked_version < item.version ? null : start.snapshot();
    await finishMarking(store, item);
    const { entries, unreadable, rows } = await candidates(store, config, now, [...due, ...rounds]);
    if (snapshot !== null) entries.push(snapshot);
    entries.sort(inFoldOrder);
    report.unreadable = unreadable;
    // Even with nothing to fold, a change of epoch may be in the ledger whose writer died before moving the state.
    const idle = entries.length === 0 && !tiersChanged(item.state, tierRulesOf(config.tiers));
    if (idle && !(await store.findBatch(clusterId, item.version + 1))) return report;

    const wish = { ...nextBatch(item, config, now), entries: entries.slice(0, BATCH_ENTRIES) };
    const { saved, batch } = await applyNextBatch(store, item, wish, { rows, forecast: start.forecast() });
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

/** The lines of all rows that can be folded now. Overdue jobs get their label here. */
async function candidates(
  store: FoldStore,
  config: ClusterConfig,
  now: Date,
  rounds: string[],
): Promise<{ entries: LedgerLine[]; unreadable: string[]; rows: JobItem[] }> {
  const { rows: read, unreadable } = await store.loadJobs(config.clusterId, rounds);
  const entries: LedgerLine[] = [];
  const rows: JobItem[] = [];
  for (const row of read) {
    // Already removed by the write that marks a row as over.
    if (row.unfolded === undefined) continue;
    const { line, settled, until } = await labelOrWait(store, config, row, now);
    // A collector's clock may be ahead of ours: nothing is known before its time.
    const known = line !== null && knownAt(line) * 1000 <= now.getTime() ? [line] : [];
    const lines = [...queueLinesOf(settled, now), ...known];
    rows.push(settled);
    if (lines.length === 0) await store.leaveUntilDue(settled, until);
    entries.push(...lines);
  }
  return { entries, unreadable, rows };
}

/**
 * The label of a row, or more of the wait after its label was folded; with the updated row, and until when the label must wait for
 * an effect that may still be undone.
 */
async function labelOrWait(
  store: Pick<FoldStore, 'labelRow'>,
  { clusterId, longWaitSeconds, salt, approvals }: ClusterConfig,
  row: JobItem,
  now: Date,
): Promise<{ line: LedgerLine | null; settled: JobItem; until: Date | null }> {
  if (row.folded_in !== undefined) return { line: moreOfWait(row, now), settled: row, until: null };
  if (row.decision?.foldable !== true) return { line: null, settled: row, until: null };
  const settled = await store.labelRow(row, longWaitSeconds, now);
  const until = mayBeUndoneUntil(settled, approvals.undoMinutes, now);
  if (until !== null) return { line: null, settled, until };
  const draw = ringDraw(salt ?? clusterId, roundText(roundOf(settled)));
  return { line: ledgerEntry(settled, draw), settled, until };
}
