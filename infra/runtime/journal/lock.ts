import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on this folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse' as const;
}

/**
 * Takes a folder for this process until `release`, or until the process ends in whatever way: the lock is the operating
 * system's, held by SQLite on an empty database, so that nothing has to be cleaned up after a kill -9.
 * @throws FolderInUse naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = join(folder, 'owner.pid');
  const lock = new DatabaseSync(join(folder, 'lock'));
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    // One that has only just begun has not said who it is.
    const who = existsSync(owner) ? `process ${readFileSync(owner, 'utf8')}` : 'another process';
    throw new FolderInUse(`${folder} is used by ${who}: stop that one, or give --data another folder.`, { cause });
  }
  writeFileSync(owner, `${process.pid}`);
  return () => lock.close();
}
