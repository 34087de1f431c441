import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { type Journal, memoryJournal } from '../journal/journal.ts';
import { parseDefinition } from './definition.ts';
import { BranchStopped, Refusal, TaskError } from './errors.ts';
import { Execution, executionArn } from './execution.ts';
import { type HistoryEvent, historyOf, readEntry } from './history.ts';
import type { Integrations } from './integrations.ts';
import { runBlock } from './interpreter.ts';
import { exceedsDataLimit, type JsonValue } from './json.ts';
import { createEvaluator } from './jsonata.ts';
import { ArchivedSummary, type ExecutionStatus, type ExecutionSummary, type Machine, type Services } from './scope.ts';
import { type StatusChange, statusChange } from './status-change.ts';
import { createTokens } from './tokens.ts';

export interface EngineOptions {
  clock: Clock;
  /** In [0, 1): jitter, `$random`, `$uuid`. */
  random: () => number;
  /** Names of executions and the readable part of task tokens. */
  newId: () => string;
  integrations: Integrations;
  /** Keeps executions across restarts; by default they are not kept. */
  journal?: Journal;
  /** Called for every event; after a restart also for the earlier events of open and recently closed executions. */
  onHistory?: (executionArn: string, event: HistoryEvent) => void;
  onStatusChange?: (change: StatusChange) => void;
  /**
   * Histories of this many closed executions stay in memory, and at most this many characters of them; older ones stay in the
   * journal while it has room.
   */
  keepHistories?: number;
  keepCharacters?: number;
  /** Signs task tokens. With the same key, tokens of an earlier run are still recognized. */
  tokenKey?: Buffer;
}

interface Registration extends Pick<Machine, 'arn' | 'name'> {
  /** The definition after substitution; text or already parsed. */
  definition: unknown;
  roleArn?: string | undefined;
}

/** What is known of an execution besides its history. */
type Known = Pick<Execution, 'key' | 'summary'>;

export type Engine = ReturnType<typeof createEngine>;

/** AWS ends an execution after a year, whatever it waits for. */
const LONGEST_EXECUTION_SECONDS = 365 * 86_400;

const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}]{1,80}$/u;

/**
 * An interpreter for Step Functions machines in JSONata: does what AWS would do, on this machine and the given clock.
 * The clock is held while anything is evaluated or called, and released while an execution only waits.
 */
export function createEngine(options: EngineOptions) {
  const { clock, random, newId, integrations, onHistory, onStatusChange, journal = memoryJournal() } = options;
  const { keepHistories = 1000, keepCharacters = 16 * 2 ** 20, tokenKey = randomBytes(32) } = options;
  const evaluator = createEvaluator({ now: () => clock.now(), random });
  const tokens = createTokens({ newId, key: tokenKey });
  const services: Services = { clock, random, integrations, evaluator, tokens, journal, onHistory };
  const machines = new Map<string, Machine>();
  const executions = new Map<string, Known>();
  /** Closed, with their histories in memory, oldest first. */
  const kept: (Known & { characters: number })[] = [];
  let characters = 0;
  const archived = new Map<string, string>();
  let sequence = 0;

  const keep = ({ key, summary }: Known) => {
    executions.set(summary.executionArn, { key, summary });
    const length = journal.lines(key).reduce((sum, line) => sum + line.length, 0);
    kept.push({ key, summary, characters: length });
    characters += length;
    while (kept.length > keepHistories || characters > keepCharacters) {
      const oldest = kept.shift();
      if (oldest === undefined) return;
      characters -= oldest.characters;
      archive(oldest);
    }
  };
  /** Its input and what came of it are read from its history when somebody asks. */
  const archive = ({ key, summary: { input: _, output, error, cause, ...summary } }: Known) => {
    executions.set(summary.executionArn, { key, summary: { ...summary, input: null } });
    archived.set(key, summary.executionArn);
    journal.archive(key, JSON.stringify(summary));
  };
  journal.onForget((key) => {
    executions.delete(archived.get(key) ?? '');
    archived.delete(key);
  });

  const close = (execution: Execution, ending: Parameters<Execution['end']>[0]) => {
    if (execution.summary.status !== 'RUNNING') return;
    execution.end(ending);
    keep(execution);
    onStatusChange?.(statusChange(execution.summary));
  };

  const run = async (execution: Execution) => {
    const { root, summary } = execution;
    const { definition } = execution.machine;
    executions.set(summary.executionArn, execution);
    const seconds = Math.min(definition.TimeoutSeconds ?? LONGEST_EXECUTION_SECONDS, LONGEST_EXECUTION_SECONDS);
    const timeOut = () => close(execution, { type: 'ExecutionTimedOut' });
    const deadline = clock.at(summary.startDate + seconds * 1000, timeOut);
    try {
      const output = await root.run(() => runBlock(definition, root, () => summary.input));
      close(execution, { type: 'ExecutionSucceeded', output });
    } catch (error) {
      if (error instanceof BranchStopped) return;
      if (!(error instanceof TaskError)) throw error;
      const cause = error.reason === '' ? undefined : error.reason;
      close(execution, { type: 'ExecutionFailed', error: error.error, cause });
    } finally {
      deadline.cancel();
    }
  };

  const machineOf = ({ arn, name, roleArn = '', definition }: Registration): Machine => {
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
    const parsed = parseDefinition(JSON.parse(text), services);
    const line = JSON.stringify({ arn, name, roleArn, definition: text });
    const key = `d${createHash('sha256').update(line).digest('base64url').slice(0, 16)}`;
    if (journal.lines(key).length === 0) journal.put(key, line);
    return { arn, name, roleArn, definition: parsed, key };
  };

  const find = (arn: string) => {
    const execution = executions.get(arn);
    if (execution === undefined) throw new Refusal('ExecutionDoesNotExist', arn);
    return execution;
  };

  return {
    /**
     * Registers a machine, or replaces it for executions that start later.
     *
     * @throws UnsupportedDefinition naming the state and field that this engine does not support
     */
    register(registration: Registration): void {
      machines.set(registration.arn, machineOf(registration));
    },

    /**
     * Resumes every open execution in the journal, each with the definition it began with. To be called once: after the
     * machines are registered and the services they call are ready, and before anything is started.
     */
    resume(): void {
      const definitions = new Map<string, Machine>();
      const definitionOf = (key: string): Machine => {
        const known = definitions.get(key) ?? machineOf(JSON.parse(journal.lines(key)[0] ?? 'null'));
        definitions.set(key, known);
        return known;
      };
      // Sorted, because long-lived executions have been written again after later ones.
      const inOrder = journal.keys('e').sort((a, b) => Number(a.key.slice(1)) - Number(b.key.slice(1)));
      for (const { key, summary } of inOrder) {
        sequence = Number(key.slice(1));
        if (summary !== undefined) {
          const closed = ArchivedSummary.parse(JSON.parse(summary));
          archived.set(key, closed.executionArn);
          executions.set(closed.executionArn, { key, summary: { ...closed, input: null } });
          continue;
        }
        const entries = journal.lines(key).map(readEntry);
        const { name, definition } = entries[0]?.memo ?? {};
        // The log no longer has its beginning.
        if (name === undefined || definition === undefined) continue;
        const execution = new Execution(key, definitionOf(definition), name, services);
        for (const entry of entries) execution.restore(entry);
        if (execution.summary.status === 'RUNNING') void run(execution);
        else keep(execution);
      }
      // Removes definitions that neither a machine nor an execution uses any more.
      const current = new Set([...machines.values()].map(({ key }) => key));
      for (const { key } of journal.keys('d')) if (!current.has(key) && !definitions.has(key)) journal.remove(key);
    },

    /**
     * Starts an execution. The same name with the same input while it runs is the same execution.
     *
     * @throws Refusal StateMachineDoesNotExist, InvalidName, InvalidExecutionInput, ExecutionAlreadyExists
     */
    start({ stateMachineArn, name = newId(), input }: { stateMachineArn: string; name?: string; input: JsonValue }) {
      const machine = machines.get(stateMachineArn);
      if (machine === undefined) throw new Refusal('StateMachineDoesNotExist', stateMachineArn);
      if (!EXECUTION_NAME.test(name)) throw new Refusal('InvalidName', name);
      if (exceedsDataLimit(input)) throw new Refusal('InvalidExecutionInput', 'larger than 256 KiB');
      const arn = executionArn(stateMachineArn, name);
      const known = executions.get(arn)?.summary;
      if (known !== undefined) {
        const same = known.status === 'RUNNING' && JSON.stringify(known.input) === JSON.stringify(input);
        if (same) return { executionArn: arn, startDate: known.startDate };
        throw new Refusal('ExecutionAlreadyExists', arn);
      }
      sequence += 1;
      const execution = new Execution(`e${sequence}`, machine, name, services);
      execution.begin(input);
      onStatusChange?.(statusChange(execution.summary));
      void run(execution);
      return { executionArn: arn, startDate: execution.summary.startDate };
    },

    /** Aborts an execution; a closed one is left as it is. @throws Refusal */
    stop(arn: string, { error, cause }: { error?: string | undefined; cause?: string | undefined } = {}) {
      const known = find(arn);
      if (known instanceof Execution) close(known, { type: 'ExecutionAborted', error, cause });
      return { stopDate: find(arn).summary.stopDate ?? clock.now() };
    },

    /** @throws Refusal InvalidToken, TaskTimedOut if the task is closed, InvalidOutput above 256 KiB */
    sendTaskSuccess(taskToken: string, output: JsonValue): void {
      const task = tokens.find(taskToken);
      if (exceedsDataLimit(output)) throw new Refusal('InvalidOutput', 'larger than 256 KiB');
      task.succeed(output);
    },

    /** @throws Refusal InvalidToken, TaskTimedOut if the task is closed */
    sendTaskFailure(taskToken: string, { error, cause }: { error?: string; cause?: string } = {}): void {
      tokens.find(taskToken).fail(error, cause);
    },

    /** @throws Refusal InvalidToken, TaskTimedOut if the task is closed */
    sendTaskHeartbeat(taskToken: string): void {
      tokens.find(taskToken).heartbeat();
    },

    /** @throws Refusal */
    describe(arn: string): ExecutionSummary {
      const { key, summary } = find(arn);
      if (!archived.has(key)) return summary;
      const entries = journal.lines(key).map(readEntry);
      const [begun, ended] = [entries[0], entries.findLast(({ type }) => type !== undefined)];
      if (begun?.type === undefined || ended?.type === undefined) return summary;
      const { output, error, cause } = ended;
      return { ...summary, input: begun.input ?? null, output, error, cause };
    },

    isRunning: (arn: string): boolean => executions.get(arn)?.summary.status === 'RUNNING',

    /** Oldest first. Of executions that closed long ago without what went in and came out. */
    list({ stateMachineArn, status }: { stateMachineArn?: string; status?: ExecutionStatus } = {}): ExecutionSummary[] {
      return [...executions.values()]
        .map(({ summary }) => summary)
        .filter((summary) => stateMachineArn === undefined || summary.stateMachineArn === stateMachineArn)
        .filter((summary) => status === undefined || summary.status === status);
    },

    /** The events so far; undefined if the execution closed so long ago that they are gone. @throws Refusal */
    history(arn: string): readonly HistoryEvent[] | undefined {
      const lines = journal.lines(find(arn).key);
      return lines.length === 0 ? undefined : historyOf(lines);
    },

    machines: (): readonly Machine[] => [...machines.values()],
  };
}
