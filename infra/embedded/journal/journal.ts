import type { Disk, Segment } from './disk.ts';
import { encodeFrame, readFrames } from './frames.ts';

/**
 * What must survive a kill -9: lists of lines by key, in memory as they were written, and in an append-only log.
 *
 * A log and not node:sqlite, because all there is to do is to append: one write and one fdatasync for all lines of a turn
 * of the event loop, whoever wrote them, is several times what SQLite commits, and a log can be read with a pager. The
 * log is a row of segments. When they grow beyond their limit the oldest is dropped, after what still lives in it has
 * been written again at the end: work in proportion to what lives, no file is ever rewritten in place.
 */
export interface Journal {
  append(key: string, line: string): void;
  /** Makes this the only line of the key. */
  put(key: string, line: string): void;
  remove(key: string): void;
  /**
   * Takes the lines of a key out of memory. `summary` stands for them from now on, and `lines` reads them from the log,
   * until the log needs the room and forgets both.
   */
  archive(key: string, summary: string): void;
  lines(key: string): readonly string[];
  /** Keys that begin so, in the order in which they came, each with its summary where it is archived. */
  keys(prefix: string): { key: string; summary: string | undefined }[];
  /** Resolves when all that was written so far is on the disk. Never rejects: a full disk makes it wait. */
  durable(): Promise<void>;
  /** As `durable`, for whoever must not wait for a full disk: false where it takes nothing, and may take it later. */
  promised(): Promise<boolean>;
  /** False while the disk takes nothing; nothing new should be begun then. */
  accepts(): boolean;
  /** Told of every archived key that is gone for good. */
  onForget(listener: (key: string) => void): void;
  close(): Promise<void>;
}

interface Entry {
  lines: string[];
  summary: string | undefined;
  /** The log holds all of it from here on. */
  segment: number;
  offset: number;
}

export interface JournalOptions {
  readonly disk: Disk;
  /** Told what was cut, and when the disk is full or takes writes again. */
  readonly report: (message: string) => void;
  /** Runs `retry` after a while, when the disk refused a write. */
  readonly later?: (retry: () => void) => void;
  readonly segmentBytes?: number;
  /** Beyond this the oldest segment goes, unless most of the log lives. By default some 20,000 jobs, and 2 s to read. */
  readonly limitBytes?: number;
}

const MIB = 2 ** 20;
const RETRY_MS = 1000;
const DONE = Promise.resolve();
const nameOf = (segment: number) => `${String(segment).padStart(8, '0')}.log`;

/** The lines alone, for tests and for runs that keep nothing. */
export function memoryJournal(): Journal {
  return createJournal(new Map(), { write: () => undefined, where: () => ({ segment: 0, offset: 0 }), read: () => [] });
}

/** Reads what there is, cuts a tail that a crash or the disk has spoiled, and goes on in a new segment. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { disk, report, later = (retry) => void setTimeout(retry, RETRY_MS) } = options;
  const { segmentBytes = 8 * MIB, limitBytes = 512 * MIB } = options;
  const entries = new Map<string, Entry>();
  const sizes = recover(disk, entries, report);

  let active = Math.max(0, ...sizes.keys()) + 1;
  let file: Segment = await disk.create(nameOf(active));
  let size = 0;
  let buffer: string[] = [];
  const batch = () => ({ written: Promise.withResolvers<void>(), told: Promise.withResolvers<boolean>() });
  let next: ReturnType<typeof batch> | undefined;
  let committing: ReturnType<typeof batch> | undefined;
  let full = false;
  /** Nothing depends on these once the next frame is on the disk. */
  const vacated: number[] = [];

  const commit = async (): Promise<void> => {
    while (buffer.length > 0) {
      committing = next;
      next = undefined;
      const frame = encodeFrame(buffer);
      buffer = [];
      await persist(() => file.write(frame, size));
      size += frame.length;
      sizes.set(active, size);
      committing?.written.resolve();
      committing?.told.resolve(true);
      for (const segment of vacated.splice(0)) {
        disk.remove(nameOf(segment));
        sizes.delete(segment);
      }
      if (size > segmentBytes) await roll();
    }
    committing = undefined;
  };
  const persist = async (write: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        await write();
        if (full) report('the journal can be written again; events and executions are accepted');
        full = false;
        return;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!full) report(`the journal cannot be written (${why}): nothing new is accepted until there is space`);
        full = true;
        for (const waiting of [committing, next]) waiting?.told.resolve(false);
        await new Promise<void>((resolve) => later(resolve));
      }
    }
  };
  const roll = async (): Promise<void> => {
    await file.close();
    await persist(async () => {
      file = await disk.create(nameOf(active + 1));
    });
    active += 1;
    size = 0;
    sizes.set(active, 0);
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const [oldest] = sizes.keys();
    if (oldest === undefined || total <= Math.max(limitBytes, 3 * journal.liveBytes())) return;
    journal.vacate(oldest);
    vacated.push(oldest);
  };

  const journal = createJournal(entries, {
    write(line) {
      buffer.push(line);
      if (next !== undefined) return;
      next = batch();
      if (committing === undefined) setImmediate(() => void commit());
    },
    where: () => ({ segment: active, offset: size }),
    read: (key, entry) => readBack(disk, [...sizes.keys()], key, entry),
  });
  const durable = () => (next ?? committing)?.written.promise ?? DONE;
  return {
    ...journal,
    durable,
    promised: async () => !full && ((await (next ?? committing)?.told.promise) ?? true),
    accepts: () => !full,
    async close() {
      // What waits for space has been promised to nobody.
      if (!full) await durable();
      await file.close();
    },
  };
}

/** The lines by key in a log that nobody writes, archived ones included; a spoiled tail is left out, and left alone. */
export function readJournal(disk: Disk): ReadonlyMap<string, readonly string[]> {
  const entries = new Map<string, Entry>();
  const untouched = { ...disk, cut: () => undefined, remove: () => undefined };
  const sizes = recover(untouched, entries, () => undefined);
  const linesOf = (key: string, entry: Entry) =>
    entry.summary === undefined ? entry.lines : readBack(disk, [...sizes.keys()], key, entry);
  return new Map([...entries].map(([key, entry]) => [key, linesOf(key, entry)]));
}

interface Log {
  write(line: string): void;
  /** A place that the next line cannot be before. */
  where(): { segment: number; offset: number };
  read(key: string, entry: Entry): string[];
}

function createJournal(entries: Map<string, Entry>, log: Log) {
  let liveBytes = 0;
  for (const { lines } of entries.values()) liveBytes += lengthOf(lines);
  let forget: (key: string) => void = () => undefined;
  const apply = (operation: Operation, key: string, line: string) => {
    const before = operation === '+' ? 0 : lengthOf(entries.get(key)?.lines ?? []);
    liveBytes += (operation === '-' || operation === '!' ? 0 : line.length) - before;
    change(entries, operation, key, line, log.where);
    log.write(`${operation}${key} ${line}`);
  };
  return {
    append: (key: string, line: string) => apply('+', key, line),
    put: (key: string, line: string) => apply('=', key, line),
    remove: (key: string) => void (entries.has(key) && apply('-', key, '')),
    archive: (key: string, summary: string) => apply('!', key, summary),
    lines(key: string): readonly string[] {
      const entry = entries.get(key);
      if (entry === undefined) return [];
      return entry.summary === undefined ? entry.lines : log.read(key, entry);
    },
    keys: (prefix: string) =>
      [...entries].flatMap(([key, { summary }]) => (key.startsWith(prefix) ? [{ key, summary }] : [])),
    onForget(listener: (key: string) => void) {
      forget = listener;
    },
    durable: () => DONE,
    promised: async () => true,
    accepts: () => true,
    close: () => DONE,
    liveBytes: () => liveBytes,
    /** Nothing in memory depends on this segment any more: what lives is written again, what is archived forgotten. */
    vacate(segment: number) {
      for (const [key, entry] of entries) {
        if (entry.segment > segment) continue;
        if (entry.summary === undefined) {
          Object.assign(entry, log.where());
          for (const [i, line] of entry.lines.entries()) log.write(`${i === 0 ? '=' : '+'}${key} ${line}`);
        } else {
          entries.delete(key);
          log.write(`-${key} `);
          forget(key);
        }
      }
    },
  };
}

type Operation = '+' | '=' | '-' | '!';
const isOperation = (text: string): text is Operation => '+=-!'.includes(text) && text !== '';
const lengthOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length, 0);

function change(
  entries: Map<string, Entry>,
  operation: Operation,
  key: string,
  line: string,
  where: Log['where'],
): void {
  if (operation === '-') return void entries.delete(key);
  const entry = entries.get(key);
  if (operation === '!') {
    if (entry !== undefined) Object.assign(entry, { lines: [], summary: line });
  } else if (entry === undefined) entries.set(key, { lines: [line], summary: undefined, ...where() });
  else if (operation === '+') entry.lines.push(line);
  else Object.assign(entry, { lines: [line], summary: undefined, ...where() });
}

function parseLine(text: string): { operation: Operation; key: string; line: string } | undefined {
  const operation = text.charAt(0);
  const space = text.indexOf(' ');
  if (!isOperation(operation) || space === -1) return undefined;
  return { operation, key: text.slice(1, space), line: text.slice(space + 1) };
}

/** Fills `entries` from the log and gives the sizes of its segments, oldest first. */
function recover(disk: Disk, entries: Map<string, Entry>, report: (message: string) => void): Map<number, number> {
  const sizes = new Map<number, number>();
  const numbers = disk.list().flatMap((name) => (/^\d{8}\.log$/.test(name) ? [Number.parseInt(name, 10)] : []));
  let spoiled = false;
  for (const segment of numbers.sort((a, b) => a - b)) {
    const name = nameOf(segment);
    const bytes = spoiled ? Buffer.alloc(0) : disk.read(name);
    const frames = readFrames(bytes);
    let frame = frames.next();
    for (; !frame.done; frame = frames.next()) {
      const place = { segment, offset: frame.value.at };
      for (const text of frame.value.lines) {
        const parsed = parseLine(text);
        if (parsed) change(entries, parsed.operation, parsed.key, parsed.line, () => place);
      }
    }
    if (spoiled || frame.value < bytes.length) {
      const lost = disk.read(name).length - frame.value;
      report(`${name} is damaged at byte ${frame.value}: cut there, ${lost} bytes are kept in ${name}.cut`);
      disk.cut(name, frame.value);
      // What follows a gap cannot be understood without it.
      spoiled = true;
    }
    if (frame.value === 0) disk.remove(name);
    else sizes.set(segment, frame.value);
  }
  // A slice of a string keeps all of it in memory: what stays gets characters of its own.
  for (const entry of entries.values()) entry.lines = entry.lines.map((line) => Buffer.from(line).toString());
  return sizes;
}

/** The lines of an archived key, up to where it was archived. */
function readBack(disk: Disk, segments: readonly number[], key: string, { segment, offset }: Entry): string[] {
  let lines: string[] = [];
  for (const number of segments) {
    if (number < segment) continue;
    for (const frame of readFrames(disk.read(nameOf(number)), number === segment ? offset : 0)) {
      for (const text of frame.lines) {
        if (!text.startsWith(`${key} `, 1)) continue;
        const parsed = parseLine(text);
        if (parsed?.operation === '!') return lines;
        if (parsed?.operation === '=') lines = [];
        if (parsed) lines.push(parsed.line);
      }
    }
  }
  return lines;
}
