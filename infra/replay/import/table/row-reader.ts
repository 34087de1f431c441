import { labelRow } from '../label.ts';
import { decimal, type Field, textOf, trim, yesOrNo } from '../numbers.ts';
import { EndOfFile, LEFT_OUT, type Reading, type RecordReader } from '../reading.ts';
import { shown } from '../refusal.ts';
import { Row } from '../row.ts';
import { spanOf } from '../spans.ts';
import { isUnknown, type Times, YEAR_2100 } from '../times.ts';
import { resourcesIn } from '../tres.ts';
import type { Column, Layout } from './columns.ts';
import { opens } from './quotes.ts';
import { departureOf, hasEnded, isRunning, isStep, stateOf, stillWaits, wasCancelled } from './slurm-states.ts';

const MOST_FIELDS = 1024;
const QUOTE = 34;
/** An earlier start means none, if the job was submitted later. */
const YEAR_2000 = 946_684_800;
/** Clocks of a cluster may differ by this much, and times are rounded: nothing happens to a job before it is submitted. */
const SKEW = 2;

/** Reads records of one table into a row. */
export class RowReader implements RecordReader {
  readonly row = new Row();
  private readonly layout: Layout;
  private readonly times: Times;
  private readonly longWaitSeconds: number;
  private readonly end: EndOfFile;
  private readonly since: number;
  private readonly ends: Int32Array;
  private readonly field: Field = { from: 0, to: 0, quoted: false };
  /** The file has labels, or nothing but waits to derive them from. */
  private readonly isLabelled: boolean;
  private from = 0;
  private state = '';
  private nodes = '';

  /**
   * @param longWaitSeconds T, if the file has waits but no labels
   * @param since no job of this file was submitted earlier
   */
  constructor(
    layout: Layout,
    longWaitSeconds: number,
    times: Times,
    { end = new EndOfFile(), since = Number.NEGATIVE_INFINITY } = {},
  ) {
    this.layout = layout;
    this.times = times;
    this.longWaitSeconds = longWaitSeconds;
    this.end = end;
    this.since = since;
    this.ends = new Int32Array(Math.max(MOST_FIELDS, layout.width + 2));
    const tellsMore = layout.started_at >= 0 || layout.state >= 0 || layout.censored >= 0;
    this.isLabelled = !tellsMore || layout.long_wait >= 0 || layout.label_at >= 0;
  }

  lookAhead(): void {
    this.end.allow();
  }

  read(bytes: Buffer, from: number, to: number, line: number): Reading {
    const { layout, row } = this;
    this.from = from;
    const fields = this.split(bytes, from, to);
    if (fields < 0) return 'a quote is not closed';
    if (fields !== layout.width && !this.differsByEmptyEnd(fields) && !this.joinsFreeText(fields)) {
      if (bytes.toString('utf8', from, to).trim() === layout.header.trim()) return LEFT_OUT.header;
      return `${fields} fields instead of ${layout.width}`;
    }
    row.bytes = bytes;
    row.from = from;
    row.to = to;
    row.line = line;
    this.locate(bytes, layout.job_id);
    row.id.bytes = bytes;
    row.id.from = this.field.from;
    row.id.to = this.field.to;
    row.id.quoted = this.field.quoted;
    row.id.line = line;
    if (layout.isSlurm && isStep(row.id)) return LEFT_OUT.step;

    const fault = this.values(bytes);
    if (fault !== null) {
      return layout.header !== '' && bytes.toString('utf8', from, to).trim() === layout.header.trim()
        ? LEFT_OUT.header
        : fault;
    }
    const told = this.isLabelled ? this.label(bytes) : this.outcome(bytes);
    if (told === null) this.end.see(row.submittedAt + (row.started ? row.waitSeconds : 0));
    return told;
  }

  private values(bytes: Buffer): string | null {
    const { layout, row } = this;
    this.locate(bytes, layout.submitted_at);
    const { from, to } = this.field;
    row.submittedAt = this.times.read(bytes, from, to, undefined, layout.units.submitted_at);
    if (Number.isNaN(row.submittedAt)) return this.fault(bytes, 'submitted_at', this.times.fault);
    if (row.submittedAt < this.since) {
      return this.fault(bytes, 'submitted_at', 'is before the year 2000, and other times of the file are not');
    }
    row.p = Number.NaN;
    if (this.locate(bytes, layout.p_long_wait)) {
      row.p = decimal(bytes, this.field.from, this.field.to);
      if (!(row.p >= 0 && row.p <= 1) && !(Number.isNaN(row.p) && this.isBlank(bytes))) {
        return this.fault(bytes, 'p_long_wait', 'is not a probability');
      }
    }
    row.predictedWaitSeconds = this.span(bytes, layout.predicted_wait_s, layout.units.predicted_wait_s);
    if (row.predictedWaitSeconds < 0) return this.fault(bytes, 'predicted_wait_s', 'is not a time span in seconds');
    row.waitSeconds = this.span(bytes, layout.actual_wait_s, layout.units.actual_wait_s);
    if (row.waitSeconds < 0) return this.fault(bytes, 'actual_wait_s', 'is not a time span in seconds');
    if (row.submittedAt + row.waitSeconds >= YEAR_2100)
      return this.fault(bytes, 'actual_wait_s', 'ends after the year 2100');
    row.leftAt = Number.NaN;
    row.censored = false;
    row.gpus = known(this.span(bytes, layout.gpus, 1));
    row.procs = known(this.span(bytes, layout.procs, 1));
    row.runSeconds = known(this.span(bytes, layout.run_s, layout.units.run_s));
    if (layout.resources.length > 0) this.resources(bytes);
    row.queue = this.text(bytes, layout.queue, row.queue);
    row.clusterId = this.text(bytes, layout.cluster_id, row.clusterId);
    row.platform = layout.platform < 0 ? layout.writtenBy : this.text(bytes, layout.platform, row.platform);
    return null;
  }

  /** The label of the file, otherwise the one that follows from the wait and T. */
  private label(bytes: Buffer): string | null {
    const { layout, row } = this;
    const hasLabel = this.locate(bytes, layout.long_wait);
    if (!hasLabel && !row.started && !this.locate(bytes, layout.label_at)) {
      labelRow(row, 'waiting', this.longWaitSeconds, this.end.need());
      return null;
    }
    if (hasLabel) {
      this.locate(bytes, layout.long_wait);
      const said = this.yesOrNo(bytes);
      if (said === null) return this.fault(bytes, 'long_wait', 'is not 0 or 1');
      row.longWait = said;
    } else if (row.started) row.longWait = row.waitSeconds > this.longWaitSeconds;
    else return 'neither long_wait nor actual_wait_s is given';
    if (this.locate(bytes, layout.label_at)) {
      row.labelAt = this.times.read(bytes, this.field.from, this.field.to, row.submittedAt, layout.units.label_at);
      if (Number.isNaN(row.labelAt)) return this.fault(bytes, 'label_at', this.times.fault);
      if (row.labelAt < row.submittedAt) return 'label_at is before submitted_at';
    } else if (row.started) row.labelAt = row.submittedAt + Math.min(row.waitSeconds, this.longWaitSeconds);
    else return 'neither label_at nor actual_wait_s is given';
    return null;
  }

  /** The label from the file's start, end and state. */
  private outcome(bytes: Buffer): Reading {
    const { layout, row } = this;
    this.state = this.text(bytes, layout.state, this.state);
    const state = stateOf(this.state);
    if (state === 'revoked') return LEFT_OUT.revoked;
    const start = this.time(bytes, 'started_at', row.submittedAt);
    if (this.isFaulty) return this.fault(bytes, 'started_at', this.times.fault);
    const isBefore = start < YEAR_2000 && row.submittedAt >= YEAR_2000;
    const end = this.time(bytes, 'ended_at', isBefore || Number.isNaN(start) ? row.submittedAt : start);
    if (!Number.isNaN(start) && !isBefore) {
      if (start < row.submittedAt - SKEW) return `it starts ${row.submittedAt - start} s before it was submitted`;
      row.waitSeconds = Math.max(0, start - row.submittedAt);
    } else if (layout.started_at >= 0 && (stillWaits(state) || wasCancelled(state))) row.waitSeconds = Number.NaN;
    if (stillWaits(state) || this.neverStarted(bytes, state, start, end)) row.waitSeconds = Number.NaN;

    let departure = departureOf(state, !Number.isNaN(end));
    const censored = this.locate(bytes, layout.censored) && !this.isBlank(bytes) ? this.yesOrNo(bytes) : false;
    if (censored === null) return this.fault(bytes, 'censored', 'is not 0 or 1');
    // A cancelled job without a start that is not known to have run waited and never started.
    const leftUnseen = layout.started_at < 0 && row.started && wasCancelled(state) && !(row.runSeconds > 0);
    if (censored || leftUnseen) {
      row.leftAt = row.submittedAt + row.waitSeconds;
      row.waitSeconds = Number.NaN;
      departure = 'cancelled';
    } else if (!row.started && departure !== 'waiting') row.leftAt = Math.max(end, row.submittedAt);
    if (!row.started && departure !== 'waiting' && Number.isNaN(row.leftAt)) {
      return 'it never started, and when it left the queue is not given';
    }
    if (hasEnded(state)) this.end.see(end);
    if (!row.started || isRunning(state)) row.runSeconds = Number.NaN;
    else if (end >= row.submittedAt + row.waitSeconds) row.runSeconds = end - row.submittedAt - row.waitSeconds;
    labelRow(
      row,
      departure,
      this.longWaitSeconds,
      row.started || departure !== 'waiting' ? this.end.at : this.end.need(),
    );
    return null;
  }

  /** Before Slurm 21, and in data derived from it, a job cancelled while waiting has its end as its start. */
  private neverStarted(bytes: Buffer, state: string, start: number, end: number): boolean {
    const { layout } = this;
    if (!wasCancelled(state) || start !== end) return false;
    this.nodes = this.text(bytes, layout.nodes, this.nodes);
    return this.nodes === '' || /^\(?(none|null)/i.test(this.nodes);
  }

  /** Requested resources, from the first list that has them. */
  private resources(bytes: Buffer): void {
    const { row, layout } = this;
    for (const column of layout.resources) {
      if (!this.locate(bytes, column)) continue;
      const { gpus, procs } = resourcesIn(textOf(bytes, this.field));
      if (Number.isNaN(row.gpus)) row.gpus = gpus;
      if (Number.isNaN(row.procs)) row.procs = procs;
    }
  }

  private isFaulty = false;

  /** NaN if the file does not have it; sets `isFaulty` if it is something else. */
  private time(bytes: Buffer, column: 'started_at' | 'ended_at', notBefore: number): number {
    const { layout } = this;
    this.isFaulty = false;
    if (!this.locate(bytes, layout[column])) return Number.NaN;
    const { from, to } = this.field;
    const at = this.times.read(bytes, from, to, notBefore, layout.units[column]);
    if (Number.isNaN(at)) this.isFaulty = !this.isBlank(bytes);
    return at < 0 ? Number.NaN : at;
  }

  /** Stores the ends of the fields in `ends`; returns their number, or -1 if a quote is not closed. */
  private split(bytes: Buffer, from: number, to: number): number {
    const { delimiter, isSlurm } = this.layout;
    const first = delimiter[0];
    const { ends } = this;
    let fields = 0;
    let quoted = false;
    let start = from;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte === QUOTE && !isSlurm) {
        if (quoted && bytes[at + 1] === QUOTE && at + 1 < to) at += 1;
        else quoted = !quoted && opens(bytes, start, at);
      } else if (byte === first && !quoted && fields < ends.length - 1 && isAt(bytes, at, to, delimiter)) {
        ends[fields++] = at;
        at += delimiter.length - 1;
        start = at + 1;
      }
    }
    ends[fields++] = to;
    return quoted ? -1 : fields;
  }

  /** `sacct -p` ends its lines with a delimiter, whether or not the header does. */
  private differsByEmptyEnd(fields: number): boolean {
    const { ends, layout } = this;
    const { length } = layout.delimiter;
    if (fields === layout.width + 1 && layout.names.at(-1) !== '')
      return (ends[fields - 1] ?? 0) - (ends[fields - 2] ?? 0) <= length;
    return fields === layout.width - 1 && layout.names.at(-1) === '';
  }

  /** sacct quotes nothing: extra delimiters belong to the name of the job. */
  private joinsFreeText(fields: number): boolean {
    const { ends, layout } = this;
    const more = fields - layout.width;
    if (layout.freeText < 0 || more < 0) return false;
    for (let i = layout.freeText; i < layout.width; i++) ends[i] = ends[i + more] ?? 0;
    return true;
  }

  /** Points `field` at a column; false if the file does not have it, or it is empty. */
  private locate(bytes: Buffer, column: number): boolean {
    const { field } = this;
    if (column < 0) {
      field.from = 0;
      field.to = 0;
      return false;
    }
    field.from = column === 0 ? this.from : (this.ends[column - 1] ?? 0) + this.layout.delimiter.length;
    field.to = this.ends[column] ?? 0;
    trim(bytes, field);
    return field.to > field.from;
  }

  /** A duration or another non-negative number; NaN if absent, -1 for anything else. */
  private span(bytes: Buffer, column: number, unit: number): number {
    if (!this.locate(bytes, column)) return Number.NaN;
    const { from, to } = this.field;
    const value = decimal(bytes, from, to);
    if (value >= 0 && value < Number.POSITIVE_INFINITY) return value * unit;
    if (!Number.isNaN(value)) return -1;
    const text = bytes.toString('utf8', from, to);
    const span = spanOf(text, unit);
    if (!Number.isNaN(span) && span < Number.POSITIVE_INFINITY) return span;
    return isUnknown(text) ? Number.NaN : -1;
  }

  private yesOrNo(bytes: Buffer): boolean | null {
    return yesOrNo(bytes, this.field.from, this.field.to);
  }

  /** Whether the field only says that the value is unknown. */
  private isBlank(bytes: Buffer): boolean {
    return isUnknown(bytes.toString('latin1', this.field.from, this.field.to));
  }

  /** The text of a column; reuses the previous string if it is unchanged, which it nearly always is. */
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

  private fault(bytes: Buffer, column: Column, what: string): string {
    this.locate(bytes, this.layout[column]);
    const name = shown(this.layout.names[this.layout[column]] ?? column);
    const found = shown(bytes.toString('utf8', this.field.from, Math.min(this.field.to, this.field.from + 40)));
    return found === '' ? `${name} is empty` : `${name} "${found}" ${what}`;
  }
}

function isAt(bytes: Buffer, at: number, to: number, delimiter: Buffer): boolean {
  for (let i = 1; i < delimiter.length; i++) if (at + i >= to || bytes[at + i] !== delimiter[i]) return false;
  return true;
}

function known(value: number): number {
  return value < 0 ? Number.NaN : value;
}
