import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WAY_OUT } from './data-folder.ts';

/** How often it looks, on the real clock: a folder can be removed while a simulated one stands still. */
const LOOK_MS = 250;

/**
 * Watches the journal and the tables of a data folder while they are written: a file that is removed or replaced still takes
 * everything that is written to it, and keeps none of it.
 * @param parts files and folders that must stay what they are
 * @param lost told once what is gone, in a sentence
 * @returns what ends it
 */
export function watchFolder(folder: string, parts: readonly string[], lost: (sentence: string) => void): () => void {
  const look = createLook(folder, parts);
  const timer = setInterval(() => {
    const gone = look();
    if (gone === null) return;
    clearInterval(timer);
    lost(
      `${gone} while the system was running: it stops, so that nothing is acknowledged that is not kept. Then ${WAY_OUT}.`,
    );
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** @returns a look at the folder: what has gone since the one before, null for nothing */
export function createLook(folder: string, parts: readonly string[]): () => string | null {
  const known = new Map<string, bigint>();
  let newest = 0;
  const changed = (part: string): string | null => {
    const path = join(folder, part);
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
    const before = known.get(part);
    if (found !== undefined && before === undefined) known.set(part, found);
    if (before === undefined || found === before) return null;
    return `${path} was ${found === undefined ? 'removed' : 'replaced'}`;
  };
  const segmentGone = (): string | null => {
    const numbers = segmentsIn(join(folder, 'journal'));
    const last = numbers.at(-1) ?? 0;
    // The journal itself drops its oldest segments, and no others.
    const missing = numbers.find((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
    if (missing !== undefined) return `${join(folder, 'journal', nameOf(missing - 1))} was removed`;
    if (last < newest) return `${join(folder, 'journal', nameOf(newest))} was removed`;
    newest = last;
    return last === 0 ? null : changed(join('journal', nameOf(last)));
  };
  const look = () => {
    for (const part of parts) {
      const gone = changed(part);
      if (gone !== null) return gone;
    }
    return segmentGone();
  };
  look();
  return look;
}

const nameOf = (segment: number) => `${String(segment).padStart(8, '0')}.log`;

function segmentsIn(folder: string): number[] {
  try {
    const names = readdirSync(folder).filter((name) => /^\d{8}\.log$/.test(name));
    return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  } catch {
    return [];
  }
}
