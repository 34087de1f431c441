import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { command } from '../../functions/domain/command.ts';
import { Cluster } from './cluster.ts';
import { type DecisionFile, quoted } from './decisions.ts';
import type { ForecastName } from './forecast/forecaster.ts';
import { type Faults, noFaults } from './import/faults.ts';
import { type ReadOptions, readHistory } from './import/history.ts';
import { WholeFileNeeded } from './import/reading.ts';
import { UnusableFile } from './import/refusal.ts';
import type { Row } from './import/row.ts';
import type { RuleSet } from './rules.ts';
import { OutOfOrder, type ReplayedDecision } from './stream.ts';

export interface FileOptions extends Omit<ReadOptions, 'sorted'> {
  readonly rules: RuleSet;
  /** Which forecast is acted on; null for the default: both if the file has probabilities, otherwise the built-in one. */
  readonly forecast: ForecastName | null;
  /** Whether to compare with the core rules, simpler rules and the other forecasts. */
  readonly beside: boolean;
  readonly decisions: DecisionSink | null;
}

/** Where decisions are written. */
export type DecisionSink = Pick<DecisionFile, 'add' | 'mark' | 'backTo'>;

/** The result of one file. */
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
  readonly cluster: Cluster;
}

/** The file holds more than one cluster, so the stream's name has to say which. */
class ManyClusters extends Error {
  override readonly name = 'ManyClusters' as const;
}

/** The first row of a cluster has no probability, but a later one has. */
class HasProbabilities extends Error {
  override readonly name = 'HasProbabilities' as const;
}

/** What is known of a file only after reading it. */
interface Known {
  sorted: boolean;
  many: boolean;
  /** Probabilities appear later in it. */
  hasP: boolean;
}

/**
 * Replays one file, each of its clusters as a stream of its own. A file is assumed to be one cluster in the order of
 * submission, and read again if it turns out not to be.
 *
 * @param name what its streams are called
 */
export async function replayFile(path: string, name: string, options: FileOptions): Promise<FileResult> {
  const known: Known = { sorted: true, many: false, hasP: false };
  const mark = options.decisions?.mark() ?? 0;
  for (;;) {
    let read = 0;
    const onRead = (bytes: number): void => {
      read += bytes;
      options.onRead(bytes);
    };
    try {
      return await replayOnce(path, name, { ...options, onRead }, known, mark);
    } catch (error) {
      if ((error instanceof OutOfOrder || error instanceof WholeFileNeeded) && known.sorted) known.sorted = false;
      else if (error instanceof ManyClusters && !known.many) known.many = true;
      else if (error instanceof HasProbabilities && !known.hasP) known.hasP = true;
      else throw error;
      options.decisions?.backTo(mark);
      options.onRead(-read);
    }
  }
}

async function replayOnce(
  path: string,
  name: string,
  options: FileOptions,
  known: Known,
  mark: number,
): Promise<FileResult> {
  const streams = new Map<string, NamedStream>();
  const faults = noFaults();
  let current: NamedStream | null = null;
  let jobs = 0;
  const onRow = (row: Row): void => {
    if (current === null || current.cluster.clusterId !== row.clusterId) {
      current = streams.get(row.clusterId) ?? open(row.clusterId, known.hasP || !Number.isNaN(row.p));
    }
    if (!current.cluster.hasP && !Number.isNaN(row.p)) throw new HasProbabilities(`line ${row.line} has one`);
    current.cluster.add(row);
    jobs += 1;
  };
  const open = (clusterId: string, hasP: boolean): NamedStream => {
    if (streams.size > 0 && !known.many) throw new ManyClusters(`${path} holds more than one cluster`);
    const called = known.many ? `${name}/${clusterId}` : name;
    const opened = { name: called, cluster: clusterOf(called, clusterId, hasP, options) };
    streams.set(clusterId, opened);
    return opened;
  };
  const start = performance.now();
  let failure: string | null = null;
  try {
    await readHistory(path, { ...options, sorted: !known.sorted }, faults, onRow);
  } catch (error) {
    if ([OutOfOrder, WholeFileNeeded, ManyClusters, HasProbabilities].some((kind) => error instanceof kind))
      throw error;
    failure = reasonOf(error, jobs);
  }
  for (const { cluster } of streams.values()) cluster.finish();
  if (jobs === 0 && failure === null) failure = nothingReadable(faults);
  if (options.forecast === 'file' && jobs > 0 && ![...streams.values()].some(({ cluster }) => cluster.hasP)) {
    options.decisions?.backTo(mark);
    return { path, streams: [], faults, failure: NO_PROBABILITIES, jobsPerSecond: null };
  }
  faults.notes = [...faults.notes, ...repeats([...streams.values()])];
  const seconds = (performance.now() - start) / 1000;
  return {
    path,
    streams: [...streams.values()],
    faults,
    failure,
    jobsPerSecond: jobs === 0 ? null : jobs / seconds,
  };
}

const NO_PROBABILITIES =
  '--forecast file acts on the probabilities of the file, but it has none: name their column with --map p_long_wait=column, or leave --forecast out: the built-in forecast needs none';

/** The failure for a history without usable rows: says what it needs. */
function nothingReadable({ count, first: [first], kinds }: Faults): string {
  const needed = 'each row needs submitted_at, and either actual_wait_s or long_wait with label_at';
  if (first === undefined) return `there is no job in it, and no row that could be one; ${needed}`;
  const rows = count === 1 ? 'not even the only row' : `none of the ${count} rows`;
  const local = [...kinds.keys()].some((kind) => kind.includes('no time zone'));
  const hint = local
    ? '. Its times are local: add --timezone with the zone of the cluster, e.g. --timezone Europe/Berlin'
    : '';
  return `${rows} could be read (line ${first.line}: ${first.fault}); ${needed}${hint}`;
}

function repeats(streams: readonly NamedStream[]): string[] {
  const sum = (of: (cluster: Cluster) => number): number =>
    streams.reduce((total, { cluster }) => total + of(cluster), 0);
  const repeated = sum(({ rounds }) => rounds.repeated);
  const tasks = sum(({ rounds }) => rounds.tasks);
  return [
    ...(repeated === 0 ? [] : [`${repeated} rows repeat a round (same job id, same submitted_at) and count once`]),
    ...(tasks === 0 ? [] : [`${tasks} tasks count with the first of their array, as one round`]),
  ];
}

function clusterOf(name: string, clusterId: string, hasP: boolean, options: FileOptions): Cluster {
  const { rules, beside, decisions } = options;
  const column = quoted(name);
  const onDecision = decisions && ((decision: ReplayedDecision) => decisions.add(column, decision));
  const wanted = options.forecast ?? 'both';
  const forecast = wanted === 'both' && !hasP ? 'builtin' : wanted;
  return new Cluster(clusterId, { rules, forecast, hasP, beside, onDecision });
}

function reasonOf(error: unknown, jobs: number): string {
  if (error instanceof UnusableFile) return error.message;
  if (!(error instanceof Error) || !('code' in error)) throw error;
  if (error.code === 'ENOENT')
    return `there is no such file: give the path of your export, as in ${command('replay jobs.txt')}`;
  if (error.code === 'EISDIR')
    return `that is a folder: name the files in it, as in ${command('replay folder/*.csv.gz')}`;
  const after = jobs === 0 ? '' : ` after ${jobs} jobs; what was read before counts`;
  return `${error.message}${after}`;
}

/** Names of files without folder and ending; the whole path where two would be the same. */
export function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) =>
    basename(path)
      .replace(/\.gz$/i, '')
      .replace(/\.(csv|tsv|txt|swf|jsonl?|ndjson)$/i, ''),
  );
  return short.map((name, i) => (short.filter((other) => other === name).length > 1 ? (paths[i] ?? name) : name));
}
