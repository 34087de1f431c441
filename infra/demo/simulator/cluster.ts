import type { Platform } from '../../../schemas/primitives.ts';
import type { CollectorEvent } from '../feed/timeline.ts';
import { ClusterActions } from './actions.ts';
import type { SimulatorClock } from './event-loop.ts';
import type { Features } from './feature-set.ts';
import { featuresOf, type Question } from './features.ts';
import type { SimulatedJob } from './job.ts';
import { nodesFor, Partition } from './partition.ts';
import type { Profile } from './profile.ts';
import { type Random, uniform } from './random.ts';
import { schedulingPass } from './scheduling.ts';
import { type Arrival, arrivals } from './workload.ts';

/** A cluster as its users see it. */
export interface ClusterView {
  readonly queueDepth: number;
  readonly pending: number;
  readonly running: number;
  readonly totalGpus: number;
  readonly freeGpus: number;
  /** 0 to 100: GPUs in use. */
  readonly utilisation: number;
  readonly totalNodes: number;
  readonly readyNodes: number;
}

export interface SimulatedClusterOptions {
  readonly profile: Profile;
  readonly clock: SimulatorClock;
  readonly random: Random;
  /** Called for every event as it happens, inside the clock's turn: hold the clock while passing it on. */
  readonly emit: (event: CollectorEvent) => void;
  /** When the profile's regime begins, in ms since the epoch; null for never. */
  readonly regimeAt?: number | null;
  /** When it ends: nodes return and starts are as before; null for never. */
  readonly regimeUntil?: number | null;
  /** Number of the first job, so that a second run does not repeat the ids of the first. */
  readonly firstJobNumber?: number;
}

/**
 * A GPU cluster whose waits are real queue waits: jobs arrive, take GPUs of their queue by priority and turn, and
 * release them. Everything happens on the given clock; the same seed, clock and actions produce the same events.
 * Change it through `actions`.
 */
export class SimulatedCluster {
  readonly clusterId: string;
  readonly platform: Platform;
  readonly profile: Profile;
  /** Changes to jobs that are in the cluster. */
  readonly actions: ClusterActions;
  readonly #clock: SimulatorClock;
  readonly #random: Random;
  readonly #emit: (event: CollectorEvent) => void;
  readonly #regimeAt: number | null;
  readonly #regimeUntil: number;
  readonly #partitions: ReadonlyMap<string, Partition>;
  readonly #jobs = new Map<string, SimulatedJob>();
  /** Pending jobs, and jobs that hold GPUs, per queue. */
  readonly #pending = new Map<string, Set<SimulatedJob>>();
  readonly #holding = new Map<string, Set<SimulatedJob>>();
  readonly #submits = new Map<string, number[]>();
  #nextNumber: number;
  #stopped = false;

  constructor(options: SimulatedClusterOptions) {
    const { profile, clock, random, emit, regimeAt = null, regimeUntil = null, firstJobNumber = 1 } = options;
    this.clusterId = profile.clusterId;
    this.platform = profile.platform;
    this.profile = profile;
    this.actions = new ClusterActions(this);
    this.#clock = clock;
    this.#random = random;
    this.#emit = emit;
    this.#regimeAt = regimeAt;
    this.#regimeUntil = regimeUntil ?? Number.POSITIVE_INFINITY;
    this.#nextNumber = firstJobNumber;
    this.#partitions = new Map(profile.queues.map((queue) => [queue.name, new Partition(queue)]));
    for (const { name } of profile.queues) {
      this.#pending.set(name, new Set());
      this.#holding.set(name, new Set());
      this.#submits.set(name, []);
    }
  }

  /**
   * Schedules the arrivals from now to `until` (ms since the epoch). Jobs in the cluster by then still run to their
   * end.
   */
  start({ until }: { until: number }): void {
    const fromMs = this.#clock.now();
    const coming = arrivals(this.profile, this.#random, { fromMs, untilMs: until, firstNumber: this.#nextNumber });
    this.#nextNumber += coming.length;
    const next = (index: number) => {
      const job = coming[index];
      if (!job || this.#stopped) return;
      this.#clock.at(job.submittedAt, () => {
        if (this.#stopped) return;
        this.submit(job);
        next(index + 1);
      });
    };
    next(0);
    this.#changeRegime();
  }

  #changeRegime(): void {
    const { regime } = this.profile;
    if (!regime || this.#regimeAt === null) return;
    const drained = Object.entries(regime.drained);
    this.#clock.at(this.#regimeAt, () => {
      for (const [queue, nodes] of drained) this.partition(queue).drain(nodes);
    });
    if (this.#regimeUntil === Number.POSITIVE_INFINITY) return;
    this.#clock.at(this.#regimeUntil, () => {
      for (const [queue] of drained) {
        this.partition(queue).resume();
        this.schedule(queue);
      }
    });
  }

  /** Stops further arrivals. */
  stop(): void {
    this.#stopped = true;
  }

  /** Puts one job into its queue now. @throws RangeError for an unknown queue or a known job id */
  submit(arrival: Arrival): void {
    const now = this.#clock.now();
    if (this.#jobs.has(arrival.jobId)) throw new RangeError(`job ${arrival.jobId} already exists`);
    const features = this.featuresFor(arrival.queue, { gpus: arrival.request.gpus, priority: arrival.priority });
    const job: SimulatedJob = {
      arrival,
      order: this.#jobs.size,
      state: 'pending',
      queue: arrival.queue,
      priority: arrival.priority,
      held: false,
      submittedAt: now,
      eligibleAt: now + arrival.admissionSeconds * 1_000,
      notes: [],
      allocation: [],
      takenAt: null,
      estimatedEnd: null,
      startedAt: null,
      endedAt: null,
      features,
    };
    this.#jobs.set(arrival.jobId, job);
    this.#in(this.#pending, job.queue).add(job);
    this.#in(this.#submits, job.queue).push(now);
    this.#announce(job, now);
    this.#clock.at(job.eligibleAt, () => this.schedule(job.queue));
    if (arrival.patienceSeconds !== null) {
      this.#clock.at(now + arrival.patienceSeconds * 1_000, () => this.#giveUp(job));
    }
  }

  job(jobId: string): SimulatedJob | null {
    return this.#jobs.get(jobId) ?? null;
  }

  /** Every job so far, in order of submission. */
  jobs(): IterableIterator<SimulatedJob> {
    return this.#jobs.values();
  }

  view(): ClusterView {
    const partitions = [...this.#partitions.values()];
    const sum = (of: (partition: Partition) => number) => partitions.reduce((total, each) => total + of(each), 0);
    const pending = [...this.#pending.values()].reduce((total, jobs) => total + jobs.size, 0);
    const holding = [...this.#holding.values()].reduce((total, jobs) => total + jobs.size, 0);
    const totalGpus = sum((each) => each.totalGpus);
    const used = sum((each) => each.usedGpus);
    return {
      queueDepth: pending,
      pending,
      running: holding,
      totalGpus,
      freeGpus: totalGpus - used,
      utilisation: totalGpus === 0 ? 0 : Math.round((1_000 * used) / totalGpus) / 10,
      totalNodes: sum((each) => each.totalNodes),
      readyNodes: sum((each) => each.readyNodes),
    };
  }

  /** What would be known about such a job if it arrived in this queue now. @throws RangeError for an unknown queue */
  featuresFor(queue: string, question: Question): Features {
    const now = this.#clock.now();
    const submits = this.#in(this.#submits, queue);
    while (submits.length > 0 && (submits[0] ?? now) < now - 300_000) submits.shift();
    const waiting = [...this.#in(this.#pending, queue)];
    const holding = this.#in(this.#holding, queue);
    return featuresOf(
      question,
      this.partition(queue),
      waiting,
      holding,
      submits.length,
      this.#usualAdmission(queue),
      now,
    );
  }

  #usualAdmission(queue: string): number {
    const { queues, workload } = this.profile;
    const [least, most] = queues.find(({ name }) => name === queue)?.admissionSeconds ?? workload.admissionSeconds;
    return (least + most) / 2;
  }

  partition(queue: string): Partition {
    const partition = this.#partitions.get(queue);
    if (!partition) throw new RangeError(`no such queue: ${queue}`);
    return partition;
  }

  /** Moves a pending job; its turn by submission order is kept. */
  move(job: SimulatedJob, queue: string): void {
    this.partition(queue);
    this.#in(this.#pending, job.queue).delete(job);
    const left = job.queue;
    job.queue = queue;
    this.#in(this.#pending, queue).add(job);
    this.schedule(left);
    this.schedule(queue);
  }

  /** One scheduling pass over a queue, needed after anything that may let a job start. */
  schedule(queue: string): void {
    const now = this.#clock.now();
    const partition = this.partition(queue);
    const waiting = [...this.#in(this.#pending, queue)].filter((job) => !job.held && job.eligibleAt <= now);
    schedulingPass(waiting, this.#in(this.#holding, queue), partition, now, (job) => this.#begin(job, partition));
  }

  #begin(job: SimulatedJob, partition: Partition): boolean {
    const now = this.#clock.now();
    const allocation = partition.take(job.arrival.request.gpus);
    if (!allocation) return false;
    const prologMs = this.#prologMs(job, now);
    this.#in(this.#pending, job.queue).delete(job);
    this.#in(this.#holding, job.queue).add(job);
    job.allocation = allocation;
    job.takenAt = now;
    job.estimatedEnd = now + prologMs + job.arrival.request.estimatedMinutes * 60_000;
    job.state = 'starting';
    if (prologMs === 0) this.#run(job);
    else this.#clock.at(now + prologMs, () => this.#run(job));
    return true;
  }

  /** How long the prolog takes of a job that gets its GPUs now. */
  #prologMs(job: SimulatedJob, now: number): number {
    const { regime } = this.profile;
    if (!regime || this.#regimeAt === null || now < this.#regimeAt || now >= this.#regimeUntil) return 0;
    const cycleMs = regime.cycleHours * 3_600_000;
    if ((now - this.#regimeAt) % cycleMs >= cycleMs / 2) return 0;
    return Math.round(uniform(() => job.arrival.prologDraw, regime.prologSeconds)) * 1_000;
  }

  #run(job: SimulatedJob): void {
    const now = this.#clock.now();
    job.state = 'running';
    job.startedAt = now;
    const detail = { ...this.#outcome(job), startedAt: instant(now) };
    this.#emit({ type: 'JobStarted', detail });
    this.#clock.at(now + job.arrival.runSeconds * 1_000, () => this.#end(job));
  }

  #end(job: SimulatedJob): void {
    const now = this.#clock.now();
    job.state = 'ended';
    job.endedAt = now;
    this.#in(this.#holding, job.queue).delete(job);
    this.partition(job.queue).release(job.allocation);
    const state = job.arrival.succeeds ? ('succeeded' as const) : ('failed' as const);
    const detail = { ...this.#outcome(job), endedAt: instant(now), state };
    this.#emit({ type: 'JobEnded', detail });
    this.schedule(job.queue);
  }

  #giveUp(job: SimulatedJob): void {
    if (job.state !== 'pending') return;
    const now = this.#clock.now();
    job.state = 'cancelled';
    job.endedAt = now;
    this.#in(this.#pending, job.queue).delete(job);
    const detail = { ...this.#outcome(job), cancelledAt: instant(now) };
    this.#emit({ type: 'JobCancelled', detail });
    this.schedule(job.queue);
  }

  #announce({ arrival }: SimulatedJob, now: number): void {
    const { jobId, user, queue, priority, request } = arrival;
    const elsewhere = this.#hasRoomElsewhere(arrival) ? { proposedAction: 'requeue' } : {};
    const kubernetes = this.platform === 'kubernetes' ? { namespace: user } : {};
    const detail = { platform: this.platform, jobId, submittedAt: instant(now), user, queue, priority, request };
    this.#emit({
      type: 'JobSubmitted',
      detail: { schemaVersion: 1, clusterId: this.clusterId, ...detail, ...kubernetes, ...elsewhere },
    });
  }

  /**
   * Whether the second queue, to which jobs may be moved, could take such a job now: no job waits there and it fits.
   */
  #hasRoomElsewhere({ queue, request: { gpus } }: Arrival): boolean {
    const second = this.profile.queues[1]?.name;
    if (second === undefined || second === queue || this.#in(this.#pending, second).size > 0) return false;
    const { gpusPerNode } = this.partition(second);
    return nodesFor(gpus, this.partition(second).free(), gpusPerNode) !== null;
  }

  #outcome(job: SimulatedJob) {
    const submittedAt = instant(job.submittedAt);
    return { schemaVersion: 1 as const, clusterId: this.clusterId, jobId: job.arrival.jobId, submittedAt };
  }

  #in<T>(map: ReadonlyMap<string, T>, queue: string): T {
    const found = map.get(queue);
    if (found === undefined) throw new RangeError(`no such queue: ${queue}`);
    return found;
  }
}

function instant(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
