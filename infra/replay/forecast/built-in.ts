import {
  countEnded,
  countLabelled,
  countLeft,
  countStarted,
  countSubmitted,
  emptyForecast,
  forecast,
} from '../../../functions/domain/forecast/forecast.ts';
import { FORECAST } from '../../../functions/domain/forecast/numbers.ts';
import type { Asked } from '../../../functions/domain/forecast/queue.ts';
import { coldForecast } from '../../../functions/domain/forecast/state.ts';
import { emptyTables, evict, isOverfull } from '../../../functions/domain/forecast/tables.ts';
import type { Row } from '../import/row.ts';
import type { Recalibration } from '../recalibration.ts';
import type { Forecaster, Said } from './forecaster.ts';
import { HAPPENS, QueueEvents } from './queue-events.ts';

/** A counted job, until its label and its start or departure are known. Then reused for another. */
class Counted implements Asked {
  gpus = 0.5;
  procs = 0.5;
  queue = '';
  shape = '';
  submittedAt = 0.5;
  /** VGAC's, if used. */
  p: number | null = 0.5;
  waitSeconds = 0.5;
  /** NaN if not reported. */
  runSeconds = 0.5;
  y: 0 | 1 = 0;
  /** Its start teaches nothing about waits. */
  touched = false;
  /** Its number for the recalibration, if there is one. */
  round = 0;
  /** How many facts about it are still missing. */
  open = 0;
  readonly taught = emptyForecast();
  readonly inputs = this.taught.inputs;
  readonly z = this.taught.z;

  get at(): number {
    return this.submittedAt;
  }
}

interface BuiltInOptions {
  /** Whether p is one more input while it proves useful. */
  readonly letsVgacIn: boolean;
  /** Whether the labels of touched jobs are known. */
  readonly seesTouched: boolean;
  /** T. */
  readonly longWaitSeconds: number;
  /** Null if nothing is refitted. */
  readonly recalibration: Recalibration | null;
}

/** The built-in forecast on a replayed queue: each job is forecast from what was known before it. */
export class BuiltIn implements Forecaster {
  readonly state = coldForecast();
  private readonly options: BuiltInOptions;
  private readonly tables = emptyTables();
  private readonly events = new QueueEvents();
  private readonly jobs: Counted[] = [];
  /** Indexes in `jobs` that can be reused. */
  private readonly free: number[] = [];
  private place = 0;

  constructor(options: BuiltInOptions) {
    this.options = options;
  }

  get recalibration(): Recalibration | null {
    return this.options.recalibration;
  }

  /** Jobs known to be waiting. */
  get pending(): number {
    return this.state.queue.pending;
  }

  get aged(): number {
    return this.state.queue.aged.pending;
  }

  serve(row: Row, into: Said): void {
    this.settle(row.submittedAt);
    this.recalibration?.step(this.state);
    const job = this.take();
    job.gpus = known(row.gpus);
    job.procs = known(row.procs);
    job.queue = row.queue;
    job.shape = `${job.gpus} ${job.procs}`;
    job.submittedAt = row.submittedAt;
    job.p = this.options.letsVgacIn && !Number.isNaN(row.p) ? row.p : null;
    const { taught } = job;
    forecast(this.state, this.tables, job, job, taught);
    into.q = taught.q;
    into.waitSeconds = taught.waitSeconds;
    into.by = taught.withVgac ? 'both' : 'builtin';
  }

  decided(row: Row, touched: boolean): void {
    const { place, state, tables, events, options } = this;
    const job = this.jobs[place];
    if (job === undefined) return;
    countSubmitted(state, tables, job, job);
    job.round = options.recalibration?.submitted(row.submittedAt, job.taught) ?? 0;
    job.touched = touched && !options.seesTouched;
    job.y = row.longWait ? 1 : 0;
    job.runSeconds = row.runSeconds;
    job.waitSeconds = waitOf(row);
    job.open = 1;
    if (!Number.isNaN(job.waitSeconds)) events.add(row.submittedAt + job.waitSeconds, HAPPENS.start, place);
    else if (!Number.isNaN(row.leftAt)) events.add(row.leftAt, HAPPENS.leave, place);
    else events.add(row.submittedAt + FORECAST.ageSeconds, HAPPENS.age, place);
    if (row.censored || job.touched) return;
    job.open += 1;
    events.add(row.labelAt, HAPPENS.label, place);
  }

  /** Labels reach it among the other events of its queue, in order. */
  label(): void {}

  private settle(until: number): void {
    const { events, state, tables } = this;
    while (events.nextAt <= until) {
      const { nextAt: at, nextKind: kind, nextValue: value } = events;
      events.remove();
      if (kind === HAPPENS.end) countEnded(state.queue, Number.isNaN(value) ? null : value);
      else this.happen(kind, at, value);
      if (isOverfull(state.queue.tables)) evict(state.queue.tables, tables);
    }
  }

  private happen(kind: number, at: number, place: number): void {
    const { state, tables, events, options } = this;
    const job = this.jobs[place];
    if (job === undefined) return;
    if (kind === HAPPENS.label) {
      countLabelled(state, tables, job, job, options.longWaitSeconds);
      options.recalibration?.labelled(job.round, job.y);
    } else if (kind === HAPPENS.start) {
      countStarted(state, tables, job, job);
      if (!job.touched) options.recalibration?.started(job.round, job.waitSeconds);
      const { runSeconds } = job;
      events.add(at + (Number.isNaN(runSeconds) ? state.queue.runSeconds : runSeconds), HAPPENS.end, runSeconds);
    } else {
      countLeft(state.queue, tables, job);
      if (kind === HAPPENS.age) state.queue.aged.pending += 1;
    }
    job.open -= 1;
    if (job.open === 0) this.free.push(place);
  }

  private take(): Counted {
    this.place = this.free.pop() ?? this.jobs.length;
    const free = this.jobs[this.place];
    if (free !== undefined) return free;
    const job = new Counted();
    this.jobs.push(job);
    return job;
  }
}

/**
 * How long a job pends before it starts; NaN if it does not start, or this is unknown. If a file has only labels, a short wait
 * ends at its label; the length of a long one is unknown, so that job pends until it has aged.
 */
function waitOf({ waitSeconds, longWait, censored, leftAt, labelAt, submittedAt }: Row): number {
  if (!Number.isNaN(waitSeconds)) return waitSeconds;
  return longWait || censored || !Number.isNaN(leftAt) ? Number.NaN : labelAt - submittedAt;
}

/** Unknown or negative values count as 0. */
function known(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(0, value);
}
