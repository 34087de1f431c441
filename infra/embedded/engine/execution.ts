import { Branch, type ExecutionScope, type Services } from './branch.ts';
import type { Definition } from './definition.ts';
import { StateFailure } from './errors.ts';
import { type EventDraft, type HistoryEvent, redact } from './history.ts';
import type { JsonValue } from './json.ts';
import type { Memo } from './position.ts';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
  /** Where the journal keeps its definition. */
  readonly key: string;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** Times in epoch milliseconds. */
export interface ExecutionSummary {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  input: JsonValue;
  output?: JsonValue;
  error?: string | undefined;
  cause?: string | undefined;
}

export interface Ending {
  status: Exclude<ExecutionStatus, 'RUNNING'>;
  output?: JsonValue | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

/** AWS ends an execution whose history grows beyond this. */
const MAX_EVENTS = 25_000;

export const ENDING_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

/** What is known of an execution besides its history. */
export interface Known {
  readonly key: string;
  summary: ExecutionSummary;
}

interface ExecutionOptions {
  /** Of its lines in the journal. */
  key: string;
  machine: Machine;
  summary: ExecutionSummary;
  services: Services;
  onEvent: ((event: HistoryEvent) => void) | undefined;
}

/** One execution that runs: its summary, where it stands, and the line of control that goes on from there. */
export class Execution implements ExecutionScope, Known {
  readonly key: string;
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  readonly input: JsonValue;
  readonly services: Services;
  readonly startedAt: number;
  readonly secrets = new Set<string>();
  readonly root: Branch;
  summary: ExecutionSummary;
  #events: number;
  readonly #onEvent: ((event: HistoryEvent) => void) | undefined;

  /** @param past where a restart finds it: the number of its events, and the last one of its own line */
  constructor({ key, machine, summary, services, onEvent }: ExecutionOptions, past = { events: 0, last: 0 }) {
    this.key = key;
    this.machine = machine;
    this.services = services;
    this.summary = summary;
    this.arn = summary.executionArn;
    this.name = summary.name;
    this.input = summary.input;
    this.startedAt = summary.startDate;
    this.#onEvent = onEvent;
    this.#events = past.events;
    this.root = new Branch(this, '', { after: past.last });
  }

  begin(): void {
    const memo = { machine: this.machine.arn, name: this.name, definition: this.machine.key };
    this.#write('', { type: 'ExecutionStarted', input: this.input }, 0, memo);
  }

  append(path: string, draft: EventDraft, previousEventId: number, memo?: Memo): number {
    if (this.#events >= MAX_EVENTS - 1) {
      throw new StateFailure(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      );
    }
    return this.#write(path, draft, previousEventId, memo);
  }

  remember(path: string, memo: Memo): void {
    this.services.journal.append(this.key, JSON.stringify({ path, memo }));
  }

  /** Closes it for good; whatever still runs in it is stopped. */
  close({ status, output, error, cause }: Ending): void {
    this.root.stop();
    this.#write('', { type: ENDING_EVENTS[status], output, error, cause }, this.root.last);
    this.summary = ended(this.summary, { status, output, error, cause }, this.services.clock.now());
  }

  #write(path: string, draft: EventDraft, previousEventId: number, memo?: Memo): number {
    this.#events += 1;
    const event: HistoryEvent = { id: this.#events, previousEventId, timestamp: this.services.clock.now(), ...draft };
    this.services.journal.append(this.key, JSON.stringify({ ...event, path, memo }));
    this.#onEvent?.(redact(event, this.secrets));
    return this.#events;
  }
}

export function ended(summary: ExecutionSummary, ending: Ending, stopDate: number): ExecutionSummary {
  const { status, output, error, cause } = ending;
  return {
    ...{ ...summary, status, stopDate },
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}
