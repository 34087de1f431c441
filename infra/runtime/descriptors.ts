import { readdirSync, readFileSync } from 'node:fs';
import { AwsError } from './aws-error.ts';

/** The process may open fewer files than the assembly needs. */
export class TooFewDescriptors extends Error {
  override readonly name = 'TooFewDescriptors' as const;
}

/** The file descriptors of this process; the operating system may not tell. */
export interface Descriptors {
  readonly limit: number | null;
  /** How many are open now. */
  open(): number;
}

/** Tables, journal, logs, the port and Node itself. */
const OWN = 128;
/** The event loop of a thread; measured. */
const PER_THREAD = 5;
/** Below so few free ones nothing new is taken, so that what is under way can still open files and connections. */
const RESERVE = 64;
/** Counting takes half a millisecond. */
const COUNT_EVERY_MS = 100;

/**
 * Watches the file descriptors of this process. A function that cannot open a connection fails, and with it the execution that
 * called it: short of descriptors, new work is refused instead.
 * @throws TooFewDescriptors when the limit is too low for these threads, with the number that is needed
 */
export function watchDescriptors(threads: number, { limit, open }: Descriptors = descriptorsOfProcess()) {
  const needed = OWN + PER_THREAD * threads + 2 * RESERVE;
  if (limit !== null && limit < needed) {
    throw new TooFewDescriptors(
      `This process may open ${limit} files, and ${threads} threads of functions need ${needed}: allow more with ulimit -n ${needed}.`,
    );
  }
  let counted = { at: Number.NEGATIVE_INFINITY, free: Number.POSITIVE_INFINITY };
  const short = (): boolean => {
    if (limit === null) return false;
    const at = performance.now();
    if (at - counted.at >= COUNT_EVERY_MS) counted = { at, free: limit - open() };
    return counted.free < RESERVE;
  };
  return {
    short,
    /** @throws AwsError that clients retry */
    refuseIfShort(): void {
      if (!short()) return;
      const message = 'This process is short of file descriptors. Nothing new is accepted until some are free.';
      throw new AwsError('ServiceUnavailable', message, 503);
    },
  };
}

function descriptorsOfProcess(): Descriptors {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return { limit: limit === undefined ? null : Number(limit), open: () => countOpen() };
  } catch {
    // Only Linux has these files.
    return { limit: null, open: () => 0 };
  }
}

/** Counting takes a descriptor itself: where there is none, none is free. */
function countOpen(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
