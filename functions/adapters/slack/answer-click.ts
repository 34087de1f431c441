import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { answerApproval, authorise, type Taken } from '../../application/approvals/answer-approval.ts';
import { note } from '../../application/approvals/audit.ts';
import { freezeCluster, type Unfrozen, unfreezeCluster } from '../../application/approvals/freeze.ts';
import { ENOUGH_LOOKS, lookAtDetails } from '../../application/approvals/look-at-details.ts';
import type { FrozenBy } from '../../application/approvals/ports.ts';
import { settle } from '../../application/approvals/settle.ts';
import { askToUndo } from '../../application/approvals/undo.ts';
import { acknowledge } from './acknowledge.ts';
import { answerWholeList } from './answer-list.ts';
import { type ClickPorts, throughClick } from './click-ports.ts';
import { whyNotCounted } from './click-reply.ts';
import { denyOrAskWhy } from './deny.ts';
import { prose } from './escape.ts';
import { evidenceMessage } from './evidence.ts';
import type { Click } from './interaction.ts';
import { adoptOrphan, correctOrphan } from './orphan-card.ts';
import { replyPrivately } from './private-reply.ts';
import { person } from './wording.ts';

/**
 * Answers one authentic click. The first authorised answer before the expiry decides; everybody else gets a private reply that says how
 * things stand, and nothing happens. What fails after the decision is left to the sweeper.
 */
export async function answerClick(ports: ClickPorts, click: Click): Promise<void> {
  const { action } = click;
  if (action === 'acknowledge') return acknowledge(ports, click);
  if (action === 'approveAll' || action === 'denyAll') return answerWholeList(ports, click, action);
  const approval = await ports.store.loadApproval(click.approvalId);
  if (!approval) return explain(ports, click, { outcome: 'unknown' });
  const shown = await adoptOrphan(ports, approval, click);
  await act(ports, shown, click, action);
  await correctOrphan(ports, shown, click);
}

type CardClick = Exclude<Click['action'], 'acknowledge' | 'approveAll' | 'denyAll'>;

async function act(ports: ClickPorts, approval: ApprovalItem, click: Click, action: CardClick): Promise<void> {
  if (action === 'approve') return explain(ports, click, await approve(ports, click));
  if (action === 'details') return showDetails(ports, approval, click);
  const allowed = await authorise(
    ports,
    approval,
    { kind: 'slack', id: click.by },
    isAboutCluster(action) ? 'freeze' : 'answer',
  );
  if (!allowed.ok) {
    await note(ports, approval, click.by, `refused to ${action}`, allowed.reason);
    return explain(ports, click, { outcome: 'refused', approval, why: allowed.reason });
  }
  switch (action) {
    case 'deny':
      return explain(ports, click, await denyOrAskWhy(ports, approval, click));
    case 'undo':
      return replyIf(ports, click, await askToUndo(ports, approval, click.by));
    case 'freeze':
      return replyIf(ports, click, alreadyFrozen(await freezeCluster(ports, approval, click.by)));
    case 'unfreeze':
      return replyIf(
        ports,
        click,
        notUnfrozen(await unfreezeCluster(ports, approval, click.by, click.freeze ?? NO_FREEZE)),
      );
  }
}

/** For a button that names no freeze, as earlier versions posted it: it matches none, so it lifts none. */
const NO_FREEZE = '';

const isAboutCluster = (action: CardClick) => action === 'freeze' || action === 'unfreeze';

function alreadyFrozen(already: FrozenBy | null): string | null {
  return already && `It is already frozen, by ${person(already.by)}: ${prose(already.reason, 300)}.`;
}

function notUnfrozen({ lifted, left }: Unfrozen): string | null {
  if (!left) return lifted ? null : 'It is not frozen.';
  if (!left.all) {
    return `It has since been frozen again, by ${person(left.by)}: ${prose(left.reason, 300)}. This button only lifts the earlier freeze.`;
  }
  return `All clusters are still frozen, by ${person(left.by)}: ${prose(left.reason, 300)}. Only an operator can lift that.`;
}

async function replyIf(ports: ClickPorts, click: Click, text: string | null): Promise<void> {
  if (text !== null) await replyPrivately(ports, click, text);
}

async function explain(ports: ClickPorts, click: Click, taken: Taken | null): Promise<void> {
  await replyIf(ports, click, taken && whyNotCounted(taken));
}

function approve(ports: ClickPorts, click: Click): Promise<Taken> {
  const by = { kind: 'slack', id: click.by } as const;
  const answer = { approvalId: click.approvalId, by, decision: 'approved', reason: 'approved in Slack' } as const;
  return answerApproval(ports, answer, (approval) => settle(throughClick(ports, click), approval));
}

async function showDetails(ports: ClickPorts, approval: ApprovalItem, click: Click): Promise<void> {
  const look = await lookAtDetails(ports, approval, { kind: 'slack', id: click.by });
  if (look === 'evidence') await replyPrivately(ports, click, evidenceMessage(approval));
  if (look === 'enough') await replyPrivately(ports, click, ENOUGH_LOOKS);
}
