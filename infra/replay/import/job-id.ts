import { type Field, textOf } from './numbers.ts';

const USUAL = 32;
const ZERO = 48;
const NINE = 57;
const UNDERSCORE = 95;
const PLUS = 43;
const COLON = 58;
/** A uuid, a colon and an index. */
const BATCH_TASK = 38;

/** The id of a job as bytes of its file: decoded only on demand, which most jobs never need. */
export class JobId implements Field {
  bytes: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  quoted = false;
  /** Names a job without an id in the file. */
  line = 0;

  /** Whether the file names the job. */
  get isGiven(): boolean {
    return this.to > this.from;
  }

  text(): string {
    return this.isGiven ? textOf(this.bytes, this) : `line-${this.line}`;
  }

  /** Copies another id, to outlive its line. */
  copy({ bytes, from, to, quoted, line }: JobId): void {
    const length = to - from;
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafe(Math.max(USUAL, 2 * length));
    for (let i = 0; i < length; i++) this.bytes[i] = bytes[from + i] ?? 0;
    this.from = 0;
    this.to = length;
    this.quoted = quoted;
    this.line = line;
  }

  /** Becomes another id. */
  rename(text: string): void {
    this.bytes = Buffer.from(text);
    this.from = 0;
    this.to = this.bytes.length;
    this.quoted = false;
  }

  /** False if it cannot name a part of an array or a heterogeneous job, so that decoding it is pointless. */
  get mayBeTask(): boolean {
    const { bytes, from, to } = this;
    const first = bytes[from] ?? 0;
    if (first >= ZERO && first <= NINE) {
      for (let at = from + 1; at < to; at++) if (bytes[at] === UNDERSCORE || bytes[at] === PLUS) return true;
    }
    return to - from >= BATCH_TASK && bytes.indexOf(COLON, from) < to && bytes.indexOf(COLON, from) > 0;
  }
}
