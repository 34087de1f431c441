import * as z from 'zod';
import { WAY_OUT } from '../data-folder.ts';
import type { Disk } from './disk.ts';
import { type Frame, readFrame } from './frames.ts';
import { HEAD, type Head, readHead } from './head.ts';

/** The journal is not what was written: something in it is missing, changed or of another version. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged' as const;
}

/** What a line does: append, put, remove or archive a key; begin a segment; say which segment the log begins with now. */
export type Operation = '+' | '=' | '-' | '!' | '#' | '>';
/** Version of a line: of its form, and of the JSON in it. */
const VERSION = '1';
const LINE = /^(\d+)([-+=!#>])(\S*) (.*)$/s;

export interface Line {
  readonly operation: Operation;
  readonly key: string;
  readonly value: string;
}

export const encodeLine = (operation: Operation, key: string, value: string): string =>
  `${VERSION}${operation}${key} ${value}`;

/** The first line of a segment: which one it is, and the last frame of the segment before it. */
const Beginning = z.strictObject({
  segment: z.int().min(1),
  after: z.strictObject({ number: z.int().min(1), sum: z.string() }).nullable(),
});
export const beginning = (segment: number, after: Head | null): string =>
  encodeLine('#', '', JSON.stringify({ segment, after } satisfies z.infer<typeof Beginning>));

export interface Log {
  /** Bytes of each segment up to the end of its last frame, oldest first. */
  readonly sizes: Map<number, number>;
  /** The last frame; null in a log without any. */
  readonly last: Head | null;
  /** What was acknowledged; undefined in a log that has not begun. */
  readonly head: Head | undefined;
  /** Where a crash tore the newest segment; nothing after it was ever acknowledged. */
  readonly torn: { readonly segment: number; readonly at: number } | undefined;
  /** Segments that the log does not need any more: a crash came before they were removed. */
  readonly obsolete: readonly number[];
}

export const nameOf = (segment: number): string => `${String(segment).padStart(8, '0')}.log`;

/**
 * Reads the whole log and calls `onLine` for each line, in order.
 * @throws JournalDamaged when a segment or a frame is missing, changed, or not where it was
 */
export function readLog(disk: Disk, onLine: (line: Line, segment: number) => void): Log {
  const refuse = (what: string): never => {
    throw new JournalDamaged(
      `The journal in ${disk.place} is damaged: ${what}. Nothing in it was changed: ${WAY_OUT}.`,
    );
  };
  const segments = segmentsOf(disk);
  const head = readHead(disk);
  if (head === null) refuse(`its file ${HEAD} cannot be read`);
  const sizes = new Map<number, number>();
  let last: Head | null = null;
  let needed = 1;
  let torn: Log['torn'];
  for (const [index, segment] of segments.entries()) {
    const name = nameOf(segment);
    const before: number | undefined = segments[index - 1];
    if (before !== undefined && segment !== before + 1) refuse(`${nameOf(before + 1)} is missing`);
    const bytes = disk.read(name);
    let at = 0;
    for (;;) {
      const frame: ReturnType<typeof readFrame> = readFrame(bytes, at);
      const expected: number = (last?.number ?? 0) + 1;
      if (frame === 'end' && at > 0) break;
      if (frame === 'end' || frame === 'torn') {
        if (index < segments.length - 1)
          refuse(`${name} ends at byte ${bytes.length}, in the middle of frame ${expected}`);
        torn = { segment, at };
        break;
      }
      if (frame === 'damaged') return refuse(`frame ${expected}, at byte ${at} of ${name}, is not as it was written`);
      const lines = frame.lines.map((line) => parseLine(line) ?? refuse(unreadable(line, name, at)));
      if (at === 0) {
        const begins = beginningOf(lines[0]) ?? refuse(`${name} does not say which segment it is`);
        if (begins.segment !== segment) refuse(`${name} is segment ${begins.segment} under another name`);
        if (index === 0) last = begins.after;
        else if (begins.after?.number !== last?.number || begins.after?.sum !== last?.sum) {
          const end = `${nameOf(segment - 1)} ends with frame ${last?.number}`;
          refuse(`${end}, and ${name} goes on after frame ${begins.after?.number ?? 0} of another`);
        }
      }
      const next: number = (last?.number ?? 0) + 1;
      if (frame.number !== next) refuse(`frame ${next} is missing: frame ${frame.number} is in its place in ${name}`);
      if (head?.number === frame.number && head.sum !== frame.sum) refuse(`frame ${next} of ${name} is another one`);
      for (const line of lines) {
        if (line.operation === '>') needed = Number(line.key);
        else if (line.operation !== '#') onLine(line, segment);
      }
      last = { number: frame.number, sum: frame.sum };
      at = frame.end;
    }
    if (at > 0) sizes.set(segment, at);
  }
  const oldest = segments[0];
  if (oldest !== undefined && oldest > needed) refuse(`${nameOf(needed)} is missing`);
  if (head && head.number > (last?.number ?? 0)) {
    const gone = `frames ${(last?.number ?? 0) + 1} to ${head.number}, which were acknowledged, are missing`;
    refuse(`${gone} from its end (${oldest === undefined ? 'it has no segment' : nameOf(segments.at(-1) ?? oldest)})`);
  }
  // Nothing is acknowledged before the head is there.
  if (head === undefined && (last?.number ?? 0) > 1) refuse(`its file ${HEAD} is missing`);
  return { sizes, last, head: head ?? undefined, torn, obsolete: segments.filter((segment) => segment < needed) };
}

export const segmentsOf = (disk: Disk): number[] =>
  disk
    .list()
    .filter((name) => /^\d{8}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);

function parseLine(text: string): Line | undefined {
  const [, version, operation, key = '', value = ''] = LINE.exec(text) ?? [];
  return version === VERSION && isOperation(operation) ? { operation, key, value } : undefined;
}

const isOperation = (text: string | undefined): text is Operation => text !== undefined && '+=-!#>'.includes(text);

function unreadable(line: string, name: string, at: number): string {
  const version = /^\d+/.exec(line)?.[0];
  const what = version === undefined ? 'a line of no version' : `a line of version ${version}`;
  return `${name} has ${what} in the frame at byte ${at}, and this program reads version ${VERSION}`;
}

function beginningOf(line: Line | undefined): z.infer<typeof Beginning> | undefined {
  if (line?.operation !== '#') return undefined;
  try {
    return Beginning.safeParse(JSON.parse(line.value)).data;
  } catch {
    return undefined;
  }
}

/** The lines of whole frames, up to the first that is not whole; for a segment that has been checked before. */
export function* linesIn(bytes: Buffer): Generator<Line> {
  let at = 0;
  for (let frame = readFrame(bytes, at); isFrame(frame); frame = readFrame(bytes, at)) {
    at = frame.end;
    for (const text of frame.lines) {
      const line = parseLine(text);
      if (line !== undefined) yield line;
    }
  }
}

const isFrame = (found: ReturnType<typeof readFrame>): found is Frame => typeof found === 'object';

/** What a check of a journal found; without problems, all that was ever acknowledged is there. */
export interface JournalCheck {
  readonly segments: number;
  readonly frames: number;
  readonly bytes: number;
  /** Sentences, empty where all is well. */
  readonly problems: readonly string[];
}

/** Reads a journal from beginning to end and changes nothing. */
export function verifyJournal(disk: Disk): JournalCheck {
  try {
    const { sizes, last } = readLog(disk, () => undefined);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    return { segments: sizes.size, frames: last?.number ?? 0, bytes, problems: [] };
  } catch (error) {
    if (!(error instanceof JournalDamaged)) throw error;
    return { segments: segmentsOf(disk).length, frames: 0, bytes: 0, problems: [error.message] };
  }
}
