import * as z from 'zod';
import { arrayPart } from '../../../functions/domain/round.ts';
import { Decision } from '../../../schemas/decision.ts';
import { RowStatus } from '../../../schemas/items/job.ts';
import { ClusterId, Instant, JobId } from '../../../schemas/primitives.ts';
import type { HistoryEvent } from '../engine/history.ts';
import type { ExecutionRow, ExecutionStatus, Tally } from './views.ts';

const Submitted = z.object({
  detail: z.object({ clusterId: ClusterId, jobId: JobId, submittedAt: Instant.optional().catch(undefined) }),
});
const MapInput = z.object({ clusterId: ClusterId });
const Decided = Decision.pick({ scope: true, next: true, tier: true, statement: true, executed: true, evidence: true });
const Closed = z.object({ status: RowStatus });

const ENDS: Partial<Record<HistoryEvent['type'], ExecutionStatus>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

export const JOB_WORKFLOW = 'job-workflow';
/** Rows that are kept: beyond so many, those of executions that ended give way, the oldest first. */
const MOST_ROWS = 20_000;

/** What the closing sums need of a submission, `path` as far as its last state: all that is left where its row gave way. */
type Submission = Pick<ExecutionRow, 'clusterId' | 'status' | 'path'>;

/** Machine and execution name of an execution's ARN; machines carry the system's name in front of their own. */
export function namesOf(arn: string): { machine: string; name: string } {
  const [machine = '', name = ''] = arn.split(':').slice(-2);
  return { machine, name };
}

export interface DecisionSeen {
  row: ExecutionRow;
  /** The agent's decision stood without a human. */
  executed: boolean;
  evidence: z.infer<typeof Decided>['evidence'];
  at: number;
}

/**
 * One line per execution, kept current from the engine's history events as they happen: the list of the console, and
 * the counts that npm start shows. Holds no inputs or outputs; those stay with the engine.
 */
export class Executions {
  readonly #rows = new Map<string, ExecutionRow>();
  readonly #closed: string[] = [];
  /** Submissions whose row gave way; those that ended alike share one ending. */
  readonly #past = new Map<string, Submission>();
  readonly #endings = new Map<string, Submission>();
  readonly #mostRows: number;
  readonly #tally: Tally = { jobs: 0, alone: 0, notified: 0, withheld: 0, asked: 0, openApprovals: 0 };
  readonly #onDecision: (seen: DecisionSeen) => void;
  #version = 0;

  constructor(onDecision: (seen: DecisionSeen) => void = () => undefined, mostRows = MOST_ROWS) {
    this.#onDecision = onDecision;
    this.#mostRows = mostRows;
  }

  /** Rises with every change. */
  get version(): number {
    return this.#version;
  }

  get tally(): Tally {
    return { ...this.#tally };
  }

  observe(arn: string, event: HistoryEvent): void {
    this.#version++;
    if (event.type === 'ExecutionStarted') this.#start(arn, event.input, isoTime(event));
    const row = this.#rows.get(arn);
    if (row === undefined) return;
    const status = ENDS[event.type];
    if (status !== undefined) {
      row.status = status;
      row.stoppedAt = isoTime(event);
      if (status !== 'SUCCEEDED') this.#leave(row, row.path.at(-1));
      this.#closed.push(arn);
      if (this.#rows.size > this.#mostRows) this.#giveWay(this.#closed.shift() ?? arn);
    } else if (event.type.endsWith('StateEntered') && event.name !== undefined) {
      row.path.push(event.name);
      if (event.name === 'RequestApproval') {
        this.#tally.asked++;
        this.#tally.openApprovals++;
      }
    } else if (event.type.endsWith('StateExited') && event.name !== undefined) {
      this.#leave(row, event.name);
      if (event.name.startsWith('Predict')) this.#decided(row, event.output, event.timestamp);
      if (event.name === 'RecordOutcome') row.result = Closed.safeParse(event.output).data?.status ?? row.result;
    }
  }

  get(arn: string): ExecutionRow | undefined {
    return this.#rows.get(arn);
  }

  /** The ARN of an execution by its name, newest first where machines share a name. */
  arnOf(name: string): string | undefined {
    return [...this.#rows.entries()].findLast(([, row]) => row.name === name)?.[0];
  }

  /** Executions of job-workflow, one per JobSubmitted event, oldest first; also those whose row gave way. */
  *submissions(): Generator<[string, Submission]> {
    yield* this.#past;
    for (const entry of this.#rows) if (entry[1].machine.endsWith(JOB_WORKFLOW)) yield entry;
  }

  /** Whether any execution works: one that only waits for an answer to its approval does not count. */
  anyAtWork(): boolean {
    for (const row of this.#rows.values()) {
      if (row.status === 'RUNNING' && row.path.at(-1) !== 'RequestApproval') return true;
    }
    return false;
  }

  /** Executions of job-workflow, newest first, that fit the filter. */
  list(filter: { cluster?: string; scope?: string; status?: string; limit: number }): {
    rows: ExecutionRow[];
    total: number;
    clusters: string[];
  } {
    const rows: ExecutionRow[] = [];
    const clusters = new Set<string>();
    let total = 0;
    for (const row of [...this.#rows.values()].reverse()) {
      if (!row.machine.endsWith(JOB_WORKFLOW)) continue;
      if (row.clusterId !== null) clusters.add(row.clusterId);
      if (filter.cluster !== undefined && row.clusterId !== filter.cluster) continue;
      if (filter.scope !== undefined && row.scope !== filter.scope) continue;
      if (filter.status !== undefined && !fits(row.status, filter.status)) continue;
      total++;
      if (rows.length < filter.limit) rows.push(row);
    }
    return { rows, total, clusters: [...clusters].sort() };
  }

  #start(arn: string, input: unknown, at: string): void {
    const { machine, name } = namesOf(arn);
    const job = Submitted.safeParse(input).data?.detail;
    this.#rows.set(arn, {
      name,
      machine,
      clusterId: job?.clusterId ?? MapInput.safeParse(input).data?.clusterId ?? null,
      jobId: job ? arrayPart(job.jobId).jobId : null,
      submittedAt: job?.submittedAt ?? null,
      status: 'RUNNING',
      path: [],
      scope: null,
      next: null,
      tier: null,
      statement: null,
      result: null,
      startedAt: at,
      stoppedAt: null,
    });
    if (machine.endsWith(JOB_WORKFLOW)) this.#tally.jobs++;
  }

  #giveWay(arn: string): void {
    const row = this.#rows.get(arn);
    this.#rows.delete(arn);
    if (row === undefined || !row.machine.endsWith(JOB_WORKFLOW)) return;
    const { clusterId, status, path } = row;
    const ending: Submission = { clusterId, status, path: path.slice(-1) };
    const key = JSON.stringify(ending);
    const shared = this.#endings.get(key) ?? ending;
    this.#endings.set(key, shared);
    this.#past.set(arn, shared);
  }

  #leave(row: ExecutionRow, state: string | undefined): void {
    if (state === 'RequestApproval' && row.path.at(-1) === state) this.#tally.openApprovals--;
  }

  #decided(row: ExecutionRow, output: unknown, at: number): void {
    const decision = Decided.safeParse(output).data;
    if (decision === undefined) return;
    row.scope = decision.scope;
    row.next = decision.next;
    row.tier = decision.tier;
    row.statement = decision.statement;
    if (decision.executed && decision.scope === 'autonomous') this.#tally.alone++;
    if (decision.executed && decision.scope === 'notify') this.#tally.notified++;
    if (decision.next === 'withhold') this.#tally.withheld++;
    this.#onDecision({ row, executed: decision.executed, evidence: decision.evidence, at });
  }
}

const isoTime = ({ timestamp }: HistoryEvent) => new Date(timestamp).toISOString();

/** "failed" means every end that is not a success. */
function fits(status: ExecutionStatus, wanted: string): boolean {
  return wanted === 'FAILED' ? status !== 'RUNNING' && status !== 'SUCCEEDED' : status === wanted;
}
