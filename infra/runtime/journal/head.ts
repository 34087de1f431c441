import type { Disk } from './disk.ts';
import { checksum } from './frames.ts';

/** The last frame that was acknowledged: its number, and the checksum of its body. */
export interface Head {
  readonly number: number;
  readonly sum: string;
}

export const HEAD = 'head';
const SLOT = /^(\d{12}) ([0-9a-f]{8}) ([0-9a-f]{8})\n$/;
const SLOT_BYTES = 31;

function encode({ number, sum }: Head): Buffer {
  const text = `${String(number).padStart(12, '0')} ${sum}`;
  return Buffer.from(`${text} ${checksum(text)}\n`);
}

/**
 * Notes the last frame outside the segments, so that the next start misses newest frames that are gone. It is written before
 * anything in the frame is acknowledged, but not synced: a killed process loses none of it, and after a power cut it may name
 * a frame some seconds older than the newest one. Two slots in turn, so that one is always whole.
 */
export function writeHead(disk: Disk, head: Head): void {
  disk.overwrite(HEAD, encode(head), (head.number % 2) * SLOT_BYTES);
}

export function createHead(disk: Disk, head: Head): void {
  disk.keep(HEAD, Buffer.concat([encode(head), encode(head)]));
}

/** The newest slot that is whole; undefined where there is no such file, null where no slot can be read. */
export function readHead(disk: Disk): Head | null | undefined {
  if (!disk.list().includes(HEAD)) return undefined;
  const text = disk.read(HEAD).toString('latin1');
  const slots = [0, SLOT_BYTES].flatMap((at) => {
    const [, number, sum = '', own] = SLOT.exec(text.slice(at, at + SLOT_BYTES)) ?? [];
    return number !== undefined && checksum(`${number} ${sum}`) === own ? [{ number: Number(number), sum }] : [];
  });
  return slots.sort((a, b) => b.number - a.number)[0] ?? null;
}
