import { JsonItems } from './json-items.ts';
import { JsonReader } from './json-reader.ts';
import { Lines, type OnRecord } from './lines.ts';
import { nearMiss } from './near-miss.ts';
import type { RecordReader } from './reading.ts';
import { UnusableFile } from './refusal.ts';
import { isSwf, SwfReader } from './swf.ts';
import { familiar, type Layout, layoutOf, type Mapping } from './table/columns.ts';
import { RowReader } from './table/row-reader.ts';
import { TableReader } from './table/table-reader.ts';
import { Times } from './times.ts';
import type { Zone } from './zone.ts';

/** This many lines before the header may be something else: a prompt, a warning, a comment. */
const BEFORE_HEADER = 20;
const SAMPLES = 200;
const YEAR_2000 = 946_684_800;
/** Known names that a line needs to be a header if it is not the first. */
const CERTAIN = 3;

export interface FormatOptions {
  readonly mapping: Mapping;
  /** T, for files that have waits but no labels. */
  readonly longWaitSeconds: number;
  /** Zone of times that name none; without it they are refused. */
  readonly zone?: Zone | undefined;
}

/** The format of a file. */
export interface Format {
  readonly name: string;
  readonly reader: RecordReader;
  /** Assumptions made, as sentences. */
  readonly notes: readonly string[];
  /** Worth reading unsorted: usually in the order of submission, and complete. */
  readonly isOrdered: boolean;
  /** Number of the first line or object that may be a job. */
  readonly firstLine: number;
  cut(onRecord: OnRecord, onTooLong: (line: number) => void): { push(chunk: Buffer): void; end(): void };
}

/**
 * Recognises the format of a file by its beginning, whatever its name.
 *
 * @throws UnusableFile if it cannot be a history
 */
export function recognise(head: Buffer, options: FormatOptions): Format {
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '') throw new UnusableFile('the file is empty');
  if (/^\s*[[{]/.test(text)) return json(options);
  const lines = text.split('\n');
  if (isSwf(lines)) return swf(lines, options);
  try {
    return table(lines, options);
  } catch (cause) {
    if (!(cause instanceof UnusableFile)) throw cause;
    if (head.includes(0)) throw new UnusableFile(binary(head), { cause });
    const known = nearMiss(lines);
    throw known === null ? cause : new UnusableFile(known, { cause });
  }
}

function binary(head: Buffer): string {
  const [first, second] = head;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const what = isWide ? 'it is text in UTF-16: save it as UTF-8' : 'it is not text: unpack it, or export it as text';
  return `${what}. Supported are sacct --parsable2, SWF, CSV, and JSON of kubectl get workloads and aws batch describe-jobs, plain or gzip`;
}

function json({ longWaitSeconds, zone }: FormatOptions): Format {
  const reader = new JsonReader(longWaitSeconds, new Times(zone ?? null));
  return {
    name: 'JSON',
    reader,
    notes: [],
    isOrdered: false,
    firstLine: 1,
    cut: (onRecord, onTooLong) => new JsonItems(onRecord, onTooLong),
  };
}

function swf(lines: readonly string[], { longWaitSeconds }: FormatOptions): Format {
  const reader = new SwfReader(longWaitSeconds);
  const says = (line: string): boolean => line.trim() !== '' && !line.trimStart().startsWith(';');
  for (const [i, line] of lines.slice(0, lines.findIndex(says)).entries()) reader.comment(line, i + 1);
  const isRelative = Number(lines.find(says)?.trim().split(/\s+/)[1] ?? 0) < YEAR_2000;
  const notes =
    isRelative && !reader.hasStart
      ? ['there is no "; UnixStartTime:" in it: times are seconds from the beginning of the log']
      : [];
  return { name: 'SWF', reader, notes, isOrdered: true, firstLine: 1, cut: lineByLine };
}

function table(lines: readonly string[], options: FormatOptions): Format {
  const { mapping, longWaitSeconds, zone } = options;
  const header = headerIn(lines, mapping);
  // The last line of the sample may be cut off.
  const samples = lines.slice(header + 1, Math.max(header + 2, lines.length - 1)).slice(0, SAMPLES);
  const layout = layoutOf(
    lines[header] ?? '',
    mapping,
    samples.filter((line) => line.trim() !== ''),
  );
  const times = new Times(zone ?? null);
  const reader = new RowReader(layout, longWaitSeconds, times);
  const notes = [...layout.notes];
  if (header > 0 && lines.slice(0, header).some((line) => line.trim() !== '')) {
    notes.unshift(`the column names are in line ${header + 1}; everything above them is left out`);
  }
  const submissions = submissionsIn(reader, samples);
  if (submissions.length > 0 && submissions.every((at) => at < YEAR_2000))
    notes.push('times are before the year 2000, so they count from the beginning of the log');
  if (times.hasUsedZone) notes.push(`times name no zone and are read as those of ${zone?.name}`);
  const modern = submissions.filter((at) => at >= YEAR_2000).length;
  const since = modern > submissions.length / 2 ? YEAR_2000 : Number.NEGATIVE_INFINITY;
  const reading = { mapping, longWaitSeconds, times: new Times(zone ?? null), since };
  return {
    name: nameOf(layout),
    reader: new TableReader(layout, reading),
    notes,
    isOrdered: !layout.isSlurm,
    firstLine: header + 2,
    cut: lineByLine,
  };
}

const lineByLine: Format['cut'] = (onRecord, onTooLong) => new Lines(onRecord, onTooLong);

function nameOf({ isSlurm }: Layout): string {
  return isSlurm ? 'sacct' : 'table';
}

/** The first line with known names, unless a later one has more. */
function headerIn(lines: readonly string[], mapping: Mapping): number {
  const first = lines.findIndex((line) => line.replace(/^\ufeff/, '').trim() !== '');
  const knows = (line: string): number => familiar(line.split(/[^\p{L}\p{N}_ "().-]+/u).map(unquoted), mapping);
  if (knows(lines[first] ?? '') > 1) return first;
  const later = lines.slice(0, BEFORE_HEADER).findIndex((line) => knows(line) >= CERTAIN);
  return later < 0 ? first : later;
}

function unquoted(name: string): string {
  return name.trim().replaceAll('"', '');
}

function submissionsIn(reader: RowReader, samples: readonly string[]): number[] {
  reader.lookAhead();
  return samples.flatMap((sample, i) => {
    const bytes = Buffer.from(sample);
    return reader.read(bytes, 0, bytes.length, i) === null ? [reader.row.submittedAt] : [];
  });
}
