import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { command } from '../../functions/domain/command.ts';
import { LAYOUT } from '../../schemas/layout.ts';

export const MANIFEST = 'manifest.json';
/** Its presence says that the folder is ours, and may be emptied. */
export const MARKER = 'vgac-data-folder';

/** What a folder without its manifest may hold and still count as new: a start died before it had written that. */
const BEFORE_THE_MANIFEST: ReadonlySet<string> = new Set([MARKER, 'journal']);
/** What the lock of a folder needs. */
const LOCK_FILES: ReadonlySet<string> = new Set(['lock', 'owner.pid']);

const Details = z.record(z.string(), z.unknown());
type Details = z.infer<typeof Details>;
/** All that a later layout is sure to have, too. */
const OfSomeLayout = z.object({ layout: z.number() });
const Kept = z.object({ layout: z.literal(LAYOUT), parts: z.record(z.string(), Details), sum: z.string() });
type Parts = z.infer<typeof Kept>['parts'];

/** What to do about a folder that has lost something, or is of no use as it is. */
export const WAY_OUT = `restore the folder from a backup with ${command('restore')}, or start anew with --fresh, which empties it`;

/** The data folder is not what earlier starts left: something is missing, damaged or of another version. */
export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable' as const;
}

/**
 * What a data folder must hold, because an earlier start made it. Nothing that is listed is ever made anew: where it is
 * missing the start is refused, for an empty table or a new key would be taken for the old one.
 */
export interface Manifest {
  readonly folder: string;
  /** Every part, by its path in the folder. */
  parts(): readonly string[];
  has(part: string): boolean;
  /** What was noted with a part; empty where nothing was. */
  detailsOf(part: string): Details;
  /** Lists a part once it is there, or notes something about it. On the disk when this returns. */
  made(part: string, details?: Details): void;
}

/**
 * Reads the manifest of a data folder, and makes it for a new one.
 * @throws DataFolderUnusable naming everything that is missing
 */
export function openManifest(folder: string): Manifest {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readParts(folder) === null) writeParts(folder, {});
  checkManifest(folder);
  const read = () => readParts(folder) ?? refuse(folder, [MANIFEST]);
  return {
    folder,
    parts: () => Object.keys(read()),
    has: (part) => Object.hasOwn(read(), part),
    detailsOf: (part) => read()[part] ?? {},
    made(part, details) {
      // Two runs that keep nothing may share a folder: what the other has listed meanwhile stays.
      const parts = read();
      if (parts[part] === undefined || details !== undefined) {
        writeParts(folder, { ...parts, [part]: details ?? {} });
      }
    },
  };
}

/** Refuses a folder that a start would refuse, and changes nothing. @throws DataFolderUnusable */
export function checkManifest(folder: string): void {
  const missing = missingParts(folder, readParts(folder) ?? {});
  if (missing.length > 0) refuse(folder, missing);
}

/**
 * The parts that the manifest lists; null for a folder that is new.
 * @throws DataFolderUnusable when it is damaged, of another layout, or missing from a folder that was used
 */
function readParts(folder: string): Parts | null {
  const text = contentsOf(join(folder, MANIFEST));
  if (text === null) return wasUsed(folder) ? refuse(folder, [MANIFEST]) : null;
  const found = parsed(text);
  const { layout = LAYOUT } = OfSomeLayout.safeParse(found).data ?? {};
  if (layout !== LAYOUT) {
    throw new DataFolderUnusable(
      `${folder} is of layout ${layout}, and this version keeps layout ${LAYOUT}: start anew with --fresh, or give another --data folder.`,
    );
  }
  const kept = Kept.safeParse(found).data;
  if (kept !== undefined && kept.sum === sumOf(kept.parts)) return kept.parts;
  throw new DataFolderUnusable(`${join(folder, MANIFEST)} is damaged: ${WAY_OUT}.`);
}

function writeParts(folder: string, parts: Parts): void {
  const kept: z.infer<typeof Kept> = { layout: LAYOUT, parts, sum: sumOf(parts) };
  writeDurably(join(folder, MANIFEST), `${JSON.stringify(kept, null, 2)}\n`);
}

const sumOf = (parts: Parts) => crc32(JSON.stringify(parts)).toString(16).padStart(8, '0');

const missingParts = (folder: string, parts: Parts) =>
  Object.keys(parts).filter((part) => !isThere(join(folder, part)));

function refuse(folder: string, missing: readonly string[]): never {
  const what = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}` : missing[0];
  throw new DataFolderUnusable(`${folder} was used before and lacks ${what}: ${WAY_OUT}.`);
}

function wasUsed(folder: string): boolean {
  const entries = readdirSync(folder);
  if (entries.some((entry) => !BEFORE_THE_MANIFEST.has(entry))) return true;
  return entries.includes('journal') && readdirSync(join(folder, 'journal')).some((entry) => !LOCK_FILES.has(entry));
}

/** A file that is empty was made, and has lost what was in it. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isDirectory() || found.size > 0);
}

/** Replaces a file as a whole, for its owner only; on the disk when this returns. */
export function writeDurably(file: string, contents: string | Buffer): void {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    writeFileSync(unfinished, contents, { mode: 0o600, flush: true });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function contentsOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
