import { standingWords } from '../../functions/domain/answer-words.ts';
import { fatigue } from '../../functions/domain/fatigue.ts';
import { shownName } from '../../functions/domain/names.ts';
import { alreadyWords, askedBecause, jobWords, recordWords } from '../../functions/domain/question-words.ts';
import { undoState, undoUntil } from '../../functions/domain/undoing.ts';
import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { recordsOf } from './audit-records.ts';
import { namesOf } from './executions.ts';
import type { ConsoleSource } from './source.ts';
import { storyOf } from './story.ts';
import type { ApprovalDetails, Approvals, ApprovalView } from './views.ts';

const MOST_OPEN = 200;
/** Settled approvals on the page; their audit is kept forever. */
const SHOWN_SETTLED = 20;
const FATIGUE_DAYS = 30;
/** At most this many answers per cluster go into the figures of its approvers. */
const MOST_ANSWERS = 200;

/** Open and settled questions, how people answer, and which clusters are frozen. */
export async function approvals(source: ConsoleSource): Promise<Approvals> {
  const { records } = source;
  const now = source.now();
  const since = new Date(now - FATIGUE_DAYS * 86_400_000);
  const [open, clusterIds] = await Promise.all([records.openApprovals(MOST_OPEN), records.clusterIds()]);
  const [closed, frozen] = await Promise.all([
    Promise.all(clusterIds.map((id) => records.closedApprovals(id, since, MOST_ANSWERS))),
    records.freezes(clusterIds),
  ]);
  // An approval settled during this read is in both lists; the later read is right.
  const known = new Map([...open, ...closed.flat()].map((item) => [item.approval_id, item]));
  const all = [...known.values()];
  const settled = all
    .filter(({ status }) => status !== 'pending')
    .sort((a, b) => (decidedAt(a) < decidedAt(b) ? 1 : -1))
    .slice(0, SHOWN_SETTLED);
  return {
    now: new Date(now).toISOString(),
    open: all.filter(({ status }) => status === 'pending').map((item) => approvalView(source, item)),
    settled: settled.map((item) => approvalView(source, item)),
    fatigue: closed.flatMap((ofCluster) => fatigue(ofCluster)),
    frozen,
  };
}

const decidedAt = ({ decided_at, expires_at }: ApprovalItem) => decided_at ?? expires_at;

/** One approval with the whole story of its job, from the same records as the audit; null for an unknown one. */
export async function approval(source: ConsoleSource, id: string): Promise<ApprovalDetails | null> {
  const item = await source.records.approval(id);
  if (item === null) return null;
  const records = await recordsOf(source.records.table, item.pinned);
  const frozen = await source.records.freezes([item.cluster_id]);
  return {
    approval: approvalView(source, item),
    frozen,
    story: records === null ? [] : storyOf(records),
  };
}

export function approvalView(source: ConsoleSource, item: ApprovalItem): ApprovalView {
  const { pinned, subject } = item;
  const { p: _, ...prediction } = pinned.prediction;
  const now = new Date(source.now());
  const undo = undoState(item, now);
  const view: ApprovalView = {
    approvalId: item.approval_id,
    clusterId: item.cluster_id,
    jobId: item.job_id,
    status: item.status,
    question: item.question,
    dryRun: pinned.dryRun,
    called: pinned.called,
    tier: subject.tier,
    action: subject.arguments.action,
    target: subject.arguments.target ?? null,
    text: subject.arguments.text ?? null,
    argumentsHash: subject.argumentsHash,
    job: jobWords(item, named),
    because: askedBecause(pinned, subject),
    record: recordWords(item),
    statement: pinned.statement,
    explanation: item.explanation ?? null,
    reasons: pinned.reasons,
    passedOver: pinned.passedOver,
    already: item.already === undefined ? null : alreadyWords(item.already),
    evidence: pinned.evidence,
    prediction: { ...prediction, longWaitSeconds: pinned.longWaitSeconds },
    alternatives: item.alternatives,
    requestedAt: item.requested_at,
    expiresAt: item.expires_at,
    standing: standingWords(item),
    reason: item.decided_via === undefined ? null : (item.decided_reason ?? null),
    effect: item.effect ?? null,
    undo,
    undoUntil: undo === 'open' ? new Date(undoUntil(item)).toISOString() : null,
    execution: source.executions.get(item.execution_arn) ? namesOf(item.execution_arn).name : null,
    cardUrl: source.slackUrl,
  };
  // Names and texts are outside input; credentials that we know of must not be shown in them.
  return source.redactor.redact(view) as ApprovalView;
}

/** A name with deceptive characters shown as codes, and a warning if it could be mistaken for another. */
function named(name: string): string {
  const { text, warning } = shownName(name);
  return warning === null ? text : `${text} (${warning})`;
}
