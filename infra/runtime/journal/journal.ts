import type { Disk } from './disk.ts';
import { encodeFrame } from './frames.ts';
import { createHead, type Head, writeHead } from './head.ts';
import { beginning, encodeLine, type Line, type Log, linesIn, nameOf, type Operation, readLog } from './log.ts';

/**
 * What must survive a kill -9: lists of lines by key, in memory as they were written, and in an append-only log.
 *
 * A log rather than node:sqlite, because everything is an append: one synchronous write for all lines of a turn of the
 * event loop, whoever wrote them, is several times faster than SQLite commits, and a log can be read with a pager. The
 * log is a sequence of segments. When they exceed their limit the oldest are dropped, after their live entries have been
 * written again at the end: the work is proportional to the live data, and no frame is ever rewritten in place.
 */
export interface Journal {
  append(key: string, line: string): void;
  /** Makes this the only line of the key. */
  put(key: string, line: string): void;
  remove(key: string): void;
  /**
   * Drops the lines of a key from memory. `summary` replaces them from now on, and `lines` reads them from the log,
   * until the log needs the space and forgets both.
   */
  archive(key: string, summary: string): void;
  lines(key: string): readonly string[];
  /** Keys with this prefix in the order they were added, each with its summary if it is archived. */
  keys(prefix: string): { key: string; summary: string | undefined }[];
  /** Resolves when everything written so far is on disk. Never rejects: a full disk makes it wait. */
  durable(): Promise<void>;
  /**
   * As `durable`, for callers that must not wait for a full disk: false if the disk refuses it now, though it may be
   * written later.
   */
  promised(): Promise<boolean>;
  /** False while the disk refuses writes, and once the journal is closed; nothing new should be started then. */
  accepts(): boolean;
  /** Calls the listener for every archived key that is gone for good. */
  onForget(listener: (key: string) => void): void;
  close(): Promise<void>;
}

interface Entry {
  lines: string[];
  /** Set if it is archived; its lines are then only in the log. */
  summary: string | undefined;
  /** First segment of the log that holds any of it. */
  segment: number;
}
type Entries = Map<string, Entry>;

export interface JournalOptions {
  readonly disk: Disk;
  /** Reports what was cut, and when the disk is full or accepts writes again. */
  readonly report: (message: string) => void;
  /** Runs `retry` after a while, after the disk has refused a write. */
  readonly later?: (retry: () => void) => void;
  /** Beyond this another segment is begun; an eighth of the limit if that is less. */
  readonly segmentBytes?: number;
  /**
   * Above this the oldest segments are dropped, unless most of the log is live. The default holds some 20,000 jobs and
   * takes 2 s to read.
   */
  readonly limitBytes?: number;
}

const MIB = 2 ** 20;
const RETRY_MS = 1000;
const DONE = Promise.resolve();
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** In memory only, for tests and for runs that keep nothing. */
export function memoryJournal(): Journal {
  return keep(new Map(), { write: () => undefined, segment: () => 0, read: () => [] });
}

/**
 * Reads the log and continues where it ends. What a crash tore off the end was never acknowledged to anyone: it is kept in a
 * file of its own, and cut.
 * @throws JournalDamaged when anything that was acknowledged is missing or changed
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { disk, report, later = (retry) => void setTimeout(retry, RETRY_MS) } = options;
  const { limitBytes = 512 * MIB, segmentBytes = Math.min(8 * MIB, Math.ceil(limitBytes / 8)) } = options;
  const entries: Entries = new Map();
  const log = readLog(disk, (line, segment) => change(entries, line, segment));
  // A slice of a string keeps the whole string in memory: copy what stays.
  for (const entry of entries.values()) entry.lines = entry.lines.map((line) => Buffer.from(line).toString());
  for (const segment of log.obsolete) {
    disk.remove(nameOf(segment));
    log.sizes.delete(segment);
  }
  cutTorn(disk, log, report);
  const { sizes } = log;
  const end = await openEnd(disk, log);
  let { active, file, size, last } = end;
  let buffer: string[] = [];
  /** Segments to remove once the next frame is written. */
  let obsolete: number[] = [];
  let written: Promise<void> = DONE;
  /** The disk is full, or the journal closed: nothing is accepted. */
  let full = false;
  /** Resolvers of callers waiting for what was written so far. */
  const waiting = new Set<(kept: boolean) => void>();
  let forget: (key: string) => void = () => undefined;

  const write = (line: string): void => {
    buffer.push(line);
    if (buffer.length === 1) written = written.then(turn).then(commit);
  };
  const commit = async (): Promise<void> => {
    if (size > segmentBytes) await roll();
    const lines = buffer;
    buffer = [];
    const { bytes, sum } = encodeFrame(last.number + 1, lines);
    const head = { number: last.number + 1, sum };
    await persist(async () => {
      await file.write(bytes, size);
      writeHead(disk, head);
    });
    last = head;
    size += bytes.length;
    sizes.set(active, size);
    const dropped = obsolete;
    obsolete = [];
    // The oldest first: what is left of the log has no gap, whenever this ends.
    for (const segment of dropped) {
      disk.remove(nameOf(segment));
      sizes.delete(segment);
    }
  };
  const persist = async (work: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        await work();
        if (full) report('the journal can be written again; events and executions are accepted');
        full = false;
        return;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!full) report(`the journal cannot be written (${why}): nothing new is accepted until it can`);
        full = true;
        for (const resolve of waiting) resolve(false);
        waiting.clear();
        await new Promise<void>((resolve) => later(resolve));
      }
    }
  };
  const roll = async (): Promise<void> => {
    await file.close();
    await persist(async () => {
      const begun = await beginSegment(disk, active + 1, last);
      file = begun.file;
      ({ size } = begun.frame);
      writeHead(disk, begun.frame.head);
      last = begun.frame.head;
    });
    active += 1;
    sizes.set(active, size);
    compact();
  };
  /** Writes again what lives in the oldest segments, and gives them up, as many as brings the log back under its limit. */
  const compact = (): void => {
    let live = 0;
    for (const { lines } of entries.values()) for (const line of lines) live += line.length;
    let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    for (const [segment, bytes] of sizes) {
      if (segment === active || total <= Math.max(limitBytes, 3 * live)) break;
      total += vacate(segment) - bytes;
      if (!obsolete.includes(segment)) obsolete.push(segment);
    }
    const oldest = obsolete.at(-1);
    if (oldest !== undefined) write(encodeLine('>', `${oldest + 1}`, ''));
  };
  /** Writes the live entries of the segment again and forgets the archived ones. Returns the bytes that this takes. */
  const vacate = (segment: number): number => {
    let bytes = 0;
    for (const [key, entry] of entries) {
      if (entry.segment > segment) continue;
      if (entry.summary === undefined) {
        entry.segment = active;
        for (const [i, line] of entry.lines.entries()) {
          write(encodeLine(i === 0 ? '=' : '+', key, line));
          bytes += line.length;
        }
      } else {
        entries.delete(key);
        write(encodeLine('-', key, ''));
        forget(key);
      }
    }
    return bytes;
  };
  compact();
  const promised = async () =>
    !full &&
    new Promise<boolean>((resolve) => {
      waiting.add(resolve);
      void written.then(() => waiting.delete(resolve) && resolve(true));
    });
  return {
    ...keep(entries, {
      write,
      segment: () => active,
      read: (key, from) => readBack(disk, key, from, sizes),
    }),
    durable: () => written,
    promised,
    accepts: () => !full,
    onForget(listener) {
      forget = listener;
    },
    async close() {
      // Whatever is still waiting for space has not been promised to anyone.
      await promised();
      full = true;
      await file.close();
    },
  };
}

interface Store {
  write(line: string): void;
  /** The segment being written. */
  segment(): number;
  read(key: string, from: number): readonly string[];
}

function keep(entries: Entries, log: Store): Journal {
  const apply = (operation: Operation, key: string, value: string): void => {
    change(entries, { operation, key, value }, log.segment());
    log.write(encodeLine(operation, key, value));
  };
  return {
    append: (key, line) => apply('+', key, line),
    put: (key, line) => apply('=', key, line),
    remove: (key) => void (entries.has(key) && apply('-', key, '')),
    archive: (key, summary) => apply('!', key, summary),
    lines(key) {
      const entry = entries.get(key);
      if (entry === undefined) return [];
      return entry.summary === undefined ? entry.lines : log.read(key, entry.segment);
    },
    keys: (prefix) => [...entries].flatMap(([key, { summary }]) => (key.startsWith(prefix) ? [{ key, summary }] : [])),
    durable: () => DONE,
    promised: async () => true,
    accepts: () => true,
    onForget: () => undefined,
    close: () => DONE,
  };
}

function change(entries: Entries, { operation, key, value }: Line, segment: number): void {
  const entry = entries.get(key);
  if (operation === '-') entries.delete(key);
  else if (operation === '!') Object.assign(entry ?? {}, { lines: [], summary: value });
  else if (operation === '+' && entry !== undefined) entry.lines.push(value);
  else entries.set(key, { lines: [value], summary: undefined, segment });
}

/** Keeps what a crash tore off, on disk before it is cut: a start that is itself killed does both again. */
function cutTorn(disk: Disk, { torn }: Log, report: (message: string) => void): void {
  if (torn === undefined) return;
  const { segment, at } = torn;
  const name = nameOf(segment);
  const piece = disk.read(name).subarray(at);
  if (piece.length > 0) {
    const kept = keptAs(disk, `${name}.${at}`, piece);
    if (kept.isNew) disk.keep(kept.name, piece);
    report(
      `${name} ends at byte ${at} with ${piece.length} bytes of a frame that was never acknowledged: cut there, and kept in ${kept.name}`,
    );
  }
  if (at === 0) disk.remove(name);
  else if (piece.length > 0) disk.truncate(name, at);
}

/** A name under which no other piece is kept. */
function keptAs(disk: Disk, name: string, piece: Buffer): { name: string; isNew: boolean } {
  const taken = new Set(disk.list());
  for (let n = 1; ; n++) {
    const candidate = `${name}.${n}.cut`;
    if (!taken.has(candidate)) return { name: candidate, isNew: true };
    if (disk.read(candidate).equals(piece)) return { name: candidate, isNew: false };
  }
}

/** Begins a segment with a frame that chains it to the one before; nothing in it was acknowledged yet. */
async function beginSegment(disk: Disk, segment: number, after: Head | null) {
  const file = await disk.create(nameOf(segment));
  const number = (after?.number ?? 0) + 1;
  const { bytes, sum } = encodeFrame(number, [beginning(segment, after)]);
  try {
    await file.write(bytes, 0);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { file, frame: { head: { number, sum }, size: bytes.length } };
}

/** Where the log goes on: in its newest segment, or in its first. */
async function openEnd(disk: Disk, { sizes, last, head }: Log) {
  const active = Math.max(0, ...sizes.keys());
  const begun = active === 0 || last === null ? await beginSegment(disk, 1, null) : undefined;
  if (begun !== undefined) sizes.set(1, begun.frame.size);
  const end = begun?.frame.head ?? last;
  if (end === null) throw new Error('a log that was begun has a frame');
  // Frames after the head are whole, so whoever looks finds them: they count as acknowledged from now on.
  if (head === undefined) createHead(disk, end);
  else writeHead(disk, end);
  return {
    active: Math.max(1, active),
    file: begun?.file ?? (await disk.resume(nameOf(active))),
    size: sizes.get(Math.max(1, active)) ?? 0,
    last: end,
  };
}

/** Reads the lines of an archived key, up to where it was archived. */
function readBack(disk: Disk, key: string, from: number, sizes: ReadonlyMap<number, number>): readonly string[] {
  const found: Entries = new Map();
  for (const segment of sizes.keys()) {
    if (segment < from) continue;
    for (const line of linesIn(disk.read(nameOf(segment)))) {
      if (line.key !== key) continue;
      if (line.operation === '!') return found.get(key)?.lines ?? [];
      change(found, line, segment);
    }
  }
  return found.get(key)?.lines ?? [];
}
