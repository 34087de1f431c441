import { labelRow } from './label.ts';
import { decimal } from './numbers.ts';
import { EndOfFile, LEFT_OUT, type Reading, type RecordReader } from './reading.ts';
import { shown } from './refusal.ts';
import { Row } from './row.ts';
import { YEAR_2100 } from './times.ts';

const FIELDS = 18;
const [SPACE, TAB, CARRIAGE_RETURN, SEMICOLON, HASH] = [32, 9, 13, 59, 35];
/** Field positions of the Standard Workload Format 2.2, from 0. */
const [JOB, SUBMIT, WAIT, RUN, ALLOCATED, REQUESTED, STATUS, QUEUE, PARTITION] = [0, 1, 2, 3, 4, 7, 10, 14, 15];
const [CANCELLED, FIRST_PARTIAL, LAST_PARTIAL] = [5, 2, 4];

/** Times from here on are too large to count from the beginning of a log: they count from the epoch. */
const YEAR_2000 = 946_684_800;

/** Whether lines could be of this format: 18 numbers, or any number of them after one of its comments. */
export function isSwf(lines: readonly string[]): boolean {
  const said = lines.filter((line) => line.trim() !== '');
  const data = said.find((line) => !/^\s*[;#]/.test(line));
  const fields = data?.trim().split(/\s+/) ?? [];
  const isNumeric = fields.every((field) => /^[-+]?\d+(\.\d+)?$/.test(field));
  return isNumeric && (fields.length >= FIELDS || /^\s*;\s*\S+.*:/.test(said[0] ?? ''));
}

/** Reads the Standard Workload Format of the Parallel Workloads Archive; -1 means unknown. */
export class SwfReader implements RecordReader {
  readonly row = new Row();
  private readonly longWaitSeconds: number;
  private readonly end = new EndOfFile();
  private readonly from = new Int32Array(FIELDS);
  private readonly to = new Int32Array(FIELDS);
  private readonly queues = new Map<string, string>();
  private readonly partitions = new Map<string, string>();
  /** Where in the file a log begins, and when, in seconds since the epoch: a file may contain several. */
  private readonly logs: { line: number; startsAt: number }[] = [];
  private summary = Number.NaN;

  constructor(longWaitSeconds: number) {
    this.longWaitSeconds = longWaitSeconds;
  }

  lookAhead(): void {
    this.end.allow();
  }

  read(bytes: Buffer, from: number, to: number, line: number): Reading {
    const { row } = this;
    const fields = this.split(bytes, from, to);
    if (fields === 0) return LEFT_OUT.comment;
    const first = bytes[this.from[0] ?? 0];
    if (first === SEMICOLON || first === HASH) {
      this.comment(bytes.toString('utf8', from, to), line);
      return LEFT_OUT.comment;
    }
    if (fields < FIELDS) return `${fields} fields instead of ${FIELDS}`;
    row.bytes = bytes;
    row.from = from;
    row.to = to;
    row.line = line;
    row.id.bytes = bytes;
    row.id.from = this.from[JOB] ?? 0;
    row.id.to = this.to[JOB] ?? 0;
    row.id.quoted = false;
    row.id.line = line;
    return this.values(bytes);
  }

  private values(bytes: Buffer): Reading {
    const { row } = this;
    const status = this.number(bytes, STATUS);
    const job = this.number(bytes, JOB);
    if (status >= FIRST_PARTIAL && status <= LAST_PARTIAL) {
      // A job without a line of its own is represented by its first part.
      if (job === this.summary || status !== FIRST_PARTIAL) return LEFT_OUT.partial;
    }
    this.summary = job;
    const submit = this.number(bytes, SUBMIT);
    if (!(submit >= 0)) return `the submit time "${this.shown(bytes, SUBMIT)}" is not known`;
    const wait = this.number(bytes, WAIT);
    if (!(wait >= 0)) return `the wait "${this.shown(bytes, WAIT)}" is not known`;
    const run = this.number(bytes, RUN);
    row.submittedAt = submit < YEAR_2000 ? submit + this.startOf(row.line) : submit;
    if (row.submittedAt + wait >= YEAR_2100) return `the wait "${this.shown(bytes, WAIT)}" ends after the year 2100`;
    // Cancelled before it ran: it waited and never started.
    const started = status !== CANCELLED || run > 0;
    row.waitSeconds = started ? wait : Number.NaN;
    row.leftAt = started ? Number.NaN : row.submittedAt + wait;
    row.runSeconds = started && run >= 0 ? run : Number.NaN;
    row.procs = this.positive(bytes, REQUESTED);
    if (Number.isNaN(row.procs)) row.procs = this.positive(bytes, ALLOCATED);
    row.queue = this.name(bytes, QUEUE, this.queues) || this.name(bytes, PARTITION, this.partitions);
    this.end.see(row.submittedAt + wait);
    labelRow(row, 'cancelled', this.longWaitSeconds, this.end.at);
    return null;
  }

  /** Whether the header gave the beginning of the log. */
  get hasStart(): boolean {
    return this.logs.length > 0;
  }

  private startOf(line: number): number {
    const { logs } = this;
    let at = logs.length - 1;
    while (at > 0 && (logs[at]?.line ?? 0) > line) at -= 1;
    return logs[at]?.startsAt ?? 0;
  }

  /** `; UnixStartTime: 1296514800`, `; Queue: 2 batch` */
  comment(text: string, line: number): void {
    const [, name, value = ''] = /^\s*[;#]\s*(\w+)\s*:\s*(.*?)\s*$/.exec(text) ?? [];
    if (name === 'UnixStartTime' && /^\d+/.test(value) && !(line <= (this.logs.at(-1)?.line ?? 0)))
      this.logs.push({ line, startsAt: Number.parseInt(value, 10) });
    if (name !== 'Queue' && name !== 'Partition') return;
    const [, number = '', called = ''] = /^(\d+)[\s:]+(\S+)/.exec(value) ?? [];
    if (called !== '') (name === 'Queue' ? this.queues : this.partitions).set(number, called);
  }

  /** -1 means unknown. */
  private name(bytes: Buffer, field: number, names: ReadonlyMap<string, string>): string {
    const text = bytes.toString('latin1', this.from[field] ?? 0, this.to[field] ?? 0);
    return text === '-1' ? '' : (names.get(text) ?? text);
  }

  private positive(bytes: Buffer, field: number): number {
    const value = this.number(bytes, field);
    return value > 0 ? value : Number.NaN;
  }

  private number(bytes: Buffer, field: number): number {
    return decimal(bytes, this.from[field] ?? 0, this.to[field] ?? 0);
  }

  private shown(bytes: Buffer, field: number): string {
    return shown(bytes.toString('utf8', this.from[field] ?? 0, this.to[field] ?? 0));
  }

  private split(bytes: Buffer, from: number, to: number): number {
    let fields = 0;
    let at = from;
    while (fields < FIELDS) {
      while (at < to && isBlank(bytes[at])) at += 1;
      if (at >= to) return fields;
      this.from[fields] = at;
      while (at < to && !isBlank(bytes[at])) at += 1;
      this.to[fields++] = at;
    }
    return fields;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN;
}
