import { servedWords } from '../../functions/domain/served-words.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import { approvalView } from './approval-views.ts';
import type { ConsoleSource } from './source.ts';
import { configOf, type Known, standingOf } from './standing.ts';
import { statesOf } from './states.ts';
import type { ClusterView, ExecutionView, Overview } from './views.ts';

const SHOWN_APPROVALS = 4;
const SHOWN_EXECUTIONS = 15;
const SHOWN_NOTICES = 12;

export async function clusters(source: ConsoleSource): Promise<ClusterView[]> {
  return (await standings(source)).clusters;
}

async function standings({
  records,
  scores,
  settled,
  executions,
  now,
}: ConsoleSource): Promise<Pick<Overview, 'clusters' | 'unreadable'>> {
  const { readable, unreadable } = await records.clusters();
  const ids = readable.map(({ cluster_id }) => cluster_id);
  const [configs, freezes, asking, forecasts, recalibrating] = await Promise.all([
    records.configs(ids),
    records.freezes(ids),
    records.asking(ids),
    records.forecasts(ids),
    records.recalibrating(ids),
  ]);
  const longWaits = new Map(readable.map((item) => [item.cluster_id, configOf(item, { configs }).longWaitSeconds]));
  const at = now();
  // Jobs of an unreadable cluster get labels too, within a day.
  await settled.refresh(records, (id) => longWaits.get(id) ?? DAY_SECONDS, at);
  const known: Known = {
    configs,
    asking,
    forecasts,
    recalibrating,
    frozen: (id) => '*' in freezes || id in freezes,
    figuresOf: (id) => executions.figuresOf(id),
    settledOf: (id) => settled.of(id),
  };
  const clusters = await Promise.all(
    readable.map(async (item) => ({
      ...(await standingOf(records, item, known, new Date(at))),
      history: scores.of(item.cluster_id),
    })),
  );
  return { clusters, unreadable };
}

const DAY_SECONDS = 86_400;

export async function overview(source: ConsoleSource): Promise<Overview> {
  const [now, open] = await Promise.all([standings(source), source.records.openApprovals(SHOWN_APPROVALS)]);
  return {
    now: new Date(source.now()).toISOString(),
    clock: source.clock,
    phase: source.phase(),
    source: source.description,
    tally: source.executions.tally,
    ...now,
    notices: source.notices().slice(0, SHOWN_NOTICES),
    approvals: open.filter(({ status }) => status === 'pending').map((item) => approvalView(source, item)),
    recent: source.executions.list({ limit: SHOWN_EXECUTIONS }).rows,
    slackUrl: source.slackUrl,
    warning: source.warning,
  };
}

/** One execution with everything known about its job, credentials hidden; null if there is none of this name. */
export async function execution(source: ConsoleSource, name: string): Promise<ExecutionView | null> {
  const arn = source.executions.arnOf(name);
  const row = arn === undefined ? undefined : source.executions.get(arn);
  if (arn === undefined || row === undefined) return null;
  const history = source.history(arn);
  const events = history ?? [];
  const { clusterId, jobId, submittedAt } = row;
  const named = clusterId !== null && jobId !== null && submittedAt !== null;
  const job = named ? await source.records.job({ clusterId, jobId, submittedAt }) : null;
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
    approvedEffect: own?.approved_effect ?? null,
    outcome: own ? outcomeOf(own) : null,
    approval: approval === null ? null : approvalView(source, approval),
  };
}

/** VGAC's own probability is never shown: only the served one counts. */
function shownDecision(decision: NonNullable<JobItem['decision']>): ExecutionView['decision'] {
  const { p: _, ...prediction } = decision.prediction;
  return { ...decision, prediction, servedBy: servedWords(prediction) };
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
