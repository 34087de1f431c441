import type { Taken } from '../../application/approvals/answer-approval.ts';
import { answerList } from '../../application/approvals/answer-list.ts';
import { DENIED_WITHOUT_REASON } from '../../domain/answer-words.ts';
import { sections } from './blocks.ts';
import { stateWords } from './cards.ts';
import type { ClickPorts } from './click-ports.ts';
import { whyNotCounted } from './click-reply.ts';
import { code } from './escape.ts';
import type { Click } from './interaction.ts';
import { replyPrivately } from './private-reply.ts';

const ANSWER = {
  approveAll: { decision: 'approved', reason: 'approved in Slack, with a list' },
  denyAll: { decision: 'denied', reason: DENIED_WITHOUT_REASON },
} as const;

/** Answers every question of the list whose button was pressed, and replies privately with the result of each. */
export async function answerWholeList(
  ports: ClickPorts,
  click: Click,
  action: 'approveAll' | 'denyAll',
): Promise<void> {
  const answer = ANSWER[action];
  const all = await answerList(ports, click.approvalId, { ...answer, by: { kind: 'slack', id: click.by } });
  if (!all) return replyPrivately(ports, click, 'This list is no longer known here.');
  const decided = all.filter(({ taken }) => taken?.outcome === 'decided');
  const title = `${decided.length} of ${all.length} ${answer.decision}`;
  const lines = all.map(({ approvalId, taken }) => `• ${whichJob(approvalId, taken)}: ${whatBecame(taken)}`);
  await replyPrivately(ports, click, { text: title, blocks: sections(`*${title}.*`, ...lines) });
}

function whichJob(approvalId: string, taken: Taken | null): string {
  if (taken === null || taken.outcome === 'unknown') return code(approvalId, 60);
  const { cluster_id, job_id } = taken.approval;
  return `job ${code(job_id, 100)} on ${code(cluster_id, 80)}`;
}

function whatBecame(taken: Taken | null): string {
  if (taken === null) return 'could not be answered just now; it stays open.';
  return taken.outcome === 'decided' ? stateWords(taken.approval) : (whyNotCounted(taken) ?? '');
}
