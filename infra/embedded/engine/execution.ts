import type { Clock } from '../clock/clock.ts';
import type { Journal } from '../journal/journal.ts';
import { Branch } from './branch.ts';
import type { Definition } from './definition.ts';
import { StateFailure } from './errors.ts';
import { type Entry, type EventDraft, type HistoryEvent, type Memo, redacted } from './history.ts';
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
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;
type Ended = keyof typeof ENDINGS;
const ENDED: readonly Ended[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

export type ExecutionStatus = 'RUNNING' | Ended;
export interface Ending {
  status: Ended;
  output?: JsonValue | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}
/** Times in epoch milliseconds. */
export interface ExecutionSummary extends Omit<Ending, 'status'> {
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
    this.#write(this.root, { type: 'ExecutionStarted', input }, 0, memo);
  }

  /** Records an event of a branch, with what only a restart reads. */
  append(branch: Branch, draft: EventDraft, previousEventId: number, memo?: Memo): void {
    if (this.#events >= MAX_EVENTS - 1) {
      const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
      throw new StateFailure('States.Runtime', cause);
    }
    this.#write(branch, draft, previousEventId, memo);
  }

  /** Records what only a restart reads. */
  remember(branch: Branch, memo: Memo): void {
    this.services.journal.append(this.key, JSON.stringify({ path: branch.path, memo }));
    branch.recall(memo);
  }

  /** Closes it for good; whatever still runs in it is stopped. */
  close({ status, ...ending }: Ending): void {
    this.root.stop();
    this.#write(this.root, { type: ENDINGS[status], ...ending }, this.root.last);
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

  #write(branch: Branch, draft: EventDraft, previousEventId: number, memo?: Memo): void {
    const timestamp = this.services.clock.now();
    const event: HistoryEvent = { id: this.#events + 1, previousEventId, timestamp, ...draft };
    this.services.journal.append(this.key, JSON.stringify({ ...event, path: branch.path, memo }));
    this.#apply(branch, event, memo);
  }

  #apply(branch: Branch | undefined, event: HistoryEvent, memo?: Memo): void {
    this.#events = event.id;
    if (memo?.token !== undefined) this.#tokens.push(memo.token);
    branch?.apply(event, memo);
    const { type, timestamp, input = null, output, error, cause } = event;
    const status = type.startsWith('Execution') ? ENDED.find((ended) => ENDINGS[ended] === type) : undefined;
    if (status !== undefined) this.summary = { ...this.summary, status, stopDate: timestamp, output, error, cause };
    if (type === 'ExecutionStarted') this.summary = { ...this.summary, startDate: timestamp, input };
    this.services.onHistory?.(this.summary.executionArn, redacted(event, this.#tokens));
  }
}

export const executionArn = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
