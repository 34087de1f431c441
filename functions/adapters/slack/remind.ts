import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { NOBODY } from '../../domain/approval.ts';
import { mayApprove } from '../../domain/approvers.ts';
import { silenceWords } from '../../domain/question-words.ts';
import { note } from '../answer-approval.ts';

import { markReminded } from '../tables/approval-notes.ts';
import { loadConfig } from '../tables/config.ts';
import { section } from './blocks.ts';
import type { ResumingEdges } from './edges.ts';
import { clockTime, person } from './wording.ts';

/** Nobody needs to be told with forty others. */
const MENTIONED = 10;

/**
 * Reminds those who may answer, once and in the thread of the card, before the time runs out. Posted before it is noted: a
 * crash in between reminds twice rather than never.
 */
export async function remind(edges: ResumingEdges, approval: ApprovalItem): Promise<boolean> {
  const { table, slack, now } = edges;
  const { channel, card_ts: ts, remind_at, reminded_at, expires_at } = approval;
  if (channel === undefined || ts === undefined || remind_at === undefined || reminded_at !== undefined) return false;
  if (now.getTime() < Date.parse(remind_at) || now.getTime() >= Date.parse(expires_at)) return false;
  const who = await whoMayAnswer(edges, approval);
  const text =
    `⏰ Still open until ${clockTime(expires_at)}; if nobody answers, ${silenceWords(approval)}. ` +
    (who.length > 0 ? who.map(person).join(' ') : 'Nobody in the configuration may answer it.');
  await slack.post(channel, { text: 'A request still waits for an answer', blocks: [section(text)] }, ts);
  await note(edges, approval, NOBODY, 'reminded', who.join(' '));
  await markReminded(table, approval.approval_id, now);
  return true;
}

async function whoMayAnswer({ table }: ResumingEdges, { cluster_id, tier, user }: ApprovalItem): Promise<string[]> {
  const config = await loadConfig(table, cluster_id, 'kubernetes');
  if (tier !== 'suggest' && tier !== 'gate') return [];
  const may = config.approvers[tier].filter((slackUserId) => mayApprove({ config, tier, user, slackUserId }).ok);
  return may.slice(0, MENTIONED);
}
