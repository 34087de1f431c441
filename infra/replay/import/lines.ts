import { closesOnText, isOpenAfter } from './table/quotes.ts';

const LINE_FEED = 10;
const QUOTE = 34;
/** A longer line is not a row; without a limit a file without line breaks would be read into memory whole. */
const LONGEST = 1024 * 1024;
/** A quoted field over more lines is taken for an unclosed quote. */
const MOST_LINES = 100;

/**
 * Called with one record without its last line break; `line`, from 1, is the first of its `lines` lines. The bytes are
 * valid only during the call. False means that it is not a row: a record of several lines is then split again.
 */
export type OnRecord = (bytes: Buffer, from: number, to: number, line: number, lines: number) => boolean;

/**
 * Cuts a stream of bytes into records: a line, or several if a quoted field contains line breaks. An unclosed quote costs
 * its own line, not the rest of the file.
 */
export class Lines {
  private readonly onRecord: OnRecord;
  private readonly onTooLong: (line: number) => void;
  private rest: Buffer[] = [];
  private restLength = 0;
  private skipping = false;
  /** Lines of a record with an open quote. */
  private held: Buffer[] = [];
  private heldLength = 0;
  private line = 0;

  constructor(onRecord: OnRecord, onTooLong: (line: number) => void) {
    this.onRecord = onRecord;
    this.onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    let from = 0;
    let quote = chunk.indexOf(QUOTE);
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      if (quote >= 0 && quote < from) quote = chunk.indexOf(QUOTE, from);
      if (this.restLength > 0 || this.skipping) this.finishLine(chunk, from, end);
      else this.take(chunk, from, end, quote >= 0 && quote < end);
      from = end + 1;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  /** The last line, if the file does not end with a line break. */
  end(): void {
    if (this.restLength > 0 || this.skipping) this.finishLine(Buffer.alloc(0), 0, 0);
    while (this.held.length > 0) this.giveUp();
  }

  private take(bytes: Buffer, from: number, to: number, hasQuote: boolean): void {
    const goesOn = this.held.length > 0;
    const open = hasQuote ? isOpenAfter(bytes, from, to, goesOn) : goesOn;
    if (!goesOn) this.line += 1;
    if (!goesOn && !open) {
      this.onRecord(bytes, from, to, this.line, 1);
      return;
    }
    this.held.push(Buffer.from(bytes.subarray(from, to)));
    this.heldLength += to - from;
    if (!open && goesOn && closesOnText(bytes, from, to)) this.giveUp();
    else if (!open) this.finishRecord();
    else if (this.held.length >= MOST_LINES || this.heldLength > LONGEST) this.giveUp();
  }

  private finishRecord(): void {
    const lines = this.held.length;
    const whole = Buffer.concat(this.held.flatMap((line, i) => (i === 0 ? [line] : [BREAK, line])));
    if (!this.onRecord(whole, 0, whole.length, this.line, lines)) {
      this.giveUp();
      return;
    }
    this.line += lines - 1;
    this.held = [];
    this.heldLength = 0;
  }

  /** The buffered lines are not one record: the first counts as one of its own, and the others are examined again. */
  private giveUp(): void {
    const [first, ...others] = this.held;
    this.held = [];
    this.heldLength = 0;
    if (first !== undefined) this.onRecord(first, 0, first.length, this.line, 1);
    for (const line of others) this.take(line, 0, line.length, true);
  }

  private keep(piece: Buffer): void {
    if (this.skipping) return;
    this.rest.push(piece);
    this.restLength += piece.length;
    if (this.restLength <= LONGEST) return;
    this.skipping = true;
    this.rest = [];
    this.restLength = 0;
  }

  private finishLine(chunk: Buffer, from: number, end: number): void {
    if (this.skipping) {
      this.skipping = false;
      while (this.held.length > 0) this.giveUp();
      this.onTooLong(++this.line);
      return;
    }
    const whole = Buffer.concat([...this.rest, chunk.subarray(from, end)]);
    this.rest = [];
    this.restLength = 0;
    this.take(whole, 0, whole.length, true);
  }
}

const BREAK = Buffer.from('\n');
