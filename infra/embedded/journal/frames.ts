import { crc32 } from 'node:zlib';

const HEADER = /^@(\d{1,10}) ([0-9a-f]{8})$/;
/** `@`, ten digits, a space, eight of the checksum. */
const LONGEST_HEADER = 20;

/**
 * Everything that one turn of the event loop wrote: `@<bytes> <crc32>`, then its lines. The whole turn is there or none
 * of it, so that what belongs together (an event taken off the bus, the execution it started) never comes apart.
 */
export function encodeFrame(lines: readonly string[]): Buffer {
  const body = Buffer.from(`${lines.join('\n')}\n`);
  return Buffer.concat([Buffer.from(`@${body.length} ${crc32(body).toString(16).padStart(8, '0')}\n`), body]);
}

/** Reads frames from `offset` on and gives where each begins; returns where the last good one ends. */
export function* readFrames(log: Buffer, offset = 0): Generator<{ at: number; lines: string[] }, number> {
  for (let at = offset; ; ) {
    const start = log.indexOf('\n', at) + 1;
    const header = HEADER.exec(
      start - at > LONGEST_HEADER + 1 ? '' : log.toString('latin1', at, Math.max(start - 1, at)),
    );
    const end = start + Number(header?.[1]);
    if (header === null || end > log.length) return at;
    const body = log.subarray(start, end);
    if (crc32(body) !== Number.parseInt(header[2] ?? '', 16)) return at;
    yield { at, lines: body.toString().slice(0, -1).split('\n') };
    at = end;
  }
}
