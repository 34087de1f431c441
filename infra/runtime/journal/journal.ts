import type { Disk } from './disk.ts';
import { encodeFrame, readFrames } from './frames.ts';

/**
 * What must survive a kill -9: lists of lines by key, in memory as they were written, and in an append-only log.
 *
 * A log rather than node:sqlite, because everything is an append: one synchronous write for all lines of a turn of the
 * event loop, whoever wrote them, is several times faster than SQLite commits, and a log can be read with a pager. The
 * log is a sequence of segments. When they exceed their limit the oldest is dropped, after its live entries have been
 * written again at the end: the work is proportional to the live data, and no file is ever rewritten in place.
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
  readonly segmentBytes?: number;
  /**
   * Above this the oldest segment is dropped, unless most of the log is live. The default holds some 20,000 jobs and
   * takes 2 s to read.
   */
  readonly limitBytes?: number;
}

const MIB = 2 ** 20;
const RETRY_MS = 1000;
const DONE = Promise.resolve();
const nameOf = (segment: number) => `${String(segment).padStart(8, '0')}.log`;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** In memory only, for tests and for runs that keep nothing. */
export function memoryJournal(): Journal {
  return keep(new Map(), { write: () => undefined, segment: () => 0, read: () => [] });
}

/** Reads the log, cuts off a tail damaged by a crash or the disk, and continues in a new segment. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { disk, report, later = (retry) => void setTimeout(retry, RETRY_MS) } = options;
  const { segmentBytes = 8 * MIB, limitBytes = 512 * MIB } = options;
  const entries: Entries = new Map();
  const sizes = recover(disk, entries, report);
  let active = Math.max(0, ...sizes.keys()) + 1;
  let file = await disk.create(nameOf(active));
  let size = 0;
  let buffer: string[] = [];
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
    const obsolete = size > segmentBytes ? await roll() : undefined;
    const frame = encodeFrame(buffer);
    buffer = [];
    await persist(() => file.write(frame, size));
    size += frame.length;
    sizes.set(active, size);
    if (obsolete === undefined) return;
    disk.remove(nameOf(obsolete));
    sizes.delete(obsolete);
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
        if (!full) report(`the journal cannot be written (${why}): nothing new is accepted until there is space`);
        full = true;
        for (const resolve of waiting) resolve(false);
        waiting.clear();
        await new Promise<void>((resolve) => later(resolve));
      }
    }
  };
  /**
   * Begins a segment. If the log is too long, returns the oldest one, which can be removed once the next frame is
   * written.
   */
  const roll = async (): Promise<number | undefined> => {
    await file.close();
    await persist(async () => {
      file = await disk.create(nameOf(active + 1));
    });
    active += 1;
    size = 0;
    const [oldest] = sizes.keys();
    let live = 0;
    for (const { lines } of entries.values()) for (const line of lines) live += line.length;
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (oldest === undefined || total <= Math.max(limitBytes, 3 * live)) return undefined;
    vacate(oldest);
    return oldest;
  };
  /** Writes the live entries of the segment again and forgets the archived ones. */
  const vacate = (segment: number): void => {
    for (const [key, entry] of entries) {
      if (entry.segment > segment) continue;
      if (entry.summary === undefined) {
        entry.segment = active;
        for (const [i, line] of entry.lines.entries()) write(`${i === 0 ? '=' : '+'}${key} ${line}`);
      } else {
        entries.delete(key);
        write(`-${key} `);
        forget(key);
      }
    }
  };
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

interface Log {
  write(line: string): void;
  /** The segment being written. */
  segment(): number;
  read(key: string, from: number): readonly string[];
}

function keep(entries: Entries, log: Log): Journal {
  const apply = (operation: Operation, key: string, line: string): void => {
    change(entries, operation, key, line, log.segment());
    log.write(`${operation}${key} ${line}`);
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

type Operation = '+' | '=' | '-' | '!';

function change(entries: Entries, operation: string, key: string, line: string, segment: number): void {
  const entry = entries.get(key);
  if (operation === '-') entries.delete(key);
  else if (operation === '!') Object.assign(entry ?? {}, { lines: [], summary: line });
  else if (operation === '+' && entry !== undefined) entry.lines.push(line);
  else entries.set(key, { lines: [line], summary: undefined, segment });
}

/** Applies a change read from the log. */
function replay(entries: Entries, text: string, segment: number): void {
  const space = text.indexOf(' ');
  change(entries, text.charAt(0), text.slice(1, space), text.slice(space + 1), segment);
}

/** Fills `entries` from the log and gives the sizes of its segments, oldest first. */
function recover(disk: Disk, entries: Entries, report: (message: string) => void): Map<number, number> {
  const sizes = new Map<number, number>();
  let damaged = false;
  for (const name of disk.list().sort()) {
    if (!/^\d{8}\.log$/.test(name)) continue;
    const segment = Number.parseInt(name, 10);
    const bytes = disk.read(name);
    // What follows a gap makes no sense without it.
    const end = damaged ? 0 : readFrames(bytes, (text) => replay(entries, text, segment));
    if (end < bytes.length) {
      report(`${name} is damaged at byte ${end}: cut there, ${bytes.length - end} bytes are kept in ${name}.cut`);
      disk.cut(name, end);
      damaged = true;
    }
    if (end === 0) disk.remove(name);
    else sizes.set(segment, end);
  }
  // A slice of a string keeps the whole string in memory: copy what stays.
  for (const entry of entries.values()) entry.lines = entry.lines.map((line) => Buffer.from(line).toString());
  return sizes;
}

/** Reads the lines of an archived key, up to where it was archived. */
function readBack(disk: Disk, key: string, from: number, sizes: ReadonlyMap<number, number>): readonly string[] {
  const found: Entries = new Map();
  const mine = `${key} `;
  let archived = false;
  for (const segment of sizes.keys()) {
    if (segment < from) continue;
    readFrames(disk.read(nameOf(segment)), (text) => {
      if (!text.startsWith(mine, 1)) return;
      if (text.startsWith('!')) archived = true;
      else replay(found, text, segment);
    });
    if (archived) break;
  }
  return found.get(key)?.lines ?? [];
}
