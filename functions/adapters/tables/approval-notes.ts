import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { tryUpdate, update } from './approval-item.ts';
import { OPEN } from './approval-lists.ts';
import type { Table } from './table.ts';

/**
 * Records which message is the card. Null if another card was recorded before.
 * Reopens the approval in case it was decided and closed meanwhile, so that the sweeper updates this card.
 */
export function recordCard(
  table: Table,
  id: string,
  card: { channel: string; ts: string },
): Promise<ApprovalItem | null> {
  return tryUpdate(table, id, {
    update: 'SET channel = :channel, card_ts = :ts, listing = :open',
    condition: 'attribute_exists(PK) AND attribute_not_exists(card_ts)',
    values: { ':channel': card.channel, ':ts': card.ts, ':open': OPEN },
  });
}

/** Records an explanation for the card of a pending approval. Null if it was answered meanwhile. */
export function noteExplanation(table: Table, id: string, text: string): Promise<ApprovalItem | null> {
  return tryUpdate(table, id, {
    update: 'SET explanation = :text',
    condition: '#status = :pending',
    names: { '#status': 'status' },
    values: { ':text': text, ':pending': 'pending' },
  });
}

/** Records that this decision was announced. Does nothing if the decision has changed since: it is announced again. */
export async function markAnnounced(table: Table, approval: ApprovalItem, now: Date): Promise<void> {
  await tryUpdate(table, approval.approval_id, {
    update: 'SET announced_at = :now',
    condition: '#status = :status',
    names: { '#status': 'status' },
    values: { ':now': now.toISOString(), ':status': approval.status },
  });
}

/** Records the result of the answer. Reopens the approval, so that the sweeper shows it on the card. */
export async function noteEffect(
  table: Table,
  id: string,
  effect: NonNullable<ApprovalItem['effect']>,
): Promise<ApprovalItem> {
  return update(table, id, {
    update: 'SET effect = :effect, listing = :open',
    condition: 'attribute_exists(PK)',
    values: { ':effect': effect, ':open': OPEN },
  });
}

/** Records, once, that somebody asked to undo the effect. Null if somebody asked before, or the approval is gone. */
export function askUndo(table: Table, id: string, by: string, now: Date): Promise<ApprovalItem | null> {
  return tryUpdate(table, id, {
    update: 'SET undo_asked_by = :by, undo_asked_at = :now, listing = :open',
    condition: '(#status = :approved OR #status = :autonomous) AND attribute_not_exists(undo_asked_at)',
    names: { '#status': 'status' },
    values: {
      ':by': by,
      ':now': now.toISOString(),
      ':approved': 'approved',
      ':autonomous': 'autonomous',
      ':open': OPEN,
    },
  });
}

/** Records that people were reminded. */
export async function markReminded(table: Table, id: string, now: Date): Promise<void> {
  await tryUpdate(table, id, {
    update: 'SET reminded_at = :now',
    condition: 'attribute_exists(PK)',
    values: { ':now': now.toISOString() },
  });
}

/** Records what the card shows. */
export async function markShown(table: Table, id: string, state: string): Promise<void> {
  await tryUpdate(table, id, {
    update: 'SET card_state = :state',
    condition: 'attribute_exists(PK)',
    values: { ':state': state },
  });
}
