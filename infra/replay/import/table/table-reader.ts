import { EndOfFile, LEFT_OUT, type Reading, type RecordReader } from '../reading.ts';
import { UnusableFile } from '../refusal.ts';
import type { Row } from '../row.ts';
import type { Times } from '../times.ts';
import { familiar, type Layout, layoutOf, type Mapping } from './columns.ts';
import { RowReader } from './row-reader.ts';

/** Known names that a line needs to be another header. */
const CERTAIN = 3;
const LONGEST_HEADER = 64 * 1024;

/** The settings for reading the rows of a table. */
export interface TableOptions {
  readonly mapping: Mapping;
  /** T, if the file has waits but no labels. */
  readonly longWaitSeconds: number;
  readonly times: Times;
  /** No job of the file was submitted earlier. */
  readonly since: number;
}

/** Rows below one header. */
interface Section {
  readonly line: number;
  /** Null if the header is insufficient. */
  readonly reader: RowReader | null;
}

/** Reads a table, or several in one file: each header applies to the rows below it. */
export class TableReader implements RecordReader {
  private readonly options: TableOptions;
  private readonly end = new EndOfFile();
  private readonly sections: Section[] = [];
  private readonly first: Layout;
  private current: RowReader;
  private from = 0;
  private until = Number.POSITIVE_INFINITY;

  constructor(layout: Layout, options: TableOptions) {
    this.options = options;
    this.first = layout;
    this.current = this.readerOf(layout);
    this.sections.push({ line: 0, reader: this.current });
  }

  get row(): Row {
    return this.current.row;
  }

  lookAhead(): void {
    this.end.allow();
  }

  read(bytes: Buffer, from: number, to: number, line: number): Reading {
    if (line < this.from || line >= this.until) {
      const refused = this.turnTo(line);
      if (refused !== null) {
        return this.isHeader(bytes, from, to) ? this.begin(bytes.toString('utf8', from, to), line) : refused;
      }
    }
    const reading = this.current.read(bytes, from, to, line);
    if (typeof reading !== 'string' || !this.isHeader(bytes, from, to)) return reading;
    return this.begin(bytes.toString('utf8', from, to), line);
  }

  private readerOf(layout: Layout): RowReader {
    const { longWaitSeconds, times, since } = this.options;
    return new RowReader(layout, longWaitSeconds, times, { end: this.end, since });
  }

  /** @returns the fault of all rows in the section */
  private turnTo(line: number): string | null {
    const { sections } = this;
    let at = sections.length - 1;
    while (at > 0 && (sections[at]?.line ?? 0) > line) at -= 1;
    const section = sections[at];
    if (section === undefined) return null;
    if (section.reader === null) return 'the header above it names no time of submission, or no wait';
    this.current = section.reader;
    this.from = section.line;
    this.until = sections[at + 1]?.line ?? Number.POSITIVE_INFINITY;
    return null;
  }

  private isHeader(bytes: Buffer, from: number, to: number): boolean {
    if (to - from > LONGEST_HEADER) return false;
    const names = bytes.toString('utf8', from, to).split(/[^\p{L}\p{N}_ ().-]+/u);
    return !names.some((name) => /^\s*\d/.test(name)) && familiar(names, this.options.mapping) >= CERTAIN;
  }

  private begin(header: string, line: number): Reading {
    const reader = this.below(header);
    this.sections.push({ line, reader });
    // The next line has to find its own section.
    this.until = line;
    return reader === null ? 'it names columns, but no time of submission or no wait' : LEFT_OUT.otherHeader;
  }

  private below(header: string): RowReader | null {
    // What was learned from the first rows holds for the others.
    const mapping = new Map(this.options.mapping);
    for (const column of ['p_long_wait', 'actual_wait_s', 'queue'] as const) {
      const name = this.first.names[this.first[column]];
      if (name !== undefined && !mapping.has(column)) mapping.set(column, name);
    }
    try {
      return this.readerOf(layoutOf(header, mapping));
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      return null;
    }
  }
}
