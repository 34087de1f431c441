import { SACCT } from '../near-miss.ts';
import { shown, UnusableFile } from '../refusal.ts';
import { unitOf } from '../spans.ts';
import { delimiterOf } from './delimiter.ts';
import { type Look, lookAt } from './look.ts';
import { namesIn } from './quotes.ts';

/** The columns of a history (CALIBRATION.md section 8), and those from which they can be derived. */
export const COLUMNS = [
  'submitted_at',
  'cluster_id',
  'platform',
  'job_id',
  'p_long_wait',
  'predicted_wait_s',
  'actual_wait_s',
  'long_wait',
  'label_at',
  'gpus',
  'procs',
  'queue',
  'run_s',
  'started_at',
  'ended_at',
  'state',
  'censored',
  'nodes',
] as const;
export type Column = (typeof COLUMNS)[number];

/** Other names of columns, in order of precedence, in lower case, only letters and digits, without a unit. */
const ALIASES: Readonly<Record<Column, readonly string[]>> = {
  submitted_at: [
    'submittedat',
    'submitted',
    'submit',
    'submittime',
    'submitts',
    'submittimestamp',
    'submission',
    'submissiontime',
    'submitdate',
    'timesubmit',
    'created',
    'createdat',
    'creationtimestamp',
    'creationtime',
    'createtime',
    'queuedat',
    'enqueuedat',
    'enqueuetime',
    'arrivaltime',
    'arrival',
    'eligible',
    'eligibletime',
  ],
  cluster_id: ['clusterid', 'cluster', 'clustername'],
  platform: ['platform'],
  job_id: ['jobid', 'id', 'job', 'workload', 'jobidraw', 'idjob', 'uid'],
  p_long_wait: ['plongwait', 'p', 'probability', 'score'],
  predicted_wait_s: ['predictedwait'],
  actual_wait_s: [
    'actualwait',
    'wait',
    'waittime',
    'waiting',
    'waitingtime',
    'waited',
    'queuewait',
    'queuewaittime',
    'queuetime',
    'queuedtime',
    'queueingtime',
    'timeinqueue',
    'admittedwait',
    'admissionwait',
    'pendingtime',
    'planned',
    'reserved',
  ],
  long_wait: ['longwait'],
  label_at: ['labelat'],
  gpus: [
    'gpus',
    'gpu',
    'gpunum',
    'numgpus',
    'numgpu',
    'ngpus',
    'ngpu',
    'gpucount',
    'reqgpus',
    'requestedgpus',
    'allocgpus',
  ],
  procs: [
    'procs',
    'cpus',
    'reqcpus',
    'cpu',
    'cpunum',
    'ncpus',
    'numcpus',
    'cores',
    'processors',
    'alloccpus',
    'nprocs',
    'requestedcpus',
  ],
  queue: ['queue', 'partition', 'queuename', 'localqueue', 'jobqueue', 'vc', 'virtualcluster'],
  run_s: ['run', 'runtime', 'elapsedraw', 'elapsed', 'duration'],
  started_at: ['startedat', 'start', 'starttime', 'startts', 'started', 'timestart', 'startdate', 'admittedat'],
  ended_at: [
    'endedat',
    'end',
    'endtime',
    'endts',
    'ended',
    'timeend',
    'finishedat',
    'finishtime',
    'stoppedat',
    'completedat',
  ],
  state: ['state', 'status', 'jobstate', 'jobstatus'],
  censored: ['censored'],
  nodes: ['nodelist'],
};
/** Slurm's columns that list resources; requested ones take precedence over allocated ones. */
const RESOURCES = ['reqtres', 'tresreq', 'alloctres', 'reqgres', 'allocgres', 'tresalloc'];

const FREE_TEXT = new Set([
  'jobname',
  'comment',
  'admincomment',
  'systemcomment',
  'workdir',
  'submitline',
  'constraints',
  'extra',
]);

/** Index of each column in a line; -1 if the file has none. */
export type Layout = Readonly<Record<Column, number>> & {
  readonly width: number;
  readonly delimiter: Buffer;
  readonly names: readonly string[];
  readonly header: string;
  /** Written by sacct: with steps, without quotes. */
  readonly isSlurm: boolean;
  /** The platform of all its jobs, if a table of this kind can only come from one. */
  readonly writtenBy: string;
  /** The only free-text column of a sacct table, which may contain delimiters; -1 if there are none or several. */
  readonly freeText: number;
  readonly resources: readonly number[];
  /** The unit of a column of durations or numeric times, in seconds. */
  readonly units: Readonly<Record<Measured, number>>;
  /** Assumptions made, as sentences. */
  readonly notes: readonly string[];
};

type Measured =
  | ('actual_wait_s' | 'predicted_wait_s' | 'run_s')
  | ('submitted_at' | 'started_at' | 'ended_at' | 'label_at');

/** Which column of a file maps to which of ours. */
export type Mapping = ReadonlyMap<Column, string>;

/** The mapping is invalid: nothing runs. */
export class UnknownColumn extends Error {
  override readonly name = 'UnknownColumn' as const;
}

/** @throws UnknownColumn for `--map` parts that are not `name=column` with one of our names */
export function parseMapping(text: string, mapping: Map<Column, string> = new Map()): Map<Column, string> {
  for (const part of text.split(',')) {
    const [name, ...rest] = part.split('=');
    const column = COLUMNS.find((known) => known === name?.trim());
    const theirs = rest.join('=').trim();
    if (column === undefined || theirs === '') {
      throw new UnknownColumn(`"${part}" is not name=column with a name of ${COLUMNS.join(', ')}`);
    }
    mapping.set(column, theirs);
  }
  return mapping;
}

/** How many names of a header we know. */
export function familiar(names: readonly string[], mapping: Mapping): number {
  const mapped = new Set([...mapping.values()].map((name) => name.toLowerCase()));
  return names.filter((name) => mapped.has(name.toLowerCase()) || FAMILIAR.has(plain(name))).length;
}

const FAMILIAR = new Set([...Object.values(ALIASES).flat(), ...RESOURCES]);

function plain(name: string): string {
  return unitOf(name)
    .base.toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Reads a header line: the mapped name takes precedence, then our own, then other known names; case is ignored.
 *
 * @param samples some of the lines below it, to check the content of a column before its name is trusted
 * @throws UnusableFile if the time, or everything from which a wait could be derived, is missing
 */
export function layoutOf(line: string, mapping: Mapping, samples: readonly string[] = []): Layout {
  const header = line.replace(/^\ufeff/, '').replace(/\r$/, '');
  const delimiter = delimiterOf(header, (names) => familiar(names, mapping));
  const names = namesIn(header, delimiter);
  const notes: string[] = [];
  const at = new Map(COLUMNS.map((column) => [column, indexOf(column, names, mapping, notes)]));
  const isSlurm = names.some((name) => /^jobid(raw)?$/i.test(name)) && names.some((name) => /^submit$/i.test(name));
  const look = lookAt(samples.map((sample) => (isSlurm ? sample.split(delimiter) : namesIn(sample, delimiter))));
  believe(at, names, mapping, look, notes);

  const of = (column: Column): number => at.get(column) ?? -1;
  const unit = (column: Column): number => unitOf(names[of(column)] ?? '').unit;
  const isKueue = /^workload$/i.test(names[of('job_id')] ?? '');
  const layout: Layout = {
    ...byColumn(of),
    width: names.length,
    delimiter: Buffer.from(delimiter),
    names,
    header,
    isSlurm,
    notes,
    writtenBy: isSlurm ? 'slurm' : isKueue ? 'kubernetes' : '',
    freeText: isSlurm ? onlyFreeText(names) : -1,
    resources: RESOURCES.map((name) => names.findIndex((one) => plain(one) === name)).filter((index) => index >= 0),
    units: {
      actual_wait_s: unit('actual_wait_s'),
      predicted_wait_s: unit('predicted_wait_s'),
      run_s: /raw$/i.test(names[of('run_s')] ?? '') ? 1 : unit('run_s'),
      submitted_at: unit('submitted_at'),
      started_at: unit('started_at'),
      ended_at: unit('ended_at'),
      label_at: unit('label_at'),
    },
  };
  refuseUnusable(layout);
  return layout;
}

function onlyFreeText(names: readonly string[]): number {
  const free = names.flatMap((name, i) => (FREE_TEXT.has(plain(name)) ? [i] : []));
  return free.length === 1 ? (free[0] ?? -1) : -1;
}

function byColumn(of: (column: Column) => number): Record<Column, number> {
  return {
    submitted_at: of('submitted_at'),
    cluster_id: of('cluster_id'),
    platform: of('platform'),
    job_id: of('job_id'),
    p_long_wait: of('p_long_wait'),
    predicted_wait_s: of('predicted_wait_s'),
    actual_wait_s: of('actual_wait_s'),
    long_wait: of('long_wait'),
    label_at: of('label_at'),
    gpus: of('gpus'),
    procs: of('procs'),
    queue: of('queue'),
    run_s: of('run_s'),
    started_at: of('started_at'),
    ended_at: of('ended_at'),
    state: of('state'),
    censored: of('censored'),
    nodes: of('nodes'),
  };
}

function indexOf(column: Column, names: readonly string[], mapping: Mapping, notes: string[]): number {
  const lower = names.map((name) => name.toLowerCase());
  const mapped = mapping.get(column);
  let at = mapped === undefined ? -1 : lower.indexOf(mapped.toLowerCase());
  if (at < 0) {
    at = lower.indexOf(column);
    if (at < 0) {
      const bare = names.map(plain);
      at = ALIASES[column].map((alias) => bare.indexOf(alias)).find((index) => index >= 0) ?? -1;
    }
    if (mapped !== undefined) {
      const instead = at < 0 ? 'it is taken for missing' : `its own ${names[at]} is taken`;
      notes.push(`there is no column "${mapped}" to stand for ${column}; ${instead}`);
    }
  }
  if (at >= 0 && lower.lastIndexOf(lower[at] ?? '') > at)
    notes.push(`column ${names[at]} appears twice; the first counts`);
  return at;
}

/** Checks the content of columns whose names other files use for something else. */
function believe(
  at: Map<Column, number>,
  names: readonly string[],
  mapping: Mapping,
  look: Look,
  notes: string[],
): void {
  const of = (column: Column): number => at.get(column) ?? -1;
  const called = (index: number): string => `"${shown(names[index] ?? '')}"`;
  const p = of('p_long_wait');
  if (p >= 0 && !mapping.has('p_long_wait') && !/^p_long_wait$/i.test(names[p] ?? '')) {
    const others = ALIASES.p_long_wait.map((alias) => names.findIndex((name) => plain(name) === alias));
    const taken = others.find((index) => index >= 0 && look.isProbability(index)) ?? -1;
    at.set('p_long_wait', taken);
    if (taken >= 0)
      notes.push(`column ${called(taken)} is taken for the probability of a long wait: its values are from 0 to 1`);
    else {
      notes.push(
        `column ${called(p)} is not taken for a probability, since its values are not from 0 to 1; if it is one, say --map p_long_wait=${names[p]}`,
      );
    }
  }
  const queue = of('queue');
  if (queue < 0 || mapping.has('queue') || !/queue/i.test(names[queue] ?? '') || !look.isNumeric(queue)) return;
  const submitted = of('submitted_at');
  const waits = look.isDifference(queue, of('started_at'), submitted);
  const nothingElse = of('actual_wait_s') < 0 && of('started_at') < 0 && of('long_wait') < 0;
  if (!waits && !nothingElse) return;
  const other = ALIASES.queue.map((alias) => names.findIndex((name) => plain(name) === alias));
  const instead = other.find((index) => index >= 0 && index !== queue) ?? -1;
  at.set('queue', instead);
  if (of('actual_wait_s') < 0) at.set('actual_wait_s', queue);
  const name = instead < 0 ? 'no column names the queue' : `the queue is ${called(instead)}`;
  notes.push(
    waits
      ? `column ${called(queue)} holds the seconds from submission to start, not the name of a queue; ${name}`
      : `column ${called(queue)} holds numbers, and nothing else gives a wait: it is taken for seconds in the queue; if it names queues, add a column with the wait, and say --map actual_wait_s=column,queue=${names[queue]}`,
  );
}

function refuseUnusable(layout: Layout): void {
  const missing: string[] = layout.submitted_at < 0 ? ['submitted_at'] : [];
  if (layout.actual_wait_s < 0 && layout.started_at < 0) {
    const labels = (['long_wait', 'label_at'] as const).filter((column) => layout[column] < 0);
    if (labels.length === 2) missing.push('actual_wait_s');
    else missing.push(...labels);
  }
  if (missing.length === 0) return;
  const has = layout.names.map((name) => `"${shown(name)}"`).slice(0, 30);
  const headless =
    /\d{4}-\d\d-\d\d[T ]\d\d/.test(layout.header) || layout.names.every((name) => /^[\d\s.+-]*$/.test(name));
  const what = headless ? 'the first line names no columns, it holds' : 'the file has';
  const again =
    layout.isSlurm || headless
      ? `Export it again with: ${SACCT}`
      : `Name yours with --map ${missing.map((name) => `${name}=column`).join(',')}`;
  throw new UnusableFile(
    `no column ${missing.join(', ')}; ${what} ${has.join(', ')}. Needed are the time of submission, and the wait, the time of the start, or long_wait with label_at. ${again}`,
  );
}
