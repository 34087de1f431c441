import type { ApprovalItem } from '../../schemas/items/approval.ts';
import { undoState } from './undoing.ts';

/** What people are shown of a decided approval, in a string: its message needs an update when this has changed. */
export function shownState(approval: ApprovalItem, now: Date): string {
  const { status, effect, decided_at } = approval;
  return [status, decided_at, effect?.status ?? 'no effect', effect?.at, undoState(approval, now)].join(' ');
}
