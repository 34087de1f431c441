import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { AuditStore } from './ports.ts';

/** Adds one record to the audit of an approval. */
export function note(
  { store, now }: { store: AuditStore; now: Date },
  approval: ApprovalItem,
  who: string,
  what: string,
  why?: string,
): Promise<void> {
  const fact = { at: now.toISOString(), who, what };
  return store.audit(approval, why === undefined ? fact : { ...fact, why });
}
