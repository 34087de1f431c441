import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';

/** A progress bar on standard error; nothing if that is not a terminal. */
export interface Progress {
  file(name: string): void;
  /** Negative when a file is read again. */
  read(bytes: number): void;
  stop(): void;
}

export function progressOver(
  paths: readonly string[],
  terminal: NodeJS.WritableStream & { isTTY?: boolean },
): Progress {
  if (terminal.isTTY !== true) return { file: () => {}, read: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream: terminal,
    format: '{bar} {percentage}%  {name}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  bar.start(Math.max(1, sum(paths.map(sizeOf))), 0, { name: '' });
  return {
    file: (name) => bar.update({ name }),
    read: (bytes) => bar.increment(bytes),
    stop: () => bar.stop(),
  };
}

/** An unreadable file is reported later, by its reader. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
