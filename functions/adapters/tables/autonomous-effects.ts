import { ApprovalItem } from '../../../schemas/items/approval.ts';
import { LAYOUT } from '../../../schemas/layout.ts';
import { ApprovalNotFound, type AutonomousEffect } from '../../application/approvals/ports.ts';
import { approvalIdOf, NOBODY, subjectTier } from '../../domain/approval.ts';
import { audit } from './approval-audit.ts';
import { approvalKey, loadApproval } from './approval-item.ts';
import { OPEN } from './approval-lists.ts';
import { lostTheRace, putItem, type Table } from './table.ts';

/**
 * Opens the undo window of an autonomous effect: an approval that nobody was asked for and that permits nothing, on which
 * Undo follows the same rules as on any other. A repeated call finds the first one.
 */
export async function recordAutonomousEffect(table: Table, done: AutonomousEffect): Promise<ApprovalItem> {
  const { decision, subject, job, effect, undoMinutes } = done;
  const id = approvalIdOf(decision.decisionId, 'autonomous');
  const undoSeconds = Math.round(undoMinutes * 60);
  const over = new Date(Date.parse(effect.at) + undoSeconds * 1000).toISOString();
  const item = ApprovalItem.parse({
    ...approvalKey(id),
    v: LAYOUT,
    approval_id: id,
    cluster_id: decision.clusterId,
    job_id: decision.jobId,
    submitted_at: decision.submittedAt,
    question: 'act',
    tier: subjectTier(subject.tier),
    status: 'autonomous',
    subject,
    ...job,
    pinned: decision,
    requested_at: effect.at,
    expires_at: over,
    decided_at: effect.at,
    decided_by: NOBODY,
    execution_arn: done.executionArn,
    configured_channel: done.channel,
    channel: done.channel,
    effect: { status: effect.status, at: effect.at },
    undo_seconds: undoSeconds,
    listing: OPEN,
    listing_key: `${over}#${id}`,
  });
  try {
    await putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' });
  } catch (error) {
    if (!lostTheRace(error)) throw error;
    const stored = await loadApproval(table, id);
    if (!stored) throw new ApprovalNotFound(`approval ${id} has disappeared`);
    return stored;
  }
  await audit(table, item, { at: effect.at, who: NOBODY, what: 'may be undone' });
  return item;
}
