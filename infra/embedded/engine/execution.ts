import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import { Branch } from './branch.ts';
import type { Definition } from './definition.ts';
import { TaskError } from './errors.ts';
import { type Entry, type EventDraft, type EventType, type HistoryEvent, type Memo, redacted } from './history.ts';
import type { Integrations } from './integrations.ts';
import type { JsonValue } from './json.ts';
import type { Evaluator } from './jsonata.ts';
import type { Tokens } from './tokens.ts';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
  /** Where the journal keeps its definition. */
  readonly key: string;
}

export interface Services {
  clock: Clock;
  random: () => number;
  integrations: Integrations;
  evaluator: Evaluator;
  tokens: Tokens;
  journal: Journal;
  onHistory: ((executionArn: string, event: HistoryEvent) => void) | undefined;
}

const ENDINGS = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
} as const;
const isEnding = (type: EventType): type is keyof typeof ENDINGS => Object.hasOwn(ENDINGS, type);

export type ExecutionStatus = 'RUNNING' | (typeof ENDINGS)[keyof typeof ENDINGS];
/** Times in epoch milliseconds. */
export interface ExecutionSummary extends Pick<EventDraft, 'output' | 'error' | 'cause'> {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: JsonValue;
}

/** AWS ends an execution whose history grows beyond this. */
const MAX_EVENTS = 25_000;

/** One execution that runs: its summary, where it stands, and the line of control that goes on from there. */
export class Execution {
  /** Of its lines in the journal. */
  readonly key: string;
  readonly machine: Machine;
  readonly services: Services;
  readonly root = new Branch(this);
  summary: ExecutionSummary;
  #events = 0;
  /** Task tokens handed out so far; they are kept out of the history. */
  readonly #tokens: string[] = [];

  constructor(key: string, machine: Machine, name: string, services: Services) {
    this.key = key;
    this.machine = machine;
    this.services = services;
    this.summary = {
      ...{ executionArn: executionArn(machine.arn, name), stateMachineArn: machine.arn, name },
      ...{ status: 'RUNNING', startDate: 0, input: null },
    };
  }

  begin(input: JsonValue): void {
    const { machine, summary } = this;
    const memo = { machine: machine.arn, name: summary.name, definition: machine.key };
    this.root.record({ type: 'ExecutionStarted', input }, memo);
  }

  /** Closes it for good; whatever still runs in it is stopped. */
  end(ending: EventDraft & { type: keyof typeof ENDINGS }): void {
    this.root.stop();
    this.append(this.root, ending, this.root.last);
  }

  /** Records an event of a branch, with what only a restart reads. */
  append(branch: Branch, draft: EventDraft, previousEventId: number, memo?: Memo): void {
    if (this.#events >= MAX_EVENTS - 1 && !isEnding(draft.type)) {
      const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
      throw new TaskError('States.Runtime', cause);
    }
    const timestamp = this.services.clock.now();
    const event: HistoryEvent = { id: this.#events + 1, previousEventId, timestamp, ...draft };
    this.services.journal.append(this.key, JSON.stringify({ ...event, path: branch.path, memo }));
    this.#apply(branch, event, memo);
  }

  /** Takes a line of the journal that tells what was before a restart. */
  restore({ path, memo, ...event }: Entry): void {
    let branch: Branch | undefined = this.root;
    for (const index of path.split('/').slice(1)) {
      // Its branches may still have said something when the fork was given up.
      branch = branch?.visit?.fork && branch.child(Number(index));
    }
    if (event.type === undefined) branch?.recall(memo ?? {});
    else this.#apply(branch, event, memo);
  }

  #apply(branch: Branch | undefined, event: HistoryEvent, memo?: Memo): void {
    this.#events = event.id;
    if (memo?.token !== undefined) this.#tokens.push(memo.token);
    branch?.apply(event, memo);
    const { type, timestamp, input = null, output, error, cause } = event;
    if (isEnding(type)) {
      this.summary = { ...this.summary, status: ENDINGS[type], stopDate: timestamp, output, error, cause };
    }
    if (type === 'ExecutionStarted') this.summary = { ...this.summary, startDate: timestamp, input };
    this.services.onHistory?.(this.summary.executionArn, redacted(event, this.#tokens));
  }
}

export const executionArn = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
