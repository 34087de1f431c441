import { Branch } from './branch.ts';
import { TaskError } from './errors.ts';
import { type Entry, type EventDraft, type EventType, type HistoryEvent, type Memo, redacted } from './history.ts';
import type { JsonValue } from './json.ts';
import {
  ENDINGS,
  type ExecutionScope,
  type ExecutionSummary,
  type Line,
  type Machine,
  type Services,
} from './scope.ts';

const isEnding = (type: EventType): type is keyof typeof ENDINGS => Object.hasOwn(ENDINGS, type);

/** AWS fails an execution whose history grows beyond this. */
const MAX_EVENTS = 25_000;

/** A running execution: its summary and its line of control, which knows its position. */
export class Execution implements ExecutionScope {
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
      executionArn: executionArn(machine.arn, name),
      stateMachineArn: machine.arn,
      name,
      status: 'RUNNING',
      startDate: 0,
      input: null,
    };
  }

  begin(input: JsonValue): void {
    const { machine, summary } = this;
    const memo = { machine: machine.arn, name: summary.name, definition: machine.key };
    this.root.record({ type: 'ExecutionStarted', input }, memo);
  }

  /** Closes it for good and stops whatever still runs in it. */
  end(ending: EventDraft & { type: keyof typeof ENDINGS }): void {
    this.root.stop();
    // On AWS it follows nothing: whoever stops an execution stands outside of it.
    this.append(this.root, ending, ending.type === 'ExecutionAborted' ? 0 : this.root.last);
  }

  append(line: Line, draft: EventDraft, previousEventId: number, memo?: Memo): void {
    if (this.#events >= MAX_EVENTS - 1 && !isEnding(draft.type)) {
      const cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
      throw new TaskError('States.Runtime', cause);
    }
    const timestamp = this.services.clock.now();
    const event: HistoryEvent = { id: this.#events + 1, previousEventId, timestamp, ...draft };
    this.services.journal.append(this.key, JSON.stringify({ ...event, path: line.path, memo }));
    this.#apply(line, event, memo);
  }

  /** Applies a journal line written before a restart. */
  restore({ path, memo, ...event }: Entry): void {
    let branch: Branch | undefined = this.root;
    for (const index of path.split('/').slice(1)) {
      // Its branches may still have recorded something after the fork was abandoned.
      branch = branch?.visit?.fork && branch.child(Number(index));
    }
    if (event.type === undefined) branch?.recall(memo ?? {});
    else this.#apply(branch, event, memo);
  }

  #apply(line: Line | undefined, event: HistoryEvent, memo?: Memo): void {
    this.#events = event.id;
    if (memo?.token !== undefined) this.#tokens.push(memo.token);
    line?.apply(event, memo);
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
