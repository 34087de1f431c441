import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { beginCommitCount } from './commit-count.ts';
import { ANEW, TablesUnusable } from './unusable.ts';

export const TABLES_FILE = 'tables.sqlite';
/** "VGAC", so that no other program's file is taken for ours. */
const APPLICATION_ID = 0x56474143;
const LAYOUT = 1;
/** The rows that are in use; SQLite's own 2 MB make every insert into a large index read the disk. */
const CACHE_KB = 32_000;

/** In the order of their names. */
const SCHEMA = [
  'CREATE TABLE bodies (id INTEGER PRIMARY KEY, body TEXT NOT NULL, sum INTEGER NOT NULL)',
  'CREATE TABLE commits (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)',
  'CREATE TABLE entries (tree INTEGER NOT NULL, key BLOB NOT NULL, next BLOB, body INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (tree, key)) WITHOUT ROWID',
];

/**
 * Opens the file with all tables, or makes it.
 * Written ahead to a log. A kill of the process loses nothing that was answered, and nothing is ever half committed;
 * a power cut loses at most the last moments, or with `sync` nothing.
 * @param folder null keeps everything in memory
 * @param sync whether a commit waits for the disk
 * @param begin puts in what every file has, as it is made
 * @throws TablesUnusable
 */
export function openFile(folder: string | null, sync: boolean, begin: (db: DatabaseSync) => void): DatabaseSync {
  if (folder === null) return prepare(new DatabaseSync(':memory:'), sync, begin);
  const path = join(folder, TABLES_FILE);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, 'CURRENT'))) {
    throw new TablesUnusable(`the tables in ${folder} are of an earlier version: start with a fresh data folder`);
  }
  if (!existsSync(path)) beginCommitCount(folder);
  // SQLite's log takes the mode of the file.
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path);
  try {
    return prepare(db, sync, begin);
  } catch (cause) {
    db.close();
    if (cause instanceof TablesUnusable) throw cause;
    const words = resultOf(cause) === BUSY ? 'another process uses it' : `${wordsOf(cause)}: ${ANEW}`;
    throw new TablesUnusable(`${path} cannot be opened: ${words}`, { cause });
  }
}

function prepare(db: DatabaseSync, sync: boolean, begin: (db: DatabaseSync) => void): DatabaseSync {
  // One process: others would not see what this one remembers of the tables.
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL`);
  db.exec(`PRAGMA synchronous = ${sync ? 'FULL' : 'NORMAL'}`);
  db.exec(`PRAGMA cache_size = -${CACHE_KB}`);
  const found = db.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all();
  const [id, layout] = [pragma(db, 'application_id'), pragma(db, 'user_version')];
  if (found.length === 0 && id === 0 && layout === 0) {
    db.exec(`BEGIN; ${SCHEMA.join('; ')}; INSERT INTO commits VALUES (0, 0)`);
    begin(db);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${LAYOUT}; COMMIT`);
    return db;
  }
  if (id === APPLICATION_ID && layout !== LAYOUT) {
    throw new TablesUnusable(`tables of layout ${layout} cannot be read, this version reads layout ${LAYOUT}: ${ANEW}`);
  }
  const asMade = id === APPLICATION_ID && found.map(({ sql }) => sql).join() === SCHEMA.join();
  if (!asMade) throw new TablesUnusable(`the file with the tables is damaged, or another program's: ${ANEW}`);
  // What our own checksums cannot see: pages that are free and in use at once, or in use twice.
  const state = pragma(db, 'quick_check');
  if (state !== 'ok') throw new TablesUnusable(`the file with the tables is damaged (${inOneLine(state)}): ${ANEW}`);
  return db;
}

const inOneLine = (found: unknown) => String(found).replaceAll(/\s+/g, ' ');
const pragma = (db: DatabaseSync, name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];

// https://sqlite.org/rescode.html
const BUSY = 5;
const CORRUPT = 11;
const NOTADB = 26;
const IOERR = 10;
/** READONLY, IOERR, FULL, CANTOPEN: the disk, not the request. */
const REFUSALS: ReadonlySet<number> = new Set([8, IOERR, 13, 14]);

const SqliteError = z.object({ code: z.literal('ERR_SQLITE_ERROR'), errcode: z.number(), errstr: z.string() });

/** The primary result code; undefined for what is no error of SQLite. */
function resultOf(error: unknown): number | undefined {
  const parsed = SqliteError.safeParse(error);
  return parsed.success ? parsed.data.errcode & 0xff : undefined;
}

/** Part of the file is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  const result = resultOf(error);
  return result === CORRUPT || result === NOTADB;
}

/** The disk takes no writes: full, read-only or broken. */
export const isRefusal = (error: unknown): boolean => REFUSALS.has(resultOf(error) ?? 0);

export function wordsOf(error: unknown): string {
  const parsed = SqliteError.safeParse(error);
  return parsed.success ? parsed.data.errstr : String(error);
}
