import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { ApprovalItem, Question, Subject } from '../../../schemas/items/approval.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { NOBODY } from '../../domain/approval.ts';
import { termsOf } from '../../domain/approval-terms.ts';
import { deserialise, UnreadableState } from '../../domain/calibration/codec.ts';
import { NotPermitted } from '../../domain/permission.ts';
import { deedWords } from '../../domain/question-words.ts';
import { subjectOf } from '../../domain/subject.ts';
import { tierStandings } from '../../domain/tiers.ts';
import { isUnreadable } from '../unreadable.ts';
import { note } from './audit.ts';
import type { ApprovalPorts, RequestStore } from './ports.ts';
import { present } from './present.ts';
import { publish } from './publish.ts';
import { voidIfOver } from './void-questions.ts';

export interface ApprovalRequest {
  decision: Decision;
  question: Question;
  job: Pick<Job, 'user' | 'queue'> & { request: Pick<Job['request'], 'gpus'> };
  executionArn: string;
  taskToken: string;
}

/**
 * Opens an approval and presents it. A repeated request keeps the message and only replaces the token.
 * An outage of the channel or the bus does not end the wait: the approval stays pending and the sweeper presents it later.
 *
 * If the job has started meanwhile, there is nothing to ask, and the question is void before anybody sees it. The row is read after
 * the approval is stored, so that of this function and the writer that records the start, the later one sees the other.
 * @throws NotPermitted when the decision asks nothing
 */
export async function requestApproval(
  ports: ApprovalPorts<RequestStore>,
  request: ApprovalRequest,
  config: ClusterConfig,
  defaultChannel: string,
): Promise<ApprovalItem> {
  const { store, now } = ports;
  const { decision, question, job, executionArn, taskToken } = request;
  const subject = subjectOf(decision, question);
  if (subject === null) throw new NotPermitted(`decision ${decision.decisionId} asks nothing`);
  const channel = config.slackChannel ?? defaultChannel;
  const terms = termsOf(config, subject, decision.approvalTtlSeconds, now);
  const [record, already] = await Promise.all([
    recordOf(store, config, subject),
    alreadyDone(store, decision, subject),
  ]);
  const about = { user: job.user, queue: job.queue, gpus: job.request.gpus, record, already };
  const asked = { decision, question, subject, ...about, executionArn, taskToken, channel, terms };
  const approval = await store.openApproval(asked, now);
  const over = await voidIfOver(ports, approval);
  if (over) {
    // The event wakes the sweeper, which may answer tokens.
    await publish(ports, over);
    return over;
  }
  // The token is stored, so the execution is waiting: throwing now would end that wait and leave an orphaned question.
  const why = deedWords(subject.arguments, decision.dryRun ? 'would' : 'do', (name) => name);
  const steps = await Promise.allSettled([note(ports, approval, NOBODY, 'asked', why), present(ports, approval)]);
  for (const step of steps) if (step.status === 'rejected') ports.warn('left to the sweeper', step.reason);
  return approval;
}

/** How forecasts like this one have turned out here. An unreadable state is no reason not to ask. */
async function recordOf(
  store: Pick<RequestStore, 'loadCalibration'>,
  config: ClusterConfig,
  { tier }: Subject,
): Promise<ApprovalItem['record']> {
  try {
    const item = await store.loadCalibration(config.clusterId);
    const standing = item && tierStandings(deserialise(item.state), config)[tier - 1];
    return standing ? { seen: standing.seen, right: standing.seenRight, promise: standing.promise } : undefined;
  } catch (error) {
    if (!(isUnreadable(error) || error instanceof UnreadableState)) throw error;
    return undefined;
  }
}

/** What the agent has already done about the job autonomously. */
async function alreadyDone(
  store: Pick<RequestStore, 'loadJob'>,
  decision: Decision,
  subject: Subject,
): Promise<ApprovalItem['already']> {
  if (subject.whose === 'own' || !decision.executed) return undefined;
  const effect = (await store.loadJob(decision))?.effect;
  if (effect?.status !== 'done' && effect?.status !== 'dryRun') return undefined;
  return { action: effect.action, dryRun: effect.status === 'dryRun' };
}
