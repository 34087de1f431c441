import type { SimulatedJob } from './job.ts';
import type { Partition } from './partition.ts';
import type { Profile } from './profile.ts';

/** An action on a job; a note never changes queueing. */
export type ActionRequest = { readonly decisionId: string; readonly jobId: string } & (
  | { readonly action: 'annotate' | 'warn'; readonly text: string }
  | { readonly action: 'requeue'; readonly queue: string }
  | { readonly action: 'adjust-priority'; readonly delta: number }
  | { readonly action: 'hold' }
);

/** An effect stored under the id of its decision, with the previous values. */
export interface StoredEffect {
  readonly decisionId: string;
  readonly action: ActionRequest['action'];
  readonly jobId: string;
  readonly target?: string;
  readonly before: { readonly queue?: string; readonly priority?: number; readonly held?: boolean };
  readonly undone: boolean;
}

/** `unknown` job · `late`: it has left the queue, or the decision already did something else · `impossible` here. */
export type RefusalKind = 'unknown' | 'late' | 'impossible';

/** The simulated scheduler refuses an action and changes nothing. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused' as const;
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What the actions need of the cluster whose jobs they change. */
export interface Changeable {
  readonly profile: Profile;
  job(id: string): SimulatedJob | null;
  partition(queue: string): Partition;
  move(job: SimulatedJob, queue: string): void;
  schedule(queue: string): void;
}

/** Changes jobs of one cluster, once per decision id: a repeated request returns the existing effect. */
export class ClusterActions {
  readonly #cluster: Changeable;
  readonly #effects = new Map<string, { request: ActionRequest; effect: StoredEffect }>();

  constructor(cluster: Changeable) {
    this.#cluster = cluster;
  }

  find(decisionId: string): StoredEffect | null {
    return this.#effects.get(decisionId)?.effect ?? null;
  }

  /** Jobs whose queueing was changed, even if that was undone since. */
  touched(): ReadonlySet<string> {
    const changed = [...this.#effects.values()].filter(({ request: { action } }) => !isNote(action));
    return new Set(changed.map(({ effect }) => effect.jobId));
  }

  /** The latest change of a job's queueing that is in force, in words; null if there is none. */
  changeOf(jobId: string): string | null {
    const last = [...this.#effects.values()].findLast(({ request, effect }) => {
      return effect.jobId === jobId && !effect.undone && !isNote(request.action);
    });
    switch (last?.request.action) {
      case 'requeue':
        return `moved to ${last.request.queue}`;
      case 'adjust-priority':
        return `${last.request.delta > 0 ? 'raised' : 'lowered'} in priority`;
      case 'hold':
        return 'held';
      default:
        return null;
    }
  }

  /** @throws ActionRefused */
  apply(request: ActionRequest): StoredEffect {
    const stored = this.#effects.get(request.decisionId);
    if (stored) {
      if (JSON.stringify(stored.request) === JSON.stringify(request)) return stored.effect;
      throw new ActionRefused('late', `decision ${request.decisionId} already did something else`);
    }
    const effect = this.#change(request);
    this.#effects.set(request.decisionId, { request, effect });
    return effect;
  }

  /** Undoes an effect; a second time changes nothing. @throws ActionRefused, also when the job has left the queue */
  undo(decisionId: string): StoredEffect {
    const stored = this.#effects.get(decisionId);
    if (!stored) throw new ActionRefused('unknown', `no effect of decision ${decisionId}`);
    if (stored.effect.undone) return stored.effect;
    this.#revert(stored.request, stored.effect);
    const effect = { ...stored.effect, undone: true };
    this.#effects.set(decisionId, { request: stored.request, effect });
    return effect;
  }

  #change(request: ActionRequest): StoredEffect {
    const { decisionId, jobId, action } = request;
    const base = { decisionId, jobId, action, undone: false };
    switch (request.action) {
      case 'annotate':
      case 'warn':
        this.#job(jobId).notes.push({ decisionId, text: request.text });
        return { ...base, before: {} };
      case 'requeue': {
        const job = this.#pendingJob(jobId);
        const from = job.queue;
        if (from === request.queue) throw new ActionRefused('impossible', `job ${jobId} is already in ${from}`);
        if (!this.#fits(job, request.queue))
          throw new ActionRefused('impossible', `job ${jobId} cannot fit in ${request.queue}`);
        this.#cluster.move(job, request.queue);
        return { ...base, target: request.queue, before: { queue: from } };
      }
      case 'adjust-priority': {
        const job = this.#pendingJob(jobId);
        const before = job.priority;
        job.priority += request.delta;
        this.#cluster.schedule(job.queue);
        return { ...base, target: `${request.delta > 0 ? '+' : ''}${request.delta}`, before: { priority: before } };
      }
      case 'hold': {
        const job = this.#pendingJob(jobId);
        const before = job.held;
        job.held = true;
        // A job that waited behind it may be able to start now.
        this.#cluster.schedule(job.queue);
        return { ...base, before: { held: before } };
      }
    }
  }

  #revert(request: ActionRequest, effect: StoredEffect): void {
    if (isNote(request.action)) {
      const job = this.#job(request.jobId);
      job.notes = job.notes.filter(({ decisionId }) => decisionId !== request.decisionId);
      return;
    }
    const job = this.#pendingJob(request.jobId);
    if (request.action === 'requeue') {
      if (effect.before.queue !== undefined) this.#cluster.move(job, effect.before.queue);
      return;
    }
    if (request.action === 'adjust-priority') job.priority -= request.delta;
    else job.held = effect.before.held ?? false;
    this.#cluster.schedule(job.queue);
  }

  #fits(job: SimulatedJob, queue: string): boolean {
    const known = this.#cluster.profile.queues.some(({ name }) => name === queue);
    return known && this.#cluster.partition(queue).couldHold(job.arrival.request.gpus);
  }

  #job(jobId: string): SimulatedJob {
    const job = this.#cluster.job(jobId);
    if (!job) throw new ActionRefused('unknown', `no job ${jobId}`);
    return job;
  }

  #pendingJob(jobId: string): SimulatedJob {
    const job = this.#job(jobId);
    if (job.state !== 'pending') throw new ActionRefused('late', `job ${jobId} is no longer pending`);
    return job;
  }
}

function isNote(action: ActionRequest['action']): boolean {
  return action === 'annotate' || action === 'warn';
}
