import { Branch, type ExecutionScope, type Services } from './branch.ts';
import type { Definition } from './definition.ts';
import { StateFailure } from './errors.ts';
import { type EventDraft, type HistoryEvent, redact } from './history.ts';
import type { JsonValue } from './json.ts';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: Definition;
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
  output?: JsonValue;
  error?: string | undefined;
  cause?: string | undefined;
}

/** AWS ends an execution whose history grows beyond this. */
const MAX_EVENTS = 25_000;

const ENDING_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

interface ExecutionOptions {
  arn: string;
  name: string;
  machine: Machine;
  input: JsonValue;
  services: Services;
  onEvent: (event: HistoryEvent) => void;
}

/** One execution: its summary, its history, and the line of control that runs it. */
export class Execution implements ExecutionScope {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  readonly input: JsonValue;
  readonly services: Services;
  readonly startedAt: number;
  readonly secrets = new Set<string>();
  readonly root: Branch;
  summary: ExecutionSummary;
  /** Undefined once it is forgotten. */
  history: HistoryEvent[] | undefined = [];
  readonly #onEvent: (event: HistoryEvent) => void;

  constructor({ arn, name, machine, input, services, onEvent }: ExecutionOptions) {
    this.arn = arn;
    this.name = name;
    this.machine = machine;
    this.input = input;
    this.services = services;
    this.#onEvent = onEvent;
    this.startedAt = services.clock.now();
    this.summary = {
      executionArn: arn,
      stateMachineArn: machine.arn,
      name,
      status: 'RUNNING',
      startDate: this.startedAt,
      input,
    };
    this.root = new Branch(this, { after: 0 });
    this.#write({ type: 'ExecutionStarted', input }, 0);
  }

  append(draft: EventDraft, previousEventId: number): number {
    if ((this.history?.length ?? 0) >= MAX_EVENTS - 1) {
      throw new StateFailure(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      );
    }
    return this.#write(draft, previousEventId);
  }

  /** Closes it for good; whatever still runs in it is stopped. */
  close({ status, output, error, cause }: Ending): void {
    this.root.stop();
    this.#write({ type: ENDING_EVENTS[status], output, error, cause }, this.root.last);
    this.summary = {
      ...this.summary,
      status,
      stopDate: this.services.clock.now(),
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    };
  }

  #write(draft: EventDraft, previousEventId: number): number {
    const history = this.history ?? [];
    const id = history.length + 1;
    const event = withoutUndefined(redact(draft, this.secrets));
    const dated: HistoryEvent = { id, previousEventId, timestamp: this.services.clock.now(), ...event };
    history.push(dated);
    this.#onEvent(dated);
    return id;
  }
}

function withoutUndefined<T extends object>(value: T): T {
  const kept = { ...value };
  for (const [key, item] of Object.entries(kept)) if (item === undefined) Reflect.deleteProperty(kept, key);
  return kept;
}
