import { statSync } from 'node:fs';
import { SingleBar } from 'cli-progress';

/** How far the files are read, on standard error; nothing where that is no terminal. */
export interface Progress {
  file(name: string): void;
  /** Fewer than none where a file is read again. */
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

/** A file that cannot be read is told later, by whoever reads it. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
