import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, type Taken } from '../answer-approval.ts';
import { loadList } from '../tables/question-lists.ts';
import { sections } from './blocks.ts';
import { DENIED_WITHOUT_REASON, stateWords } from './cards.ts';
import type { ResumingEdges } from './edges.ts';
import { code } from './escape.ts';
import type { Click } from './interaction.ts';
import { leave } from './open-digest.ts';
import { settle } from './settle.ts';
import { explanation } from './taken.ts';
import { whisper } from './whisper.ts';

/**
 * Answers every question of a list as it was shown, each by its own rules, as if its own button had been pressed: what somebody may not
 * answer, or somebody else was faster with, stays as it is. Tells whoever pressed what became of each.
 */
export async function answerAll(edges: ResumingEdges, click: Click, action: 'approveAll' | 'denyAll'): Promise<void> {
  const ids = await loadList(edges.table, click.approvalId);
  if (!ids) return whisper(edges, click, 'This list is not known here any more.');
  const by = { kind: 'slack', id: click.by } as const;
  const answer =
    action === 'approveAll'
      ? ({ decision: 'approved', reason: 'approved in Slack, with a list' } as const)
      : ({ decision: 'denied', reason: DENIED_WITHOUT_REASON } as const);
  const all = await Promise.all(
    ids.map(async (approvalId) => {
      const carry = (now: ResumingEdges, approval: ApprovalItem) => settle(now, approval, { staysListed: true });
      const taken = await answerApproval(edges, { approvalId, by, ...answer, at: edges.now }, carry).catch(
        (error: unknown) => {
          edges.warn('one of a list could not be answered', error);
          return null;
        },
      );
      return { approvalId, taken };
    }),
  );
  const decided = all.flatMap(({ taken }) => (taken?.outcome === 'decided' ? [taken.approval] : []));
  await leave(edges, decided).catch((error: unknown) => edges.warn('left to the sweeper', error));
  const title = `${decided.length} of ${ids.length} ${answer.decision}`;
  const lines = all.map(({ approvalId, taken }) => `• ${what(approvalId, taken)}: ${became(taken)}`);
  await whisper(edges, click, { text: title, blocks: sections(`*${title}.*`, ...lines) });
}

function what(approvalId: string, taken: Taken | null): string {
  if (taken === null || taken.outcome === 'unknown') return code(approvalId, 60);
  const { cluster_id, job_id } = taken.approval;
  return `job ${code(job_id, 100)} on ${code(cluster_id, 80)}`;
}

function became(taken: Taken | null): string {
  if (taken === null) return 'could not be answered just now; it stays open.';
  return taken.outcome === 'decided' ? stateWords(taken.approval) : (explanation(taken) ?? '');
}
