import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { ownSubject } from '../../domain/subject.ts';
import { offersUndo } from '../../domain/undoing.ts';
import { markShown, recordCard } from '../tables/approval-notes.ts';
import { recordAlone } from '../tables/autonomous-effects.ts';
import { loadJob } from '../tables/jobs.ts';
import { cardState, settledCard, supersededCard, undoNotice } from './cards.ts';
import type { Slack } from './client.ts';
import type { ApprovalEdges } from './edges.ts';
import { say, type Way } from './notifier.ts';
import { tellStatement } from './rolling-message.ts';
import { showState } from './settle.ts';
import { saidOf, statementMessage } from './statement.ts';

type Telling = Pick<ApprovalEdges, 'table' | 'now' | 'warn'>;

export interface DoneAlone {
  decision: Decision;
  effect: Effect;
  job: Pick<Job, 'user' | 'queue'> & { request: Pick<Job['request'], 'gpus'> };
}

/**
 * Tells people what the agent did alone: of an intervention at once, of statements in a message that they share. Where it can be taken back, that is recorded first, so that the console and the
 * command line can undo it whatever becomes of the message.
 * @returns whether there was a way to tell
 * @throws SlackUnavailable, SlackRefused: safe to repeat
 */
export async function tellAlone(
  edges: Telling,
  way: Way,
  { decision, effect, job }: DoneAlone,
  config: ClusterConfig,
  defaultChannel: string,
): Promise<boolean> {
  const channel = config.slackChannel ?? defaultChannel;
  const { clusterId } = decision;
  const { undoMinutes, statementMinutes: minutes } = config.approvals;
  if (decision.kind === 'statement') {
    return tellStatement(edges, way, saidOf(decision, effect), { clusterId, channel, minutes });
  }
  const about = { user: job.user, queue: job.queue, gpus: job.request.gpus };
  const row = await loadJob(edges.table, decision);
  const subject = ownSubject(decision);
  if (row?.claimed_by === undefined || subject === null || !offersUndo(decision, effect, undoMinutes)) {
    return say(way, channel, statementMessage(decision, effect, about));
  }
  const executionArn = row.claimed_by;
  const done = { decision, subject, job: about, effect, executionArn, channel, undoMinutes };
  const approval = await recordAlone(edges.table, done);
  if (way.kind !== 'bot') return say(way, channel, undoNotice(approval, edges.now));
  await postCard({ ...edges, slack: way.slack }, approval, channel);
  return true;
}

async function postCard(edges: Telling & { slack: Slack }, approval: ApprovalItem, channel: string): Promise<void> {
  if (approval.card_ts !== undefined) return;
  const shown = cardState(approval, edges.now);
  const card = await edges.slack.post(channel, settledCard(approval, edges.now));
  const noted = await recordCard(edges.table, approval.approval_id, card);
  if (!noted) return edges.slack.update(card, supersededCard());
  // A click can be faster than the note: then nobody else knew which card to update.
  if (cardState(noted, edges.now) !== shown) return showState(edges, noted);
  await markShown(edges.table, approval.approval_id, shown);
}
