import { bytesOf } from './bytes.ts';
import { type Faults, note } from './faults.ts';
import type { OnRecord } from './lines.ts';
import { LeftOut } from './reading.ts';
import { type Format, type FormatOptions, recognise } from './recognise.ts';
import type { Row } from './row.ts';
import { LineSort } from './sort.ts';

/** How much of a file is read to recognise its format. */
const HEAD = 256 * 1024;
const PROGRESS_ROWS = 4096;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

export interface ReadOptions extends FormatOptions {
  /** In the order of submission, whatever the order of the file: it is read once and sorted, on disk if it is large. */
  readonly sorted: boolean;
  readonly onRead: (bytes: number) => void;
}

/**
 * Reads the rows of a history in any known format (README, "Before you hand over the keys"). Unreadable rows are noted in
 * `faults` and skipped. A row is valid only during the callback. What was read before a file breaks off counts.
 *
 * @throws UnusableFile, WholeFileNeeded unless `sorted`, and errors of the file system or gzip
 */
export async function readHistory(
  path: string,
  options: ReadOptions,
  faults: Faults,
  onRow: (row: Row) => void,
): Promise<void> {
  const sort = new LineSort();
  let format: Format | null = null;
  let [total, told, rows] = [0, 0, 0];
  // Sorted rows are read twice: half of the progress is for the second pass.
  const onRead = (bytes: number): void => {
    const share = format === null ? bytes : Math.floor(bytes / 2);
    total += bytes;
    told += share;
    options.onRead(share);
  };
  const onSorted = (done: number): void => {
    const due = Math.floor(((total - told) * PROGRESS_ROWS) / Math.max(PROGRESS_ROWS, rows - done + PROGRESS_ROWS));
    told += due;
    options.onRead(due);
  };
  const onFormat = (found: Format): ((row: Row) => void) => {
    if (!options.sorted && found.isOrdered) return onRow;
    format = found;
    found.reader.lookAhead();
    return ({ submittedAt, line, bytes, from, to }) => {
      rows += 1;
      sort.add(submittedAt, line, bytes, from, to);
    };
  };
  try {
    const failure = await readOnce(path, { ...options, onRead }, faults, onFormat).catch((error: unknown) => ({
      error,
    }));
    if (format !== null) replaySorted(sort, format, onRow, onSorted);
    if (failure !== undefined) throw failure.error;
  } finally {
    sort.close();
  }
}

async function readOnce(
  path: string,
  options: ReadOptions,
  faults: Faults,
  onFormat: (format: Format) => (row: Row) => void,
): Promise<void> {
  const leftOut = new Map<string, number>();
  const begin = (head: Buffer): ReturnType<Format['cut']> => {
    const format = recognise(head, options);
    const { reader, firstLine } = format;
    faults.notes = format.notes;
    const onRow = onFormat(format);
    const onRecord: OnRecord = (bytes, from, to, line, count) => {
      if (line < firstLine) return count === 1;
      const reading = reader.read(bytes, from, to, line);
      if (reading === null) onRow(reader.row);
      else if (count > 1) return false;
      else if (reading instanceof LeftOut) leftOut.set(reading.why, (leftOut.get(reading.why) ?? 0) + 1);
      else if (bytes.toString('latin1', from, to).trim() !== '') note(faults, line, reading);
      return true;
    };
    const parts = format.cut(onRecord, (line) => note(faults, line, 'it is longer than any job is'));
    parts.push(head.subarray(head.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0));
    return parts;
  };
  const head: Buffer[] = [];
  let length = 0;
  let begun: ReturnType<typeof begin> | null = null;
  let failure: Error | null = null;
  try {
    for await (const chunk of bytesOf(path, options.onRead)) {
      if (begun !== null) begun.push(chunk);
      else {
        head.push(chunk);
        length += chunk.length;
        if (length >= HEAD) begun = begin(Buffer.concat(head));
      }
    }
  } catch (error) {
    // A file that breaks off; all other errors are thrown by the callbacks.
    if (!(error instanceof Error && 'code' in error)) throw error;
    failure = error;
  }
  if (begun === null && (failure === null || length > 0)) begun = begin(Buffer.concat(head));
  // The last row before the break is incomplete.
  if (failure === null) begun?.end();
  const reasons = [...leftOut].filter(([why]) => why !== '').map(([why, count]) => `${count} ${why}`);
  faults.notes = [...faults.notes, ...reasons];
  if (failure !== null) throw failure;
}

function replaySorted(
  sort: LineSort,
  { reader }: Format,
  onRow: (row: Row) => void,
  onSorted: (done: number) => void,
): void {
  let done = 0;
  for (const { bytes, from, to, line } of sort.sorted()) {
    if (reader.read(bytes, from, to, line) === null) onRow(reader.row);
    done += 1;
    if (done % PROGRESS_ROWS === 0) onSorted(done);
  }
  onSorted(done);
}
