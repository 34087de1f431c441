import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { NOBODY } from '../../domain/approval.ts';
import { mayApprove } from '../../domain/approvers.ts';
import { note } from './audit.ts';
import type { ApprovalPorts, RemindStore } from './ports.ts';

/** Mention at most this many people in one reminder. */
const MENTIONED = 10;

/**
 * Reminds those who may answer, once, under the question, before the time runs out. It is posted before it is recorded, so that a
 * crash in between reminds twice rather than never.
 */
export async function remind(ports: ApprovalPorts<RemindStore>, approval: ApprovalItem): Promise<boolean> {
  const { store, messages, now } = ports;
  const { channel, card_ts: ts, remind_at, reminded_at, expires_at } = approval;
  if (channel === undefined || ts === undefined || remind_at === undefined || reminded_at !== undefined) return false;
  if (now.getTime() < Date.parse(remind_at) || now.getTime() >= Date.parse(expires_at)) return false;
  const who = await whoMayAnswer(store, approval);
  await messages.remind({ channel, ts }, approval, who);
  await note(ports, approval, NOBODY, 'reminded', who.join(' '));
  await store.markReminded(approval.approval_id, now);
  return true;
}

async function whoMayAnswer(store: RemindStore, { cluster_id, tier, user }: ApprovalItem): Promise<string[]> {
  const config = await store.loadConfig(cluster_id);
  if (tier !== 'suggest' && tier !== 'gate') return [];
  const may = config.approvers[tier].filter((slackUserId) => mayApprove({ config, tier, user, slackUserId }).ok);
  return may.slice(0, MENTIONED);
}
