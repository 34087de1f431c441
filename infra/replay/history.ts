import { bytesOf } from './csv/bytes.ts';
import { type Layout, layoutOf, type Mapping, UnusableHeader } from './csv/columns.ts';
import { Lines } from './csv/lines.ts';
import { type Row, RowReader } from './csv/row.ts';
import { LineSort } from './csv/sort.ts';

/** Rows that were left out are told one by one up to here, and counted beyond. */
const TOLD = 100;

/** What is wrong with the rows of a file. */
export interface Faults {
  count: number;
  readonly first: { line: number; fault: string }[];
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
): Promise<Layout> {
  let layout: Layout | null = null;
  let reader: RowReader | null = null;
  const onLine = (bytes: Buffer, from: number, to: number, line: number): void => {
    if (reader === null) {
      layout = layoutOf(bytes.toString('utf8', from, to), options.mapping);
      reader = new RowReader(layout, options.longWaitSeconds);
      return;
    }
    const fault = reader.read(bytes, from, to, line);
    if (fault === null) onRow(reader.row);
    else if (bytes.toString('latin1', from, to).trim() !== '') note(faults, line, fault);
  };
  const lines = new Lines(onLine, (line) => note(faults, line, 'the line is longer than 1 MiB'));
  for await (const chunk of bytesOf(path, options.onRead)) lines.push(chunk);
  lines.end();
  if (layout === null) throw new UnusableHeader('the file is empty');
  return layout;
}

/** As `readRows`, in the order of submission, whatever order the file is in. */
export async function readRowsSorted(
  path: string,
  options: ReadOptions,
  faults: Faults,
  onRow: (row: Row) => void,
): Promise<void> {
  const sort = new LineSort();
  try {
    const layout = await readRows(path, options, faults, ({ submittedAt, line, bytes, from, to }) =>
      sort.add(submittedAt, line, bytes, from, to),
    );
    const reader = new RowReader(layout, options.longWaitSeconds);
    for (const { bytes, from, to, line } of sort.sorted()) {
      if (reader.read(bytes, from, to, line) === null) onRow(reader.row);
    }
  } finally {
    sort.close();
  }
}

function note(faults: Faults, line: number, fault: string): void {
  faults.count += 1;
  if (faults.first.length < TOLD) faults.first.push({ line, fault });
}
