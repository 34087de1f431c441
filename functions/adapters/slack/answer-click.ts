import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, authorise, note, type Taken } from '../answer-approval.ts';
import { loadApproval } from '../tables/approval-item.ts';
import { acknowledge } from './acknowledge.ts';
import { answerAll } from './answer-all.ts';
import { denyOrAskWhy } from './deny.ts';
import type { ResumingEdges } from './edges.ts';
import { prose } from './escape.ts';
import { evidenceMessage } from './evidence.ts';
import { type FrozenBy, freezeCluster, unfreezeCluster } from './freeze.ts';
import type { Click } from './interaction.ts';
import { settle } from './settle.ts';
import { adopted, correctStray } from './stray.ts';
import { cardOf, explanation } from './taken.ts';
import { askToUndo } from './undo.ts';
import { whisper } from './whisper.ts';
import { person } from './wording.ts';

/**
 * Answers one authentic click. The first authorised answer before the expiry decides; everybody else is told privately
 * how it stands and nothing happens. What fails after the decision is left to the sweeper.
 */
export async function answerClick(edges: ResumingEdges, click: Click): Promise<void> {
  if (click.action === 'acknowledge') return acknowledge(edges, click);
  if (click.action === 'approveAll' || click.action === 'denyAll') return answerAll(edges, click, click.action);
  const approval = await loadApproval(edges.table, click.approvalId);
  if (!approval) return explain(edges, click, { outcome: 'unknown' });
  const shown = await adopted(edges, approval, click);
  await act(edges, shown, click);
  await correctStray(edges, shown, click);
}

async function act(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  if (click.action === 'approve') return explain(edges, click, await approve(edges, click));
  if (click.action === 'details') return showDetails(edges, approval, click);
  const allowed = await authorise(edges, approval, { kind: 'slack', id: click.by });
  if (!allowed.ok) {
    await note(edges, approval, click.by, `refused to ${click.action}`, allowed.reason);
    return explain(edges, click, { outcome: 'refused', approval, why: allowed.reason });
  }
  switch (click.action) {
    case 'deny':
      return explain(edges, click, await denyOrAskWhy(edges, approval, click));
    case 'undo':
      return tellPrivately(edges, click, await askToUndo(edges, approval, click.by));
    case 'freeze':
      return tellPrivately(edges, click, alreadyFrozen(await freezeCluster(edges, approval, click.by)));
    case 'unfreeze':
      return tellPrivately(edges, click, notUnfrozen(await unfreezeCluster(edges, approval, click.by)));
  }
}

function alreadyFrozen(already: FrozenBy | null): string | null {
  return already && `It is frozen already, by ${person(already.by)}: ${prose(already.reason, 300)}.`;
}

function notUnfrozen({ lifted, left }: Awaited<ReturnType<typeof unfreezeCluster>>): string | null {
  if (!left) return lifted ? null : 'It is not frozen.';
  return `All clusters are still frozen, by ${person(left.by)}: ${prose(left.reason, 300)}. An operator lifts that.`;
}

async function tellPrivately(edges: ResumingEdges, click: Click, text: string | null): Promise<void> {
  if (text !== null) await whisper(edges, click, text);
}

async function explain(edges: ResumingEdges, click: Click, taken: Taken | null): Promise<void> {
  await tellPrivately(edges, click, taken && explanation(taken));
}

function approve(edges: ResumingEdges, click: Click): Promise<Taken> {
  const by = { kind: 'slack', id: click.by } as const;
  const answer = { approvalId: click.approvalId, by, decision: 'approved', reason: 'approved in Slack' } as const;
  return answerApproval(edges, { ...answer, at: edges.now }, (now, approval) =>
    settle(now, approval, { secondWay: cardOf(edges, click) }),
  );
}

async function showDetails(edges: ResumingEdges, approval: ApprovalItem, click: Click): Promise<void> {
  await note(edges, approval, click.by, 'looked at the details');
  await whisper(edges, click, evidenceMessage(approval));
}
