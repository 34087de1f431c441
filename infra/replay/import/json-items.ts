import type { OnRecord } from './lines.ts';

const [QUOTE, BACKSLASH, LINE_FEED] = [34, 92, 10];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [123, 125, 91, 93];
/** A longer object is not a job; without a limit an endless object would be read into memory whole. */
const LONGEST = 8 * 1024 * 1024;
/** The keys of the job lists that `kubectl get -o json`, `aws batch describe-jobs` and `aws batch list-jobs` print. */
const LISTS: ReadonlySet<string> = new Set(['items', 'jobs', 'jobSummaryList']);
const LONGEST_NAME = 16;

/**
 * Cuts a stream of JSON into the objects that are jobs, whatever contains them: a list under one of the keys above, a bare
 * array, one object after another, and any number of those, as when pages are put into one file. Only object boundaries are
 * found here, so that a file of any size needs the memory of one job.
 */
export class JsonItems {
  private readonly onRecord: OnRecord;
  private readonly onTooLong: (line: number) => void;
  /** For each open object and array, whether an object directly in it is a job. */
  private readonly open: boolean[] = [];
  private inString = false;
  private escaped = false;
  private line = 1;
  /** How many are open outside the job being read; -1 if none is being read. */
  private outside = -1;
  private start = 0;
  private startLine = 0;
  private readonly held: Buffer[] = [];
  private heldLength = 0;
  private isTooLong = false;
  /** The last string directly in the job: a key, if a value follows. */
  private name = '';
  private isOneLine = true;
  /** The first line of the job has just ended, but the job has not. */
  private mayBreak = false;
  private before = LINE_FEED;

  constructor(onRecord: OnRecord, onTooLong: (line: number) => void) {
    this.onRecord = onRecord;
    this.onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    this.start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      // No JSON string spans lines: its closing quote is missing.
      if (byte === LINE_FEED) this.inString = false;
      if (this.inString) this.text(byte);
      else this.structure(chunk, at, byte);
      this.before = byte;
    }
    if (this.outside >= 0) this.keep(chunk.subarray(this.start));
  }

  /** The object cut off by the end of the file. */
  end(): void {
    if (this.outside >= 0) this.finish(Buffer.alloc(0), 0);
  }

  private text(byte: number): void {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) {
      this.inString = false;
      return;
    }
    if (this.isDirect && this.name.length < LONGEST_NAME) this.name += String.fromCharCode(byte);
  }

  /** Whether the reader is directly in a job, where its keys are. */
  private get isDirect(): boolean {
    return this.outside >= 0 && this.open.length === this.outside + 1;
  }

  private structure(chunk: Buffer, at: number, byte: number): void {
    switch (byte) {
      case QUOTE:
        this.inString = true;
        if (this.isDirect) this.name = '';
        break;
      case LINE_FEED:
        this.line += 1;
        this.mayBreak = this.outside === 0 && this.isOneLine;
        this.isOneLine = false;
        break;
      case OPEN_OBJECT:
        if (this.mayBreak && this.outside === 0 && this.before === LINE_FEED) this.breakOff(chunk, at);
        if (this.outside < 0 && (this.open.at(-1) ?? true)) this.begin(at);
        this.open.push(false);
        break;
      case OPEN_ARRAY: {
        const isList = this.isDirect && LISTS.has(this.name);
        if (isList) this.abandon();
        this.open.push(isList || (this.outside < 0 && (this.open.at(-1) ?? true)));
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.open.pop();
        if (this.open.length === this.outside) this.finish(chunk, at + 1);
        break;
    }
  }

  private begin(at: number): void {
    this.outside = this.open.length;
    this.start = at;
    this.startLine = this.line;
    this.isOneLine = this.before === LINE_FEED;
    this.name = '';
  }

  /** The object being read is not a job, but contains jobs. */
  private abandon(): void {
    this.outside = -1;
    this.forget();
  }

  /** One object per line, but this one does not end with its line. */
  private breakOff(chunk: Buffer, at: number): void {
    this.finish(chunk, at);
    this.open.length = 0;
  }

  private finish(chunk: Buffer, to: number): void {
    const { startLine, isTooLong } = this;
    const last = chunk.subarray(this.start, to);
    const whole = this.held.length === 0 ? last : Buffer.concat([...this.held, last]);
    this.outside = -1;
    this.forget();
    if (isTooLong) this.onTooLong(startLine);
    else this.onRecord(whole, 0, whole.length, startLine, 1);
  }

  private keep(piece: Buffer): void {
    if (this.isTooLong) return;
    this.held.push(Buffer.from(piece));
    this.heldLength += piece.length;
    if (this.heldLength <= LONGEST) return;
    this.forget();
    this.isTooLong = true;
  }

  private forget(): void {
    this.held.length = 0;
    this.heldLength = 0;
    this.isTooLong = false;
  }
}
