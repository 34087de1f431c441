import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { StateType } from './definition.ts';
import { BranchStopped } from './errors.ts';
import type { EventDraft } from './history.ts';
import type { Integrations } from './integrations.ts';
import type { JsonValue } from './json.ts';
import type { Evaluator } from './jsonata.ts';
import type { Memo } from './position.ts';
import type { Tokens } from './tokens.ts';

export interface Services {
  clock: Clock;
  random: () => number;
  integrations: Integrations;
  evaluator: Evaluator;
  tokens: Tokens;
  journal: Journal;
}

/** What a branch needs of its execution. */
export interface ExecutionScope {
  readonly arn: string;
  readonly name: string;
  readonly input: JsonValue;
  readonly startedAt: number;
  readonly machine: { readonly arn: string; readonly name: string; readonly roleArn: string };
  readonly services: Services;
  /** Task tokens handed out so far; they are kept out of the history. */
  readonly secrets: Set<string>;
  /** Records an event, with what only a restart reads, and gives its id. */
  append(path: string, draft: EventDraft, previousEventId: number, memo?: Memo): number;
  /** Records what only a restart reads. */
  remember(path: string, memo: Memo): void;
}

export interface MapItem {
  Index: number;
  Value: JsonValue;
}
interface ChildOptions {
  /** Place among its siblings. */
  index: number;
  after: number;
  mapItem?: MapItem | undefined;
  iteration?: { name: string; index: number } | undefined;
}

/**
 * One line of control: the execution itself, an iteration of a Map, a branch of a Parallel. It chains the events it
 * records, holds the clock while it works, and can be stopped from outside.
 */
export class Branch {
  readonly execution: ExecutionScope;
  /** Where it stands in the tree of branches, e.g. `/2/0`; the execution itself has none. */
  readonly path: string;
  readonly mapItem: MapItem | undefined;
  readonly iteration: { name: string; index: number } | undefined;
  /** Id of the event that the next one follows. */
  last: number;
  /** The state it is in, until that is left or has failed for good. */
  active: StateType | undefined;
  #children: Set<Branch> | undefined;
  #stopped = false;
  /** Ends what it waits for. */
  #interrupt: (() => void) | undefined;
  #release: (() => void) | undefined;

  constructor(execution: ExecutionScope, path: string, { after, mapItem, iteration }: Omit<ChildOptions, 'index'>) {
    this.execution = execution;
    this.path = path;
    this.last = after;
    this.mapItem = mapItem;
    this.iteration = iteration;
  }

  child({ index, mapItem = this.mapItem, ...options }: ChildOptions): Branch {
    this.#assertRunning();
    const child = new Branch(this.execution, `${this.path}/${index}`, { ...options, mapItem });
    this.#children ??= new Set();
    this.#children.add(child);
    return child;
  }

  /** Records the next event of this line. */
  record(draft: EventDraft, previous = this.last, memo?: Memo): number {
    this.last = this.note(draft, previous, memo);
    return this.last;
  }

  /** Records an event beside the line: the next one follows the same event as this. */
  note(draft: EventDraft, previous = this.last, memo?: Memo): number {
    this.#assertRunning();
    return this.execution.append(this.path, draft, previous, memo);
  }

  remember(memo: Memo): void {
    this.execution.remember(this.path, memo);
  }

  /** Runs the work of this line with the clock held. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#hold();
    try {
      return await work();
    } finally {
      this.#letGo();
    }
  }

  /**
   * Waits with the clock let go, so that time may pass. `begin` arranges for an answer and returns how to undo that; it
   * is undone as soon as the first answer is there or the branch is stopped.
   */
  wait<T>(begin: (done: (value: T) => void, fail: (error: Error) => void) => () => void): Promise<T> {
    this.#assertRunning();
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      let undo: (() => void) | undefined;
      const settle = (finish: () => void) => {
        if (settled) return;
        settled = true;
        this.#hold();
        this.#interrupt = undefined;
        undo?.();
        finish();
      };
      undo = begin(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
      if (settled) return undo();
      this.#interrupt = () => settle(() => reject(new BranchStopped()));
      this.#letGo();
    });
  }

  /** Sleeps until a time, over a restart too: where `retrier` says so, before the next attempt it allows. */
  sleep(until: number, retrier?: number): Promise<void> {
    this.remember({ until, retrier });
    return this.sleepOn(until);
  }

  sleepOn(until: number): Promise<void> {
    return this.wait<void>((done) => {
      const timer = this.execution.services.clock.at(until, () => done());
      return () => timer.cancel();
    });
  }

  /** Unwinds this line and everything below it; nothing is recorded by them any more. */
  stop(): void {
    for (const child of this.#children ?? []) child.stop();
    this.#stopped = true;
    this.#interrupt?.();
  }

  /**
   * The first child failed: the others are stopped. The events come as AWS writes them, all following the child's last.
   */
  failFrom(failed: Branch): void {
    if (this.#children?.has(failed) !== true) return;
    this.last = failed.last;
    for (const child of this.#children) {
      if (child.iteration !== undefined) {
        this.note({ type: child === failed ? 'MapIterationFailed' : 'MapIterationAborted', ...child.iteration });
      }
      child.#noteAborted(failed.last);
      child.stop();
    }
    this.#children.clear();
  }

  /** The child ended well. */
  joined(child: Branch): void {
    this.#children?.delete(child);
  }

  #noteAborted(previous: number): void {
    for (const child of this.#children ?? []) {
      if (child.iteration !== undefined) this.note({ type: 'MapIterationAborted', ...child.iteration }, previous);
      child.#noteAborted(previous);
    }
    const { active } = this;
    if (active === 'Task' || active === 'Wait' || active === 'Map' || active === 'Parallel') {
      this.note({ type: `${active}StateAborted` }, previous);
    }
  }

  #assertRunning(): void {
    if (this.#stopped) throw new BranchStopped();
  }

  #hold(): void {
    this.#release ??= this.execution.services.clock.hold();
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
