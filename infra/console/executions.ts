import * as z from 'zod';
import { count, decidedFacts, type Figures, noFigures, type RoundFacts } from '../../functions/domain/figures.ts';
import { arrayPart } from '../../functions/domain/round.ts';
import { Decision } from '../../schemas/decision.ts';
import { RowStatus } from '../../schemas/items/job.ts';
import { ClusterId, Instant, JobId } from '../../schemas/primitives.ts';
import type { HistoryEvent } from '../runtime/engine/history.ts';
import type { ExecutionRow, ExecutionStatus, Tally } from './views.ts';

const Submitted = z.object({
  detail: z.object({ clusterId: ClusterId, jobId: JobId, submittedAt: Instant.optional().catch(undefined) }),
});
const MapInput = z.object({ clusterId: ClusterId });
const Decided = Decision.pick({
  scope: true,
  next: true,
  called: true,
  tier: true,
  asks: true,
  statement: true,
  evidence: true,
  dryRun: true,
});
type Decided = z.infer<typeof Decided>;
const Closed = z.object({ status: RowStatus });

const ENDS: Partial<Record<HistoryEvent['type'], ExecutionStatus>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

export const JOB_WORKFLOW = 'job-workflow';
/** Maximum number of rows: beyond it, ended executions are dropped, oldest first. */
const MOST_ROWS = 20_000;

/** What the closing sums need of a submission, with only the last state of `path`: what remains of a dropped row. */
type Submission = Pick<ExecutionRow, 'clusterId' | 'status' | 'path'>;

/** Machine and execution name from an execution's ARN; the names of machines are prefixed with that of the system. */
export function namesOf(arn: string): { machine: string; name: string } {
  const [machine = '', name = ''] = arn.split(':').slice(-2);
  return { machine, name };
}

export interface DecisionSeen {
  row: ExecutionRow;
  decision: Decided;
  at: number;
}

/** How a job is counted so far, and the decision behind it. */
interface Counted {
  readonly clusterId: string;
  readonly decision: Decided | null;
  readonly facts: RoundFacts;
}

/** States of events that are not ours to count: another execution has the job, or the event names none. */
const NO_JOB = /^(AlreadyAdmitted|Quarantine)/;

/**
 * One line per execution, updated from the engine's history events as they happen: the console's list and the counts of
 * `vgac start`. Holds no inputs or outputs; those stay with the engine.
 */
export class Executions {
  readonly #rows = new Map<string, ExecutionRow>();
  readonly #closed: string[] = [];
  /** Submissions whose row was dropped; those with the same ending share one. */
  readonly #past = new Map<string, Submission>();
  readonly #endings = new Map<string, Submission>();
  readonly #mostRows: number;
  readonly #counted = new Map<string, Counted>();
  readonly #clusters = new Map<string, Figures>();
  readonly #figures = noFigures();
  #jobs = 0;
  #openApprovals = 0;
  readonly #onDecision: (seen: DecisionSeen) => void;
  #version = 0;

  constructor(onDecision: (seen: DecisionSeen) => void = () => undefined, mostRows = MOST_ROWS) {
    this.#onDecision = onDecision;
    this.#mostRows = mostRows;
  }

  /** Incremented with every change. */
  get version(): number {
    return this.#version;
  }

  get tally(): Tally {
    return { jobs: this.#jobs, openApprovals: this.#openApprovals, figures: structuredClone(this.#figures) };
  }

  /** Counts of the jobs of one cluster so far. Labels are not known here. */
  figuresOf(clusterId: string): Readonly<Figures> {
    return this.#clusters.get(clusterId) ?? noFigures();
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
      if (status !== 'SUCCEEDED') {
        this.#leave(row, row.path.at(-1));
        this.#recount(arn, row, (known) => decidedFacts(known.decision, 'failed'));
      }
      this.#counted.delete(arn);
      this.#closed.push(arn);
      if (this.#rows.size > this.#mostRows) this.#giveWay(this.#closed.shift() ?? arn);
    } else if (event.type.endsWith('StateEntered') && event.name !== undefined) {
      row.path.push(event.name);
      if (event.name === 'RequestApproval') this.#openApprovals++;
      if (NO_JOB.test(event.name)) this.#uncount(arn, row);
    } else if (event.type.endsWith('StateExited') && event.name !== undefined) {
      this.#leave(row, event.name);
      if (event.name.startsWith('Predict')) this.#decided(arn, row, event.output, event.timestamp);
      if (event.name === 'RecordOutcome') this.#recorded(arn, row, event.output);
    }
  }

  get(arn: string): ExecutionRow | undefined {
    return this.#rows.get(arn);
  }

  /** The ARN of an execution by its name; the newest if several machines have one of that name. */
  arnOf(name: string): string | undefined {
    return [...this.#rows.entries()].findLast(([, row]) => row.name === name)?.[0];
  }

  /** Executions of job-workflow, one per JobSubmitted event, oldest first, including those whose row was dropped. */
  *submissions(): Generator<[string, Submission]> {
    yield* this.#past;
    for (const entry of this.#rows) if (entry[1].machine.endsWith(JOB_WORKFLOW)) yield entry;
  }

  /** Whether any execution is working: one that only waits for the answer to its approval does not count. */
  anyAtWork(): boolean {
    for (const row of this.#rows.values()) {
      if (row.status === 'RUNNING' && row.path.at(-1) !== 'RequestApproval') return true;
    }
    return false;
  }

  /** Executions of job-workflow that match the filter, newest first. */
  list(filter: { cluster?: string; part?: string; status?: string; limit: number }): {
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
      if (filter.part !== undefined && row.part !== filter.part) continue;
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
      called: null,
      tier: null,
      asked: false,
      part: null,
      statement: null,
      result: null,
      startedAt: at,
      stoppedAt: null,
    });
    if (!machine.endsWith(JOB_WORKFLOW)) return;
    this.#jobs++;
    const row = this.#rows.get(arn);
    if (row === undefined || row.clusterId === null) return;
    this.#put(arn, row, { clusterId: row.clusterId, decision: null, facts: decidedFacts(null, null) });
  }

  #put(arn: string, row: ExecutionRow, counted: Counted): void {
    const { clusterId, facts } = counted;
    const cluster = this.#clusters.get(clusterId) ?? noFigures();
    this.#clusters.set(clusterId, cluster);
    for (const figures of [cluster, this.#figures]) count(figures, facts);
    this.#counted.set(arn, counted);
    row.part = facts.part;
  }

  #uncount(arn: string, row: ExecutionRow): void {
    const known = this.#counted.get(arn);
    const cluster = known === undefined ? undefined : this.#clusters.get(known.clusterId);
    if (known === undefined || cluster === undefined) return;
    for (const figures of [cluster, this.#figures]) count(figures, known.facts, -1);
    this.#counted.delete(arn);
    row.part = null;
  }

  #recount(arn: string, row: ExecutionRow, facts: (known: Counted) => RoundFacts, decision?: Decided): void {
    const known = this.#counted.get(arn);
    if (known === undefined) return;
    this.#uncount(arn, row);
    const next = { ...known, decision: decision ?? known.decision };
    this.#put(arn, row, { ...next, facts: facts(next) });
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
    if (state === 'RequestApproval' && row.path.at(-1) === state) this.#openApprovals--;
  }

  #decided(arn: string, row: ExecutionRow, output: unknown, at: number): void {
    const decision = Decided.safeParse(output).data;
    if (decision === undefined) return;
    row.scope = decision.scope;
    row.called = decision.called;
    row.tier = decision.tier;
    row.asked = decision.asks !== null;
    row.statement = decision.statement;
    this.#recount(arn, row, (known) => decidedFacts(known.decision, null), decision);
    this.#onDecision({ row, decision, at });
  }

  #recorded(arn: string, row: ExecutionRow, output: unknown): void {
    const status = Closed.safeParse(output).data?.status;
    if (status === undefined) return;
    row.result = status;
    this.#recount(arn, row, (known) => decidedFacts(known.decision, status));
  }
}

const isoTime = ({ timestamp }: HistoryEvent) => new Date(timestamp).toISOString();

/** "failed" means every ending other than success. */
function fits(status: ExecutionStatus, wanted: string): boolean {
  return wanted === 'FAILED' ? status !== 'RUNNING' && status !== 'SUCCEEDED' : status === wanted;
}
