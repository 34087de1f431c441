import { type AnsweredIn, ApprovalItem } from '../../../schemas/items/approval.ts';
import { ApprovalNotFound, type OpenQuestion } from '../../application/approvals/ports.ts';
import { approvalIdOf, NOBODY, subjectTier } from '../../domain/approval.ts';
import { approvalKey, tryUpdate } from './approval-item.ts';
import { closedListing, OPEN } from './approval-lists.ts';
import { parseItem, type Table, upsertItem } from './table.ts';
import { storeToken } from './task-tokens.ts';

/**
 * Opens the approval, or finds the one that an earlier attempt opened; the newest token replaces any older one.
 * The token is stored first: a reader that sees the raised `requests` also finds its token.
 */
export async function openApproval(table: Table, asked: OpenQuestion, now: Date): Promise<ApprovalItem> {
  const { decision, question, subject } = asked;
  const id = approvalIdOf(decision.decisionId, question);
  const requestedAt = now.toISOString();
  const expiresAt = new Date(now.getTime() + decision.approvalTtlSeconds * 1000).toISOString();
  await storeToken(table, id, { token: asked.taskToken, ttlSeconds: decision.approvalTtlSeconds }, now);
  const once = {
    approval_id: id,
    cluster_id: decision.clusterId,
    job_id: decision.jobId,
    submitted_at: decision.submittedAt,
    question,
    tier: subjectTier(subject.tier),
    status: 'pending',
    subject,
    pinned: decision,
    user: asked.user,
    queue: asked.queue,
    gpus: asked.gpus,
    record: asked.record,
    already: asked.already,
    requested_at: requestedAt,
    expires_at: expiresAt,
    execution_arn: asked.executionArn,
    configured_channel: asked.channel,
    channel: asked.channel,
    ...asked.terms,
    listing_key: `${expiresAt}#${id}`,
  };
  const names = Object.entries(once).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const stands = await upsertItem(table, approvalKey(id), {
    UpdateExpression: `SET ${names.map((name) => `#${name} = if_not_exists(#${name}, :${name})`).join(', ')}, #listing = :open ADD #requests :one`,
    ExpressionAttributeNames: Object.fromEntries([...names, 'listing', 'requests'].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, Reflect.get(once, name)])),
      ':open': OPEN,
      ':one': 1,
    },
    ReturnValues: 'ALL_NEW',
  });
  return parseItem(ApprovalItem, stands);
}

/**
 * The approval as it stands, read through a write: functions that may only update approvals get the stored decision
 * without read permission.
 * @throws ApprovalNotFound
 */
async function stored(table: Table, id: string, now: Date): Promise<ApprovalItem> {
  const item = await tryUpdate(table, id, {
    update: 'SET looked_at = :now',
    condition: 'attribute_exists(PK)',
    values: { ':now': now.toISOString() },
  });
  if (!item) throw new ApprovalNotFound(`approval ${id} does not exist`);
  return item;
}

interface Outcome {
  /** True only for the caller whose answer counts. */
  won: boolean;
  approval: ApprovalItem;
}

/**
 * Decides once, with one conditional write: only before the expiry, and the first answer wins.
 * @throws ApprovalNotFound
 */
export function decideApproval(
  table: Table,
  id: string,
  answer: { status: 'approved' | 'denied'; by: string; via: AnsweredIn; reason: string },
  now: Date,
): Promise<Outcome> {
  return decide(table, id, answer, '#status = :pending AND expires_at > :now', now);
}

/**
 * Expires an approval that nobody answered; an answer given meanwhile stands.
 * @throws ApprovalNotFound
 */
export function expireApproval(table: Table, id: string, now: Date): Promise<Outcome> {
  const answer = { status: 'expired', by: NOBODY, reason: 'nobody answered in time' };
  return decide(table, id, answer, '#status = :pending', now);
}

async function decide(
  table: Table,
  id: string,
  answer: { status: string; by: string; via?: AnsweredIn; reason: string },
  condition: string,
  now: Date,
): Promise<Outcome> {
  const won = await tryUpdate(table, id, {
    update:
      'SET #status = :status, decided_by = :by, decided_at = :now, decided_reason = :reason' +
      (answer.via ? ', decided_via = :via, answered_at = :now' : ''),
    condition,
    names: { '#status': 'status' },
    values: {
      ':status': answer.status,
      ':by': answer.by,
      ':reason': answer.reason,
      ':now': now.toISOString(),
      ':pending': 'pending',
      ...(answer.via && { ':via': answer.via }),
    },
  });
  return won ? { won: true, approval: won } : { won: false, approval: await stored(table, id, now) };
}

/**
 * Voids an unanswered question that has become pointless. An earlier answer stands, and is rechecked before anything is
 * done.
 * @returns null if no question is open under this id
 */
export function voidQuestion(table: Table, id: string, reason: string, now: Date): Promise<ApprovalItem | null> {
  return tryUpdate(table, id, {
    update: 'SET #status = :void, decided_by = :nobody, decided_at = :now, decided_reason = :reason, listing = :open',
    condition: '#status = :pending',
    names: { '#status': 'status' },
    values: {
      ':void': 'void',
      ':nobody': NOBODY,
      ':reason': reason,
      ':now': now.toISOString(),
      ':pending': 'pending',
      ':open': OPEN,
    },
  });
}

/**
 * Voids an approval whose action no longer fits the situation. Reopens it for the sweeper, so that the card and the
 * announcement follow even if Slack is down now. Who had decided stays on record.
 * @throws ApprovalNotFound
 */
export async function voidApproval(table: Table, id: string, reason: string, now: Date): Promise<Outcome> {
  const won = await tryUpdate(table, id, {
    update:
      'SET #status = :void, decided_by = if_not_exists(decided_by, :nobody), decided_at = :now, ' +
      'decided_reason = :reason, listing = :open REMOVE announced_at',
    condition: 'attribute_exists(PK) AND #status <> :void',
    names: { '#status': 'status' },
    values: {
      ':void': 'void',
      ':nobody': NOBODY,
      ':reason': reason,
      ':now': now.toISOString(),
      ':open': OPEN,
    },
  });
  return won ? { won: true, approval: won } : { won: false, approval: await stored(table, id, now) };
}

/**
 * Moves a settled approval from the open list to its cluster's closed list, unless it was asked again, decided again or
 * given a card meanwhile.
 */
export async function closeApproval(table: Table, approval: ApprovalItem): Promise<boolean> {
  const { card_ts: ts, undo_asked_at: asked } = approval;
  const undo = asked === undefined ? 'attribute_not_exists(undo_asked_at)' : 'attribute_exists(undo_asked_at)';
  const closed = await tryUpdate(table, approval.approval_id, {
    update: 'SET listing = :closed',
    condition: `#status = :status AND requests = :requests AND ${undo} AND ${ts ? 'card_ts = :ts' : 'attribute_not_exists(card_ts)'}`,
    names: { '#status': 'status' },
    values: {
      ':status': approval.status,
      ':requests': approval.requests,
      ':closed': closedListing(approval.cluster_id),
      ...(ts ? { ':ts': ts } : {}),
    },
  });
  return closed !== null;
}
