import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { Services } from './branch.ts';
import { parseDefinition } from './definition.ts';
import {
  BranchStopped,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidExecutionInput,
  InvalidName,
  InvalidOutput,
  StateFailure,
  StateMachineDoesNotExist,
} from './errors.ts';
import { type Ending, Execution, type ExecutionStatus, type ExecutionSummary, type Machine } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import type { Integrations } from './integrations.ts';
import { runBlock } from './interpreter.ts';
import { exceedsDataLimit, type JsonValue } from './json.ts';
import { createEvaluator } from './jsonata.ts';
import { type StatusChange, statusChange } from './status-change.ts';
import { createTokens } from './tokens.ts';

export interface EngineOptions {
  clock: Clock;
  /** In [0, 1): jitter, `$random`, `$uuid`. */
  random: () => number;
  /** Names of executions and the readable part of task tokens. */
  newId: () => string;
  integrations: Integrations;
  onHistory?: (executionArn: string, event: HistoryEvent) => void;
  onStatusChange?: (change: StatusChange) => void;
  /** Histories of this many closed executions are kept; of the others only what `describe` says. */
  keepHistories?: number;
  /** Signs task tokens. With the same key, tokens of an earlier run are still known as issued. */
  tokenKey?: Buffer;
}

export interface Registration {
  arn: string;
  name: string;
  /** The definition, substitutions made; text or already parsed. */
  definition: unknown;
  roleArn?: string | undefined;
}

export type Engine = ReturnType<typeof createEngine>;

const DEFAULT_KEPT_HISTORIES = 1000;
const EXECUTION_NAME = /^[A-Za-z0-9_.+!@()=-]{1,80}$/;

/**
 * An interpreter for Step Functions machines in JSONata: what AWS would do, on this machine, on the given clock. The
 * clock is held while anything is evaluated or called, and free while an execution only waits.
 */
export function createEngine(options: EngineOptions) {
  const { clock, random, newId, integrations, onHistory, onStatusChange } = options;
  const keepHistories = options.keepHistories ?? DEFAULT_KEPT_HISTORIES;
  const evaluator = createEvaluator({ now: () => clock.now(), random });
  const tokens = createTokens({ newId, key: options.tokenKey ?? randomBytes(32) });
  const services: Services = { clock, random, integrations, evaluator, tokens };
  const machines = new Map<string, Machine>();
  const executions = new Map<string, Execution>();
  const keptHistories: Execution[] = [];

  const close = (execution: Execution, ending: Ending) => {
    if (execution.summary.status !== 'RUNNING') return;
    execution.close(ending);
    keptHistories.push(execution);
    if (keptHistories.length > keepHistories) {
      const oldest = keptHistories.shift();
      if (oldest !== undefined) oldest.history = undefined;
    }
    onStatusChange?.(statusChange(execution.summary));
  };

  const run = async (execution: Execution) => {
    const { definition } = execution.machine;
    const seconds = definition.TimeoutSeconds;
    const deadline =
      seconds === undefined
        ? undefined
        : clock.at(execution.startedAt + seconds * 1000, () => close(execution, { status: 'TIMED_OUT' }));
    try {
      const { root, input } = execution;
      const output = await root.run(() => runBlock(definition, input, {}, root));
      close(execution, { status: 'SUCCEEDED', output });
    } catch (error) {
      if (error instanceof BranchStopped) return;
      if (!(error instanceof StateFailure)) throw error;
      const cause = error.reason === '' ? undefined : error.reason;
      close(execution, { status: 'FAILED', error: error.error, cause });
    } finally {
      deadline?.cancel();
    }
  };

  const find = (executionArn: string) => {
    const execution = executions.get(executionArn);
    if (execution === undefined) throw new ExecutionDoesNotExist(`no execution ${executionArn}`);
    return execution;
  };

  return {
    /**
     * Makes a machine known, or replaces it for the executions that start later.
     *
     * @throws UnsupportedDefinition naming state and field where it needs something this engine does not do
     */
    register({ arn, name, definition, roleArn = '' }: Registration): void {
      const source: unknown = typeof definition === 'string' ? JSON.parse(definition) : definition;
      const parsed = parseDefinition(source, {
        supportsResource: (resource) => integrations.supports(resource),
        compile: evaluator.compile,
      });
      machines.set(arn, { arn, name, roleArn, definition: parsed });
    },

    /**
     * Starts an execution. The same name with the same input while it runs is the same execution.
     *
     * @throws StateMachineDoesNotExist, InvalidName, InvalidExecutionInput, ExecutionAlreadyExists
     */
    start({ stateMachineArn, name = newId(), input }: { stateMachineArn: string; name?: string; input: JsonValue }) {
      const machine = machines.get(stateMachineArn);
      if (machine === undefined) throw new StateMachineDoesNotExist(`no state machine ${stateMachineArn}`);
      if (!EXECUTION_NAME.test(name)) throw new InvalidName('use 1 to 80 letters, digits or -_.+!@()=');
      if (exceedsDataLimit(input)) throw new InvalidExecutionInput('the input is larger than 256 KiB');
      const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      const known = executions.get(arn);
      if (known !== undefined) {
        const same = known.summary.status === 'RUNNING' && JSON.stringify(known.input) === JSON.stringify(input);
        if (same) return { executionArn: arn, startDate: known.startedAt };
        throw new ExecutionAlreadyExists(`execution ${arn} already exists`);
      }
      const onEvent = (event: HistoryEvent) => onHistory?.(arn, event);
      const execution = new Execution({ arn, name, machine, input, services, onEvent });
      executions.set(arn, execution);
      onStatusChange?.(statusChange(execution.summary));
      void run(execution);
      return { executionArn: arn, startDate: execution.startedAt };
    },

    /** Aborts an execution; one that is closed stays as it is. @throws ExecutionDoesNotExist */
    stop(executionArn: string, { error, cause }: { error?: string | undefined; cause?: string | undefined } = {}) {
      const execution = find(executionArn);
      close(execution, { status: 'ABORTED', error, cause });
      return { stopDate: execution.summary.stopDate ?? clock.now() };
    },

    /** @throws InvalidToken, TaskTimedOut where the task is closed, InvalidOutput beyond 256 KiB */
    sendTaskSuccess(taskToken: string, output: JsonValue): void {
      const task = tokens.find(taskToken);
      if (exceedsDataLimit(output)) throw new InvalidOutput('the output is larger than 256 KiB');
      task.succeed(output);
    },

    /** @throws InvalidToken, TaskTimedOut where the task is closed */
    sendTaskFailure(taskToken: string, { error, cause }: { error?: string; cause?: string } = {}): void {
      tokens.find(taskToken).fail(error, cause);
    },

    /** @throws InvalidToken, TaskTimedOut where the task is closed */
    sendTaskHeartbeat(taskToken: string): void {
      tokens.find(taskToken).heartbeat();
    },

    /** @throws ExecutionDoesNotExist */
    describe: (executionArn: string): ExecutionSummary => find(executionArn).summary,

    /** Oldest first. */
    list({ stateMachineArn, status }: { stateMachineArn?: string; status?: ExecutionStatus } = {}): ExecutionSummary[] {
      return [...executions.values()]
        .map(({ summary }) => summary)
        .filter((summary) => stateMachineArn === undefined || summary.stateMachineArn === stateMachineArn)
        .filter((summary) => status === undefined || summary.status === status);
    },

    /** The events so far; undefined where the execution closed so long ago that they are gone. @throws ExecutionDoesNotExist */
    history: (executionArn: string): readonly HistoryEvent[] | undefined => find(executionArn).history,

    machines: (): readonly Machine[] => [...machines.values()],
  };
}
