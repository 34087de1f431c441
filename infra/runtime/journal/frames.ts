import { crc32 } from 'node:zlib';

const HEADER = /^@(\d{1,10}) ([0-9a-f]{8})\n/;
/** `@`, ten digits, a space, eight digits of checksum, a newline. */
const LONGEST_HEADER = 21;

/**
 * Everything written in one turn of the event loop: `@<bytes> <crc32>`, then its lines. A frame is complete or
 * ignored, so that related changes (an event taken off the bus, the execution it started) are never separated.
 */
export function encodeFrame(lines: readonly string[]): Buffer {
  const body = Buffer.from(`${lines.join('\n')}\n`);
  return Buffer.concat([Buffer.from(`@${body.length} ${crc32(body).toString(16).padStart(8, '0')}\n`), body]);
}

/** Calls `onLine` for each line of the valid frames, in order; returns the offset where the last of them ends. */
export function readFrames(log: Buffer, onLine: (line: string) => void): number {
  for (let at = 0; ; ) {
    const [header, length, checksum = ''] = HEADER.exec(log.toString('latin1', at, at + LONGEST_HEADER)) ?? [];
    if (header === undefined) return at;
    const start = at + header.length;
    const end = start + Number(length);
    const body = log.subarray(start, end);
    if (end > log.length || crc32(body) !== Number.parseInt(checksum, 16)) return at;
    for (const line of body.toString().slice(0, -1).split('\n')) onLine(line);
    at = end;
  }
}
