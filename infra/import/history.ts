import { bytesOf } from './bytes.ts';
import { Lines, type OnRecord } from './lines.ts';
import type { Row } from './row.ts';
import { LineSort } from './sort.ts';
import { type Layout, layoutOf, type Mapping, UnusableHeader } from './table/columns.ts';
import { RowReader } from './table/row-reader.ts';

/** Rows that were left out are told one by one up to here, and counted beyond. */
const TOLD = 100;

/** What is wrong with a file and its rows. */
export interface Faults {
  count: number;
  readonly first: { line: number; fault: string }[];
  /** What had to be assumed about its columns. */
  notes: readonly string[];
}

export interface ReadOptions {
  readonly mapping: Mapping;
  /** T, for files that have waits but no labels. */
  readonly longWaitSeconds: number;
  readonly onRead: (bytes: number) => void;
}

/**
 * Reads the rows of a file in their order, one piece of it in memory. What cannot be read is noted in `faults` and left
 * out. The row that is handed over is only good during the call.
 *
 * @throws UnusableHeader, and whatever the file system or gzip says
 */
export async function readRows(
  path: string,
  options: ReadOptions,
  faults: Faults,
  onRow: (row: Row) => void,
  onLayout: (layout: Layout) => void = () => {},
): Promise<void> {
  let reader: RowReader | null = null;
  const onRecord: OnRecord = (bytes, from, to, line, count) => {
    if (reader === null) {
      const header = bytes.toString('utf8', from, to);
      if (header.replace(/^\ufeff/, '').trim() === '') return true;
      const layout = layoutOf(header, options.mapping);
      faults.notes = layout.notes;
      onLayout(layout);
      reader = new RowReader(layout, options.longWaitSeconds);
      return true;
    }
    const fault = reader.read(bytes, from, to, line);
    if (fault === null) onRow(reader.row);
    else if (count > 1) return false;
    else if (bytes.toString('latin1', from, to).trim() !== '') note(faults, line, fault);
    return true;
  };
  const lines = new Lines(onRecord, (line) => note(faults, line, 'the line is longer than 1 MiB'));
  for await (const chunk of bytesOf(path, options.onRead)) lines.push(chunk);
  lines.end();
  if (reader === null) throw new UnusableHeader('the file is empty');
}

/** As `readRows`, in the order of submission, whatever order the file is in; what was read before it broke off counts. */
export async function readRowsSorted(
  path: string,
  options: ReadOptions,
  faults: Faults,
  onRow: (row: Row) => void,
): Promise<void> {
  const sort = new LineSort();
  const layouts: Layout[] = [];
  const put = ({ submittedAt, line, bytes, from, to }: Row): void => sort.add(submittedAt, line, bytes, from, to);
  try {
    const onLayout = (layout: Layout): void => void layouts.push(layout);
    const failure = await readRows(path, options, faults, put, onLayout).catch((error: unknown) => ({ error }));
    for (const layout of layouts) replaySorted(sort, new RowReader(layout, options.longWaitSeconds), onRow);
    if (failure !== undefined) throw failure.error;
  } finally {
    sort.close();
  }
}

function replaySorted(sort: LineSort, reader: RowReader, onRow: (row: Row) => void): void {
  for (const { bytes, from, to, line } of sort.sorted()) {
    if (reader.read(bytes, from, to, line) === null) onRow(reader.row);
  }
}

/** Leaves a row out, and says why. */
export function note(faults: Faults, line: number, fault: string): void {
  faults.count += 1;
  if (faults.first.length < TOLD) faults.first.push({ line, fault });
}
