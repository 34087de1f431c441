import { STATE_TYPES, type StateType } from './definition.ts';
import { BranchStopped } from './errors.ts';
import type { EventDraft, EventType, HistoryEvent, Memo } from './history.ts';
import type { JsonValue } from './json.ts';
import type { ExecutionScope, Line } from './scope.ts';

type Variables = Readonly<Record<string, JsonValue>>;

/** An attempt of a task. */
interface Call {
  readonly scheduled: HistoryEvent;
  readonly token: string | undefined;
  heardAt: number;
  /** The call has returned; only the answer to its token is outstanding. */
  submitted: boolean;
}

/** The children of a Map or Parallel, by index. */
interface Fork {
  readonly startedId: number;
  /** The items of a Map, and the input that every branch of a Parallel begins with. */
  readonly items: JsonValue[] | undefined;
  readonly input: JsonValue | undefined;
  readonly children: Map<number, Branch>;
}

/** A state that was entered and has not exited. */
export interface Visit {
  readonly branch: Branch;
  readonly type: StateType;
  readonly name: string;
  readonly input: JsonValue;
  /** Event ids: of the entry, and of the event before it. */
  readonly enteredId: number;
  readonly enteredAfter: number;
  readonly enteredAt: number;
  /** Retries so far, by retrier. */
  readonly attempts: number[];
  /** Asleep until this time: a Wait, or before the next attempt. */
  until: number | undefined;
  call: Call | undefined;
  fork: Fork | undefined;
  /** Its fork has failed: there is nothing left in it to abort. */
  forkFailed: boolean;
}

const ENTERED: ReadonlyMap<EventType, StateType> = new Map(
  STATE_TYPES.map((type) => [`${type}StateEntered` as const, type]),
);

/** Events off the line: the next event follows the same event as they do. */
const OFF_THE_LINE: ReadonlySet<EventType> = new Set([
  'ExecutionStarted',
  'MapIterationSucceeded',
  'MapIterationFailed',
  'MapIterationAborted',
  'MapStateSucceeded',
  'ParallelStateSucceeded',
  'TaskStateAborted',
  'WaitStateAborted',
  'MapStateAborted',
  'ParallelStateAborted',
]);

/**
 * One line of control: the execution itself, an iteration of a Map, a branch of a Parallel. Only recorded events
 * change its position, so that the journal can restore it. Restoring reads a checkpoint rather than replaying work:
 * whatever was evaluated, called or drawn before is taken as recorded. It holds the clock while it works, and can be
 * stopped from outside.
 */
export class Branch implements Line {
  readonly execution: ExecutionScope;
  readonly parent: Branch | undefined;
  /** Its position in the tree of branches, e.g. `/2/0`; empty for the execution itself. */
  readonly path: string;
  /** Item of the Map iteration that it is, or is part of. */
  mapItem: { Index: number; Value: JsonValue } | undefined;
  /** Id of the event that the next one follows. */
  last: number;
  /** Input of the state it is in or enters next, or its result; undefined before it has begun. */
  input: JsonValue | undefined;
  variables: Variables;
  /** State to enter next when it is in none; undefined at the end of its block. */
  next: string | undefined;
  visit: Visit | undefined;
  #stopped = false;
  /** Interrupts its current wait. */
  #interrupt: (() => void) | undefined;
  #release: (() => void) | undefined;

  constructor(execution: ExecutionScope, path = '', last = 0, parent?: Branch) {
    this.execution = execution;
    this.path = path;
    this.last = last;
    this.parent = parent;
    this.variables = parent?.variables ?? {};
  }

  get ended(): boolean {
    return this.input !== undefined && this.visit === undefined && this.next === undefined;
  }

  /** A child of the fork it is in, created if there is none with that index yet. */
  child(index: number): Branch {
    this.#assertRunning();
    const fork = this.visit?.fork;
    if (fork === undefined) throw new BranchStopped();
    const child = fork.children.get(index) ?? new Branch(this.execution, `${this.path}/${index}`, fork.startedId, this);
    child.mapItem ??= this.mapItem;
    fork.children.set(index, child);
    return child;
  }

  /** Records an event, with a memo that only a restart reads. */
  record(draft: EventDraft, memo?: Memo, previous = this.last): void {
    this.#assertRunning();
    this.execution.append(this, draft, previous, memo);
  }

  /** Records a memo that only a restart reads. */
  remember(memo: Memo): void {
    this.#assertRunning();
    const { services, key } = this.execution;
    services.journal.append(key, JSON.stringify({ path: this.path, memo }));
    this.recall(memo);
  }

  /** The state it is in; enters it now unless that happened before a restart. */
  enter(type: StateType, name: string): Visit {
    if (this.visit === undefined) this.record({ type: `${type}StateEntered`, name, input: this.input });
    if (this.visit === undefined) throw new Error(`${name} was not entered`);
    return this.visit;
  }

  /** Moves on by a recorded event: one just recorded, or one read from the journal after a restart. */
  apply(event: HistoryEvent, memo: Memo = {}): void {
    const { type, id, timestamp, input = null } = event;
    if (!OFF_THE_LINE.has(type)) this.last = id;
    const entered = ENTERED.get(type);
    if (entered !== undefined) {
      this.input = input;
      this.visit = {
        branch: this,
        type: entered,
        name: event.name ?? '',
        input,
        enteredId: id,
        enteredAt: timestamp,
        enteredAfter: event.previousEventId,
        attempts: [],
        until: undefined,
        call: undefined,
        fork: undefined,
        forkFailed: false,
      };
    } else if (type.endsWith('StateExited')) {
      this.input = event.output ?? null;
      if (event.assignedVariables !== undefined) this.variables = { ...this.variables, ...event.assignedVariables };
      this.next = memo.next;
      this.visit = undefined;
    }
    const { visit, parent } = this;
    if (parent !== undefined && this.ended) parent.last = id;
    if (visit === undefined) return;
    switch (type) {
      case 'TaskScheduled':
      case 'LambdaFunctionScheduled':
        visit.until = undefined;
        visit.call = { scheduled: event, token: memo.token, heardAt: timestamp, submitted: false };
        return;
      case 'TaskSubmitted':
        if (visit.call !== undefined) visit.call.submitted = true;
        return;
      case 'MapStateStarted':
      case 'ParallelStateStarted':
        visit.until = undefined;
        visit.forkFailed = false;
        visit.fork = { startedId: id, items: memo.items, input: memo.input, children: new Map() };
        return;
      case 'MapStateFailed':
      case 'ParallelStateFailed':
        visit.fork = undefined;
        visit.forkFailed = true;
    }
  }

  /** As `apply`, for memos, which are not in the history. */
  recall({ until, retrier, heartbeatAt }: Memo): void {
    const { visit } = this;
    if (visit === undefined) return;
    if (heartbeatAt !== undefined && visit.call !== undefined) visit.call.heardAt = heartbeatAt;
    if (until !== undefined) visit.until = until;
    if (retrier === undefined) return;
    visit.attempts[retrier] = (visit.attempts[retrier] ?? 0) + 1;
    visit.call = undefined;
    visit.fork = undefined;
  }

  /** Runs the work of this line with the clock held. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#holdClock();
    try {
      return await work();
    } finally {
      this.#releaseClock();
    }
  }

  /**
   * Waits with the clock released, so that time can pass. `begin` arranges for an answer and returns a function that
   * undoes this; it is called as soon as the first answer arrives or the branch is stopped.
   */
  wait<T>(begin: (done: (value: T) => void, fail: (error: unknown) => void) => () => void): Promise<T> {
    this.#assertRunning();
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      let undo: (() => void) | undefined;
      const settle = (finish: () => void) => {
        if (settled) return;
        settled = true;
        this.#holdClock();
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
      this.#releaseClock();
    });
  }

  sleep(until: number): Promise<void> {
    return this.wait<void>((done) => {
      const timer = this.execution.services.clock.at(until, () => done());
      return () => timer.cancel();
    });
  }

  /** Unwinds this line and everything below it; they record nothing more. */
  stop(): void {
    for (const child of this.visit?.fork?.children.values() ?? []) child.stop();
    this.#stopped = true;
    this.#interrupt?.();
  }

  /** Stops the other children after the first failed. */
  failFrom(failed: Branch): void {
    const { visit } = this;
    if (failed.#stopped || visit?.fork === undefined) return;
    this.last = failed.last;
    this.#abortChildren(failed.last, failed);
    for (const child of visit.fork.children.values()) child.stop();
    visit.fork = undefined;
  }

  /** Records the events as AWS does, all following the last event of the failed child. */
  #abortChildren(previous: number, failed?: Branch): void {
    const { visit } = this;
    for (const [index, child] of visit?.fork?.children ?? []) {
      if (child.ended) continue;
      if (visit?.type === 'Map') {
        const type = child === failed ? 'MapIterationFailed' : 'MapIterationAborted';
        this.record({ type, name: visit.name, index }, undefined, previous);
      }
      child.#abortChildren(previous);
      const { type, forkFailed } = child.visit ?? {};
      if ((type === 'Task' || type === 'Wait' || type === 'Map' || type === 'Parallel') && forkFailed !== true) {
        child.record({ type: `${type}StateAborted` }, undefined, previous);
      }
    }
  }

  #assertRunning(): void {
    if (this.#stopped) throw new BranchStopped();
  }

  #holdClock(): void {
    this.#release ??= this.execution.services.clock.hold();
  }

  #releaseClock(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
