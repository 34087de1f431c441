import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import { isOfQueue, type LedgerLine, roundOfLine } from '../../domain/ledger-lines.ts';
import { roundKey, roundOf } from '../../domain/round.ts';
import type { MarkStore } from './ports.ts';

/** Marking is one small write per row; more in parallel would only be throttled. */
const MARKS_AT_ONCE = 10;

/** Any folder finishes the marking: nobody looks for new candidates before every row of the newest batch is marked. */
export async function finishMarking(store: MarkStore, item: CalibrationItem): Promise<void> {
  if (item.marked_version >= item.version) return;
  await markBatch(store, item.cluster_id, await store.loadBatch(item.cluster_id, item.version));
}

/**
 * Marks the rows of the newest batch as folded, then records that this is done. A row that changed since it was read is read again.
 * @param read rows the caller already has; the others are loaded
 */
export async function markBatch(
  store: MarkStore,
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
  const { rows, unreadable } = await store.loadJobs(clusterId, missing);
  const linesOf = (round: string) => byRound.get(round) ?? [];
  const marks = [
    ...[...known, ...rows].map((row) => () => store.markRow(row, linesOf(roundKey(roundOf(row))), version)),
    ...unreadable.map((round) => () => store.markBlindly(clusterId, round, linesOf(round), version)),
  ];
  for (let at = 0; at < marks.length; at += MARKS_AT_ONCE) {
    await Promise.all(marks.slice(at, at + MARKS_AT_ONCE).map((mark) => mark()));
  }
  for (const line of entries) {
    if (isOfQueue(line) && line.kind === 'snapshot') await store.markSnapshot(clusterId, line);
  }
  await store.saveMarked(clusterId, version);
}
