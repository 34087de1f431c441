import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Comparison } from './compare.ts';
import { UnusableHeader } from './csv/columns.ts';
import type { Row } from './csv/row.ts';
import { type DecisionFile, quoted } from './decisions.ts';
import { type Faults, type ReadOptions, readRows, readRowsSorted } from './history.ts';
import type { RuleSet } from './rules.ts';
import { OutOfOrder, Stream } from './stream.ts';

export interface ReplayOptions extends ReadOptions {
  readonly rules: RuleSet;
  readonly compare: boolean;
  readonly decisions: DecisionSink | null;
}

/** Where decisions are written down. */
export type DecisionSink = Pick<DecisionFile, 'add' | 'mark' | 'backTo'>;

/** What came of one file. */
export interface FileResult {
  readonly path: string;
  readonly streams: readonly NamedStream[];
  readonly faults: Faults;
  /** Why the file ended early, or was not read at all. What was read before counts. */
  readonly failure: string | null;
  readonly jobsPerSecond: number | null;
}

export interface NamedStream {
  readonly name: string;
  readonly stream: Stream;
}

/** The file holds more than one cluster, so the stream's name has to say which. */
class ManyClusters extends Error {
  override readonly name = 'ManyClusters' as const;
}

/** What was not known of a file before it was read. */
interface Known {
  sorted: boolean;
  many: boolean;
}

/**
 * Replays one file, each cluster in it as a stream of its own. A file is taken to be one cluster in the order of
 * submission, and read again where it turns out not to be.
 *
 * @param name what its streams are called
 */
export async function replayFile(path: string, name: string, options: ReplayOptions): Promise<FileResult> {
  const known: Known = { sorted: true, many: false };
  const mark = options.decisions?.mark() ?? 0;
  for (;;) {
    let read = 0;
    const onRead = (bytes: number): void => {
      read += bytes;
      options.onRead(bytes);
    };
    try {
      return await replayOnce(path, name, { ...options, onRead }, known);
    } catch (error) {
      if (error instanceof OutOfOrder && known.sorted) known.sorted = false;
      else if (error instanceof ManyClusters && !known.many) known.many = true;
      else throw error;
      options.decisions?.backTo(mark);
      options.onRead(-read);
    }
  }
}

async function replayOnce(path: string, name: string, options: ReplayOptions, known: Known): Promise<FileResult> {
  const streams = new Map<string, NamedStream>();
  const faults: Faults = { count: 0, first: [], notes: [] };
  let current: NamedStream | null = null;
  let jobs = 0;
  const onRow = (row: Row): void => {
    if (current === null || current.stream.clusterId !== row.clusterId) {
      current = streams.get(row.clusterId) ?? open(row.clusterId);
    }
    current.stream.decide(row);
    jobs += 1;
  };
  const open = (clusterId: string): NamedStream => {
    if (streams.size > 0 && !known.many) throw new ManyClusters(`${path} holds more than one cluster`);
    const called = known.many ? `${name}/${clusterId}` : name;
    const opened = { name: called, stream: streamOf(called, clusterId, options) };
    streams.set(clusterId, opened);
    return opened;
  };
  const start = performance.now();
  let failure: string | null = null;
  try {
    await (known.sorted ? readRows : readRowsSorted)(path, options, faults, onRow);
  } catch (error) {
    if (error instanceof OutOfOrder || error instanceof ManyClusters) throw error;
    failure = reasonOf(error, jobs);
  }
  for (const { stream } of streams.values()) stream.finish();
  if (jobs === 0 && failure === null)
    faults.notes = [...faults.notes, 'there is a header, but no job that could be read'];
  const seconds = (performance.now() - start) / 1000;
  return {
    path,
    streams: [...streams.values()],
    faults,
    failure,
    jobsPerSecond: jobs === 0 ? null : jobs / seconds,
  };
}

function streamOf(name: string, clusterId: string, { rules, compare, decisions }: ReplayOptions): Stream {
  const column = quoted(name);
  const write = decisions && ((...told: Told) => decisions.add(column, ...told));
  return new Stream(clusterId, rules, compare ? new Comparison() : null, write);
}

type Told = DecisionSink['add'] extends (stream: string, ...rest: infer Rest) => void ? Rest : never;

function reasonOf(error: unknown, jobs: number): string {
  if (error instanceof UnusableHeader) return error.message;
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const after = jobs === 0 ? '' : ` after ${jobs} jobs; what was read before counts`;
  return `${error.message}${after}`;
}

/** Names of files without folder and ending; the whole path where two would be the same. */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) =>
    basename(path)
      .replace(/\.gz$/i, '')
      .replace(/\.(csv|tsv|txt)$/i, ''),
  );
  return short.map((name, i) => (short.filter((other) => other === name).length > 1 ? (paths[i] ?? name) : name));
}
