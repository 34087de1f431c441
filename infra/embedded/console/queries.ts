import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { namesOf } from './executions.ts';
import type { ConsoleSource } from './source.ts';
import { standingOf } from './standing.ts';
import { statesOf } from './states.ts';
import type { ApprovalView, ClusterView, ExecutionView, Overview } from './views.ts';

const SHOWN_APPROVALS = 4;
const SHOWN_EXECUTIONS = 15;
const SHOWN_NOTICES = 12;

export async function clusters(source: ConsoleSource): Promise<ClusterView[]> {
  const items = await source.records.clusters();
  const now = new Date(source.now());
  return Promise.all(
    items.map(async (item) => ({
      ...(await standingOf(source.records, item, now)),
      history: source.scores.of(item.cluster_id),
    })),
  );
}

export async function approvals(source: ConsoleSource, limit: number): Promise<ApprovalView[]> {
  const items = await source.records.openApprovals(limit);
  return items.map((item) => approvalView(source, item));
}

export async function overview(source: ConsoleSource): Promise<Overview> {
  const [standings, unreadable, open] = await Promise.all([
    clusters(source),
    source.records.unreadableClusters(),
    approvals(source, SHOWN_APPROVALS),
  ]);
  return {
    now: new Date(source.now()).toISOString(),
    clock: source.clock,
    phase: source.phase(),
    source: source.description,
    tally: source.executions.tally,
    clusters: standings,
    unreadable,
    notices: source.notices().slice(0, SHOWN_NOTICES),
    approvals: open,
    recent: source.executions.list({ limit: SHOWN_EXECUTIONS }).rows,
    slackUrl: source.slackUrl,
  };
}

/** One execution with everything known about its job, credentials hidden; null when there is none of this name. */
export async function execution(source: ConsoleSource, name: string): Promise<ExecutionView | null> {
  const arn = source.executions.arnOf(name);
  const row = arn === undefined ? undefined : source.executions.get(arn);
  if (arn === undefined || row === undefined) return null;
  const history = source.history(arn);
  const events = history ?? [];
  const job = row.clusterId !== null && row.jobId !== null ? await source.records.job(row.clusterId, row.jobId) : null;
  const own = job?.claimed_by === arn ? job : null;
  const approval = own?.decision ? await source.records.approval(own.decision.decisionId) : null;
  const ended = events.find(({ type }) => type === 'ExecutionSucceeded');
  const failed = events.find(({ type }) => /^Execution(Failed|TimedOut|Aborted)$/.test(type));
  const shown = source.redactor.redact({
    input: events.find(({ type }) => type === 'ExecutionStarted')?.input,
    output: ended?.output,
    error: failed ? { error: failed.error ?? failed.type, cause: failed.cause ?? '' } : null,
    states: statesOf(events),
  }) as Pick<ExecutionView, 'input' | 'output' | 'error' | 'states'>;
  return {
    ...row,
    ...shown,
    forgotten: history === undefined,
    decision: own?.decision ? shownDecision(own.decision) : null,
    effect: own?.effect ?? null,
    outcome: own ? outcomeOf(own) : null,
    approval: approval === null ? null : approvalView(source, approval),
  };
}

/** VGAC's own probability is never shown: what counts is the served one. */
function shownDecision(decision: NonNullable<JobItem['decision']>): ExecutionView['decision'] {
  const { p: _, ...prediction } = decision.prediction;
  return { ...decision, prediction };
}

function outcomeOf(job: JobItem): ExecutionView['outcome'] {
  if (job.label_at === undefined || job.long_wait === undefined) return null;
  return {
    longWait: job.long_wait,
    labelAt: job.label_at,
    waitSeconds: job.actual_wait ?? null,
    foldedIn: job.folded_in ?? null,
  };
}

function approvalView(source: ConsoleSource, item: ApprovalItem): ApprovalView {
  const { pinned } = item;
  return {
    approvalId: item.approval_id,
    clusterId: item.cluster_id,
    jobId: item.job_id,
    status: item.status,
    question: item.question,
    tier: item.tier,
    action: pinned.arguments?.action ?? item.tier,
    target: pinned.arguments?.target ?? null,
    statement: pinned.statement,
    reasons: pinned.reasons,
    requestedAt: item.requested_at,
    expiresAt: item.expires_at,
    decidedBy: item.decided_by ?? null,
    execution: source.executions.get(item.execution_arn) ? namesOf(item.execution_arn).name : null,
    cardUrl: source.slackUrl,
  };
}
