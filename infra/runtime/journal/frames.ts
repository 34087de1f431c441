import { crc32 } from 'node:zlib';

/**
 * `@`, the number of the frame, the bytes of its body, the checksum of the body, and the checksum of all of that. Always as
 * long as this, so that a header cut short can be told from one that is damaged.
 */
const HEADER = /^@(\d{12}) (\d{10}) ([0-9a-f]{8}) ([0-9a-f]{8})\n$/;
const HEADER_BYTES = 43;

export interface Frame {
  /** Counted from 1 through the whole life of the log. */
  readonly number: number;
  /** Checksum of its body. */
  readonly sum: string;
  readonly lines: readonly string[];
  /** Offset of the byte after it. */
  readonly end: number;
}

/** What stands at an offset of a log instead of a frame. */
export type NoFrame =
  /** Nothing: the log ends here. */
  | 'end'
  /** The beginning of a frame: a crash came in the middle of a write. */
  | 'torn'
  /** A frame that is not as it was written. */
  | 'damaged';

export const checksum = (bytes: Buffer | string): string => crc32(bytes).toString(16).padStart(8, '0');

/**
 * Everything written in one turn of the event loop. A frame is complete or ignored, so that related changes (an event taken
 * off the bus, the execution it started) are never separated.
 */
export function encodeFrame(number: number, lines: readonly string[]): { bytes: Buffer; sum: string } {
  const body = Buffer.from(`${lines.join('\n')}\n`);
  const sum = checksum(body);
  const header = `@${String(number).padStart(12, '0')} ${String(body.length).padStart(10, '0')} ${sum}`;
  return { bytes: Buffer.concat([Buffer.from(`${header} ${checksum(header)}\n`), body]), sum };
}

/** The frame that begins at this offset. */
export function readFrame(log: Buffer, at: number): Frame | NoFrame {
  if (at >= log.length) return 'end';
  const rest = log.subarray(at);
  // A file system may have made room for what it had no time to write.
  if (rest.every((byte) => byte === 0)) return 'torn';
  if (rest.length < HEADER_BYTES) return 'torn';
  const header = rest.toString('latin1', 0, HEADER_BYTES);
  const [, number, length, sum = '', own] = HEADER.exec(header) ?? [];
  if (number === undefined || checksum(header.slice(0, HEADER_BYTES - 10)) !== own) return 'damaged';
  const end = HEADER_BYTES + Number(length);
  if (end > rest.length) return 'torn';
  const body = rest.subarray(HEADER_BYTES, end);
  if (checksum(body) !== sum) return 'damaged';
  return { number: Number(number), sum, lines: body.toString().slice(0, -1).split('\n'), end: at + end };
}
