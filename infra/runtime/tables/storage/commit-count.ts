import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { writeDurably } from '../../data-folder.ts';
import { ANEW, TablesUnusable } from './unusable.ts';

export const COUNT_FILE = 'commits';
const DIGITS = 16;

export interface CommitCount {
  /** To be called within every transaction, just before its commit. */
  count(): void;
  /** To be called after the commit, before anything of it is answered. */
  committed(): void;
  close(): void;
}

interface Options {
  /** Null where everything is in memory. */
  readonly folder: string | null;
  /** Whether each commit reaches the disk before it is answered. */
  readonly sync: boolean;
  /** Goes on without the commits that are missing. */
  readonly acceptLoss: boolean;
  readonly report: (message: string) => void;
}

/**
 * Counts the commits twice: in the database, and in a small file that is written after each commit and before its answer.
 * SQLite takes a damaged or missing end of its log for the end of the log, and would go on without the last commits.
 * @throws TablesUnusable when the database has fewer than were answered
 */
export function openCommitCount(db: DatabaseSync, { folder, sync, acceptLoss, report }: Options): CommitCount {
  const sql = {
    read: db.prepare('SELECT n FROM commits WHERE id = 0'),
    count: db.prepare('UPDATE commits SET n = n + 1 WHERE id = 0'),
  };
  let kept = Number(sql.read.get()?.n);
  if (folder === null) return { count: () => undefined, committed: () => undefined, close: () => undefined };
  const file = join(folder, COUNT_FILE);
  const answered = answeredCommits(file);
  if (answered === undefined || kept < answered) {
    const lost = answered === undefined ? 'cannot say how many commits they had' : `lack ${inWords(answered - kept)}`;
    const found = `the tables in ${folder} ${lost}, after a power cut or because a file of them is damaged or missing`;
    if (!acceptLoss) throw new TablesUnusable(`${found}: ${ANEW}, or go on without them with --accept-loss`);
    report(`${found}; the start goes on without them, as --accept-loss says`);
  }
  if (answered !== kept) writeDurably(file, encoded(kept));
  const fd = openSync(file, 'r+');
  return {
    count: () => void sql.count.run(),
    committed() {
      kept += 1;
      writeSync(fd, encoded(kept), 0);
      if (sync) fdatasyncSync(fd);
    },
    close: () => closeSync(fd),
  };
}

/** Makes the file for a database that will be made. @throws TablesUnusable when there was one before */
export function beginCommitCount(folder: string): void {
  const file = join(folder, COUNT_FILE);
  if (existsSync(file) && answeredCommits(file) !== 0) {
    throw new TablesUnusable(`the tables in ${folder} are missing, and there were some: ${ANEW}`);
  }
  writeDurably(file, encoded(0));
}

const inWords = (commits: number) => (commits === 1 ? 'their last commit' : `their last ${commits} commits`);

function encoded(count: number): string {
  const digits = String(count).padStart(DIGITS, '0');
  return `${digits} ${crc32(digits).toString(16).padStart(8, '0')}\n`;
}

/** The number of commits that were answered; undefined where the file does not say. */
function answeredCommits(file: string): number | undefined {
  const text = contentsOf(file);
  const count = Number(text.slice(0, DIGITS));
  return Number.isSafeInteger(count) && encoded(count) === text ? count : undefined;
}

function contentsOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
