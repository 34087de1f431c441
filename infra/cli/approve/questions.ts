import colors from 'picocolors';
import { loadApproval } from '../../../functions/adapters/tables/approval-item.ts';
import { openApprovals } from '../../../functions/adapters/tables/approval-lists.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { standingWords } from '../../../functions/domain/answer-words.ts';
import { shownName } from '../../../functions/domain/names.ts';
import {
  alreadyWords,
  askedBecause,
  deedWords,
  eceWords,
  jobWords,
  recordWords,
  riskWords,
} from '../../../functions/domain/question-words.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';

/** Open questions, those that time out first at the front. */
export async function pending(store: Table): Promise<ApprovalItem[]> {
  const found: ApprovalItem[] = [];
  for await (const id of openApprovals(store)) {
    const approval = await loadApproval(store, id);
    if (approval?.status === 'pending') found.push(approval);
  }
  return found;
}

/** A name for a terminal: every character as what it is, and a warning where it could be taken for another. */
function named(name: string): string {
  const { text, warning } = shownName(name);
  return warning === null ? text : `${text} (${warning})`;
}

/** One approval for a terminal: the lines of its card. */
export function lines(approval: ApprovalItem): string[] {
  const { approval_id, subject, pinned } = approval;
  const because = askedBecause(pinned, subject);
  return [
    colors.bold(approval_id),
    `  ${pinned.dryRun ? 'in dry run:    ' : 'what:          '}${whatWords(approval)}`,
    `  whose:         ${jobWords(approval, named)}`,
    `  why:           ${riskWords(pinned)}; ${recordWords(approval)}; ${eceWords(pinned.evidence, because)}`,
    ...(because === null ? [] : [`  why a human:   ${because}`]),
    `  ${standingWords(approval)}`,
  ];
}

function whatWords({ question, subject, pinned, status, already }: ApprovalItem): string {
  const before = already === undefined ? '' : ` ${alreadyWords(already)}`;
  if (question === 'keep') return `job ${named(subject.arguments.jobId)} is held; keep it held?${before}`;
  const mood = pinned.dryRun ? 'would' : 'do';
  return `${deedWords(subject.arguments, status === 'autonomous' ? 'done' : mood, named)}.${before}`;
}

/** The same as data: how it stands, what it is about, and the decision that asks. */
export function approvalJson(approval: ApprovalItem) {
  return {
    approvalId: approval.approval_id,
    clusterId: approval.cluster_id,
    jobId: approval.job_id,
    submittedAt: approval.submitted_at,
    status: approval.status,
    standing: standingWords(approval),
    question: approval.question,
    tier: approval.tier,
    subject: approval.subject,
    requestedAt: approval.requested_at,
    expiresAt: approval.expires_at,
    decidedBy: approval.decided_by ?? null,
    decidedAt: approval.decided_at ?? null,
    reason: approval.decided_reason ?? null,
    effect: approval.effect ?? null,
    decision: approval.pinned,
  };
}
