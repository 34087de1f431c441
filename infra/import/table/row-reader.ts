import { decimal, type Field, seconds, textOf, trim, yesOrNo } from '../numbers.ts';
import { Row } from '../row.ts';
import type { Layout } from './columns.ts';
import { opens } from './quotes.ts';

const MOST_FIELDS = 1024;
const QUOTE = 34;

/** Reads records of one file into a row. */
export class RowReader {
  readonly row = new Row();
  private readonly layout: Layout;
  private readonly longWaitSeconds: number;
  private readonly ends = new Int32Array(MOST_FIELDS);
  private readonly field: Field = { from: 0, to: 0, quoted: false };
  private from = 0;

  /** @param longWaitSeconds T, where the file has waits but no labels */
  constructor(layout: Layout, longWaitSeconds: number) {
    this.layout = layout;
    this.longWaitSeconds = longWaitSeconds;
  }

  /** Fills the row from one record without its last line break. Returns what is wrong with it, or null. */
  read(bytes: Buffer, from: number, to: number, line: number): string | null {
    const { layout, row } = this;
    this.from = from;
    const fields = this.split(bytes, from, to);
    if (fields < 0) return 'a quote is not closed';
    if (fields !== layout.width) return `${fields} fields instead of ${layout.width}`;
    row.bytes = bytes;
    row.from = from;
    row.to = to;
    row.line = line;

    this.locate(bytes, layout.submitted_at);
    row.submittedAt = seconds(bytes, this.field.from, this.field.to);
    if (Number.isNaN(row.submittedAt)) return this.fault(bytes, 'submitted_at', 'a time in seconds or ISO 8601');
    this.locate(bytes, layout.p_long_wait);
    row.p = decimal(bytes, this.field.from, this.field.to);
    if (this.field.to > this.field.from && !(row.p >= 0 && row.p <= 1))
      return this.fault(bytes, 'p_long_wait', 'a probability');
    row.predictedWaitSeconds = this.optional(bytes, layout.predicted_wait_s);
    if (row.predictedWaitSeconds < 0) return this.fault(bytes, 'predicted_wait_s', 'a time span in seconds');
    row.waitSeconds = this.optional(bytes, layout.actual_wait_s);
    if (row.waitSeconds < 0) return this.fault(bytes, 'actual_wait_s', 'a time span in seconds');

    row.gpus = this.count(bytes, layout.gpus);
    row.procs = this.count(bytes, layout.procs);
    row.runSeconds = this.count(bytes, layout.run_s);
    row.queue = this.text(bytes, layout.queue, row.queue);
    row.clusterId = this.text(bytes, layout.cluster_id, row.clusterId);
    row.platform = this.text(bytes, layout.platform, row.platform);
    this.locate(bytes, layout.job_id);
    row.id.bytes = bytes;
    row.id.from = this.field.from;
    row.id.to = this.field.to;
    row.id.quoted = this.field.quoted;
    row.id.line = line;
    return this.label(bytes);
  }

  /** The label as the file has it, else what follows from the wait and T. */
  private label(bytes: Buffer): string | null {
    const { layout, row } = this;
    const waits = !Number.isNaN(row.waitSeconds);
    if (this.locate(bytes, layout.long_wait)) {
      const said = yesOrNo(bytes, this.field.from, this.field.to);
      if (said === null) return this.fault(bytes, 'long_wait', '0 or 1');
      row.longWait = said;
    } else if (waits) row.longWait = row.waitSeconds > this.longWaitSeconds;
    else return 'neither long_wait nor actual_wait_s is given';
    if (this.locate(bytes, layout.label_at)) {
      row.labelAt = seconds(bytes, this.field.from, this.field.to);
      if (Number.isNaN(row.labelAt)) return this.fault(bytes, 'label_at', 'a time in seconds or ISO 8601');
      if (row.labelAt < row.submittedAt) return 'label_at is before submitted_at';
    } else if (waits) row.labelAt = row.submittedAt + Math.min(row.waitSeconds, this.longWaitSeconds);
    else return 'neither label_at nor actual_wait_s is given';
    return null;
  }

  /** Ends of the fields into `ends`; how many there are, or -1 when a quote is not closed. */
  private split(bytes: Buffer, from: number, to: number): number {
    const { delimiter } = this.layout;
    const { ends } = this;
    let fields = 0;
    let quoted = false;
    let start = from;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        if (quoted && bytes[at + 1] === QUOTE && at + 1 < to) at += 1;
        else quoted = !quoted && opens(bytes, start, at);
      } else if (byte === delimiter && !quoted && fields < MOST_FIELDS - 1) {
        ends[fields++] = at;
        start = at + 1;
      }
    }
    ends[fields++] = to;
    return quoted ? -1 : fields;
  }

  /** Puts `field` on a column; false where the file has none, or nothing in it. */
  private locate(bytes: Buffer, column: number): boolean {
    const { field } = this;
    if (column < 0) {
      field.from = 0;
      field.to = 0;
      return false;
    }
    field.from = column === 0 ? this.from : (this.ends[column - 1] ?? 0) + 1;
    field.to = this.ends[column] ?? 0;
    trim(bytes, field);
    return field.to > field.from;
  }

  /** A span of time, NaN where there is none, -1 where something else stands. */
  private optional(bytes: Buffer, column: number): number {
    if (!this.locate(bytes, column)) return Number.NaN;
    const value = decimal(bytes, this.field.from, this.field.to);
    return value >= 0 && value < Number.POSITIVE_INFINITY ? value : -1;
  }

  /** What archives write as -1, or leave empty, is not known. */
  private count(bytes: Buffer, column: number): number {
    const value = this.optional(bytes, column);
    return value < 0 ? Number.NaN : value;
  }

  /** The text of a column; the same string as before where it has not changed, which is nearly always. */
  private text(bytes: Buffer, column: number, before: string): string {
    if (!this.locate(bytes, column)) return '';
    const { from, to } = this.field;
    if (to - from === before.length) {
      let at = 0;
      while (at < before.length && bytes[from + at] === before.charCodeAt(at)) at += 1;
      if (at === before.length) return before;
    }
    return textOf(bytes, this.field);
  }

  private fault(bytes: Buffer, column: string, wanted: string): string {
    const { from, to } = this.field;
    const found = bytes.toString('utf8', from, Math.min(to, from + 40)).replace(/[\p{Cc}\p{Cf}]/gu, '?');
    return found === '' ? `${column} is empty` : `${column} "${found}" is not ${wanted}`;
  }
}
