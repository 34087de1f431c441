import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** What a folder can do without: it is made again, or belongs to the process that runs on it. */
const LEFT_OUT = [
  /^assembly$/,
  /^log$/,
  /^running\.json$/,
  /^run-\d+-/,
  /^journal\/(lock|owner\.pid)$/,
  /\.unfinished$/,
];

/**
 * Copies a data folder to a place where nothing is yet; it is there as a whole, on the disk and for its owner only, or not at all.
 * Done in one turn of the event loop by the process that writes the folder, the copy is what a kill -9 at this moment would
 * leave: tables and journal of the same instant, with everything in it that was acknowledged before.
 * @returns how much was copied
 */
export function copyDataFolder(from: string, to: string): { readonly files: number; readonly bytes: number } {
  const unfinished = `${to}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const copied = { files: 0, bytes: 0 };
  try {
    copyInto(unfinished, from, from, copied);
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
  synced(dirname(to));
  return copied;
}

function copyInto(to: string, folder: string, root: string, copied: { files: number; bytes: number }): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const source = join(folder, entry.name);
    const part = relative(root, source).split(sep).join('/');
    if (LEFT_OUT.some((pattern) => pattern.test(part))) continue;
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyInto(target, source, root, copied);
    else if (entry.isFile()) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      synced(target);
      copied.files += 1;
      copied.bytes += statSync(target).size;
    }
  }
  synced(to);
}

function synced(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
