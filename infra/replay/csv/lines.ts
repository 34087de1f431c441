const LINE_FEED = 10;
/** A longer line is no row; without a limit a file without line breaks would be read into memory whole. */
const LONGEST = 1024 * 1024;

/** Called with one line without its break; `line` counts from 1. The bytes are only good during the call. */
export type OnLine = (bytes: Buffer, from: number, to: number, line: number) => void;

/** Cuts a stream of bytes into lines. A row is a line: quotes may hold delimiters, not line breaks. */
export class Lines {
  private readonly onLine: OnLine;
  private readonly onTooLong: (line: number) => void;
  private rest: Buffer[] = [];
  private restLength = 0;
  private skipping = false;
  private line = 0;

  constructor(onLine: OnLine, onTooLong: (line: number) => void) {
    this.onLine = onLine;
    this.onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      if (this.restLength > 0 || this.skipping) this.finishLine(chunk, from, end);
      else this.onLine(chunk, from, end, ++this.line);
      from = end + 1;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  /** The last line, where the file does not end with a break. */
  end(): void {
    if (this.restLength > 0 || this.skipping) this.finishLine(Buffer.alloc(0), 0, 0);
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
    this.line += 1;
    if (this.skipping) {
      this.skipping = false;
      this.onTooLong(this.line);
      return;
    }
    const whole = Buffer.concat([...this.rest, chunk.subarray(from, end)]);
    this.rest = [];
    this.restLength = 0;
    this.onLine(whole, 0, whole.length, this.line);
  }
}
