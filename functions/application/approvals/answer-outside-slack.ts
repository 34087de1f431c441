import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { parseJson } from '../../../schemas/parse-json.ts';
import { type AnswerReply, AnswerRequest, Authorizer } from '../../../schemas/ports/answer.ts';
import { DENIED_WITHOUT_REASON, standingWords, tooLateWords } from '../../domain/answer-words.ts';
import type { Answerer } from '../../domain/approvers.ts';
import { answerApproval, authorise, reasonOf, type Taken } from './answer-approval.ts';
import { note } from './audit.ts';
import { freezeCluster, unfreezeCluster } from './freeze.ts';
import { ENOUGH_LOOKS, lookAtDetails } from './look-at-details.ts';
import type { AnswerOutsideSlackStore, ApprovalPorts } from './ports.ts';
import { publish } from './publish.ts';
import { askToUndo } from './undo.ts';

type Ports = ApprovalPorts<AnswerOutsideSlackStore>;

/** Recorded when no reason was given; not worth a line on the card. */
const SILENT = { approved: 'approved without a reason', denied: DENIED_WITHOUT_REASON };

const MALFORMED: AnswerReply = { outcome: 'malformed', message: 'this is not an answer to an approval' };

/**
 * Handles an action on an approval outside Slack, from the console or the command line, with the same decision, authorisation and
 * audit as a click. The task token is not touched here: the event that announces the decision wakes the sweeper, which resumes the
 * execution. If that event is lost, the sweeper runs within a minute anyway.
 *
 * @param authorizer what the gateway has proven about the caller; what the body claims does not count
 */
export async function answerOutsideSlack(ports: Ports, authorizer: unknown, body: Buffer): Promise<AnswerReply> {
  const by = answererOf(authorizer);
  const asked = AnswerRequest.safeParse(jsonOf(body));
  if (!by || !asked.success) return MALFORMED;
  const { approvalId, action } = asked.data;
  const reason = reasonOf(asked.data.reason ?? '');
  if (action === 'approve' || action === 'deny') {
    const decision = action === 'approve' ? 'approved' : 'denied';
    const answer = { approvalId, by, decision, reason: reason || SILENT[decision] } as const;
    return replyTo(await answerApproval(ports, answer, (approval) => publish(ports, approval)));
  }
  const approval = await ports.store.loadApproval(approvalId);
  if (!approval) return replyTo({ outcome: 'unknown' });
  if (action === 'details') {
    const look = await lookAtDetails(ports, approval, by);
    return look === 'evidence'
      ? { outcome: 'done', message: standingWords(approval) }
      : { outcome: 'refused', message: ENOUGH_LOOKS };
  }
  const allowed = await authorise(ports, approval, by, action === 'undo' ? 'answer' : 'freeze');
  if (!allowed.ok) {
    await note(ports, approval, by.id, `refused to ${action}`, allowed.reason);
    return replyTo({ outcome: 'refused', approval, why: allowed.reason });
  }
  return act(ports, approval, { action, freeze: asked.data.freeze }, allowed.slackId);
}

async function act(
  ports: Ports,
  approval: ApprovalItem,
  { action, freeze }: { action: 'undo' | 'freeze' | 'unfreeze'; freeze: string | undefined },
  by: string,
): Promise<AnswerReply> {
  const cluster = approval.cluster_id;
  if (action === 'undo') {
    const why = await askToUndo(ports, approval, by);
    return why === null
      ? { outcome: 'done', message: 'It is being undone, and read back from the scheduler.' }
      : { outcome: 'nothingToDo', message: why };
  }
  if (action === 'freeze') {
    const already = await freezeCluster(ports, approval, by);
    return already === null
      ? { outcome: 'done', message: `${cluster} is frozen: the agent does nothing there until somebody unfreezes it.` }
      : { outcome: 'nothingToDo', message: `${cluster} is already frozen, by ${already.by}: ${already.reason}.` };
  }
  const { lifted, left } = await unfreezeCluster(ports, approval, by, freeze);
  if (left && !left.all) {
    const message = `${cluster} has since been frozen again, by ${left.by}: ${left.reason}. Look at that freeze before you lift it.`;
    return { outcome: 'nothingToDo', message };
  }
  if (left) {
    const message = `All clusters are frozen, by ${left.by}: ${left.reason}. Only an operator can lift that.`;
    return { outcome: lifted ? 'done' : 'nothingToDo', message };
  }
  return lifted
    ? { outcome: 'done', message: `${cluster} is no longer frozen.` }
    : { outcome: 'nothingToDo', message: `${cluster} is not frozen.` };
}

function replyTo(taken: Taken): AnswerReply {
  switch (taken.outcome) {
    case 'unknown':
      return { outcome: 'unknown', message: 'There is no approval under this id.' };
    case 'refused':
      return { outcome: 'refused', message: `You cannot do this: ${taken.why}.` };
    case 'tooLate':
      return { outcome: 'tooLate', message: tooLateWords(taken.approval) };
    case 'decided':
      return { outcome: 'done', message: standingWords(taken.approval) };
  }
}

/** On AWS an ARN, which the cluster's configuration maps to a person; on one machine the person of the token. */
function answererOf(authorizer: unknown): Answerer | null {
  const proven = Authorizer.safeParse(authorizer);
  if (!proven.success) return null;
  return 'iam' in proven.data
    ? { kind: 'cli', id: proven.data.iam.userArn }
    : { kind: proven.data.lambda.via, id: proven.data.lambda.person };
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body.toString());
  } catch {
    return undefined;
  }
}
