/** A command of ours as messages spell it: `npx` finds it in a clone after `npm ci`. */
export function command(words: string): string {
  return `npx vgac ${words}`;
}

/** What repairs a calibration state or a forecast that cannot be read. */
export const REBUILD = command('recalibrate CLUSTER --rebuild');
