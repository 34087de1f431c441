import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { undoState } from './undoing.ts';

/** What people see of a decided approval, as a string: its message needs an update when this changes. */
export function shownState(approval: ApprovalItem, now: Date): string {
  const { status, effect, decided_at } = approval;
  return [status, decided_at, effect?.status ?? 'no effect', effect?.at, undoState(approval, now)].join(' ');
}
