import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process is using this folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse' as const;
}

/**
 * Locks a folder for this process until the returned function is called or the process ends, in whatever way: the
 * operating system holds the lock, through SQLite on an empty database, so nothing has to be cleaned up after a kill
 * -9.
 * @throws FolderInUse naming the process that holds it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = join(folder, 'owner.pid');
  const file = join(folder, 'lock');
  closeSync(openSync(file, 'a', 0o600));
  const lock = new DatabaseSync(file);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    // A process that has only just started has not written its id yet.
    const who = existsSync(owner) ? `process ${readFileSync(owner, 'utf8')}` : 'another process';
    throw new FolderInUse(`${folder} is in use by ${who}: stop it, or pass another folder with --data.`, { cause });
  }
  writeFileSync(owner, `${process.pid}`, { mode: 0o600 });
  return () => lock.close();
}
