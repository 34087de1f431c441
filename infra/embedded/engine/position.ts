import type { HistoryEvent } from './history.ts';
import type { JsonValue } from './json.ts';

export type Variables = Readonly<Record<string, JsonValue>>;

/** What a restart must know and no history says. */
export interface Memo {
  /** Of ExecutionStarted: its machine's ARN, its name, and where the definition it began with is kept. */
  machine?: string;
  name?: string;
  definition?: string;
  /** Of StateExited: the state that comes next; none where the block ends. */
  next?: string | undefined;
  /** Of TaskScheduled: what answers it. */
  token?: string | undefined;
  /** Of MapStateStarted. */
  items?: JsonValue[];
  /** Of ParallelStateStarted: what every branch begins with. */
  input?: JsonValue;
  /** Asleep until then; of a retry, the retrier whose attempt it is. */
  until?: number;
  retrier?: number | undefined;
  /** The task was last heard of at this time. */
  heartbeatAt?: number;
}

/** One line of the journal about an execution: an event of its history, or what only a restart reads. */
export type Entry = { path: string; memo?: Memo } & (HistoryEvent | { type?: undefined });

/** An attempt of a task. */
export interface Call {
  token: string | undefined;
  args: JsonValue;
  timeoutInSeconds: number | undefined;
  heartbeatInSeconds: number | undefined;
  scheduledAt: number;
  heartbeatAt: number;
  /** The call has been made; only the answer to its token is missing. */
  submitted: boolean;
}

/** The children of a Map or Parallel, by index. */
interface Fork {
  startedId: number;
  items: JsonValue[];
  input: JsonValue;
  children: Map<number, Position>;
}

/** A state that was entered and not left. */
export interface Visit {
  name: string;
  enteredId: number;
  enteredAfter: number;
  enteredAt: number;
  /** Made so far, by retrier. */
  attempts: number[];
  until: number | undefined;
  retrying: boolean;
  call: Call | undefined;
  fork: Fork | undefined;
}

/**
 * Where a branch stands, as its journal tells it: what it needs to go on. A checkpoint and not a replay: what was
 * evaluated, called or drawn before is taken as it was recorded.
 */
export interface Position {
  last: number;
  input: JsonValue;
  variables: Variables;
  /** What to enter where it is in no state; undefined at the end of its block. */
  next: string | undefined;
  visit: Visit | undefined;
}

export const positionAt = (next: string | undefined, input: JsonValue, variables: Variables = {}): Position => ({
  ...{ last: 0, input, variables, next, visit: undefined },
});

export const hasEnded = ({ visit, next }: Position): boolean => visit === undefined && next === undefined;

/** Moves `root` on by one line of the journal. */
export function advance(root: Position, entry: Entry): void {
  let parent: Position | undefined;
  let position = root;
  for (const index of entry.path.split('/').slice(1).map(Number)) {
    const children = position.visit?.fork?.children;
    // Whatever its branches still said when the fork was given up.
    if (children === undefined) return;
    parent = position;
    // A branch is worth knowing from the first state it entered.
    if (!children.has(index) && entry.type?.endsWith('StateEntered') !== true) return;
    position = children.get(index) ?? positionAt(undefined, null, position.variables);
    children.set(index, position);
  }
  if (entry.type === undefined) {
    remembered(position.visit, entry.memo);
    return;
  }
  position.last = entry.id;
  occurred(position, entry, entry.memo ?? {});
  if (parent !== undefined && hasEnded(position)) parent.last = entry.id;
}

function remembered(visit: Visit | undefined, { until, retrier, heartbeatAt }: Memo = {}): void {
  if (visit === undefined) return;
  if (heartbeatAt !== undefined && visit.call !== undefined) visit.call.heartbeatAt = heartbeatAt;
  if (until === undefined) return;
  visit.until = until;
  if (retrier === undefined) return;
  visit.retrying = true;
  visit.attempts[retrier] = (visit.attempts[retrier] ?? 0) + 1;
}

function occurred(position: Position, event: HistoryEvent, memo: Memo): void {
  const { type, id, timestamp, input = null } = event;
  if (type.endsWith('StateEntered')) {
    const { name = '', previousEventId: enteredAfter } = event;
    position.input = input;
    position.visit = {
      ...{ name, enteredId: id, enteredAfter, enteredAt: timestamp, attempts: [] },
      ...{ until: undefined, retrying: false, call: undefined, fork: undefined },
    };
  } else if (type.endsWith('StateExited')) {
    const { output = null, assignedVariables } = event;
    Object.assign(position, {
      ...{ input: output, next: memo.next, visit: undefined },
      variables: { ...position.variables, ...assignedVariables },
    });
  }
  const { visit } = position;
  if (visit === undefined) return;
  switch (type) {
    case 'TaskScheduled':
    case 'LambdaFunctionScheduled': {
      const { timeoutInSeconds, heartbeatInSeconds, parameters: args = input } = event;
      visit.retrying = false;
      visit.call = {
        ...{ token: memo.token, args, timeoutInSeconds, heartbeatInSeconds, submitted: false },
        ...{ scheduledAt: timestamp, heartbeatAt: timestamp },
      };
      return;
    }
    case 'TaskSubmitted':
      if (visit.call !== undefined) visit.call.submitted = true;
      return;
    case 'MapStateStarted':
    case 'ParallelStateStarted':
      visit.retrying = false;
      visit.fork = { startedId: id, items: memo.items ?? [], input: memo.input ?? null, children: new Map() };
      return;
    default:
      if (/^(Task|LambdaFunction|MapState|ParallelState)(Failed|TimedOut)$/.test(type)) {
        visit.call = undefined;
        visit.fork = undefined;
      }
  }
}
