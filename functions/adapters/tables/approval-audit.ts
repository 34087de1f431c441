import type { ApprovalItem, Subject } from '../../../schemas/items/approval.ts';
import { conditionally, putItem, type Table } from './table.ts';

/** Appends one record to the approval's audit. The same fact at the same time is one record, so a retry is harmless. */
export async function audit(
  table: Table,
  approval: Pick<ApprovalItem, 'approval_id'> & { subject?: Pick<Subject, 'argumentsHash'> },
  fact: { at: string; who: string; what: string; why?: string },
): Promise<void> {
  const item = {
    PK: `APPROVAL#${approval.approval_id}`,
    SK: `AUDIT#${fact.at}#${fact.what}#${fact.who}`,
    ...fact,
    hash: approval.subject?.argumentsHash ?? null,
  };
  await conditionally(putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' }));
}
