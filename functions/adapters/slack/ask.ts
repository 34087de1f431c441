import type { ClusterConfig } from '../../../schemas/config.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { ApprovalItem, Question, Subject } from '../../../schemas/items/approval.ts';
import type { Job } from '../../../schemas/machines/job-workflow.ts';
import { isUnreadable } from '../../application/unreadable.ts';
import { NOBODY } from '../../domain/approval.ts';
import { termsOf } from '../../domain/approval-terms.ts';
import { deserialise, UnreadableState } from '../../domain/calibration/codec.ts';
import { NotPermitted } from '../../domain/permission.ts';
import { deedWords } from '../../domain/question-words.ts';
import { subjectOf } from '../../domain/subject.ts';
import { tierStandings } from '../../domain/tiers.ts';
import { audit } from '../tables/approval-audit.ts';
import { openApproval } from '../tables/approvals.ts';
import { loadCalibration } from '../tables/calibration.ts';
import { loadJob } from '../tables/jobs.ts';
import type { Table } from '../tables/table.ts';
import { voidIfOver } from '../void-questions.ts';
import type { ApprovalEdges } from './edges.ts';
import { present, tell } from './settle.ts';

export interface Asked {
  decision: Decision;
  question: Question;
  job: Pick<Job, 'user' | 'queue'> & { request: Pick<Job['request'], 'gpus'> };
  executionArn: string;
  taskToken: string;
}

/**
 * Opens an approval and posts its card. A repeated question keeps the card and only replaces the token.
 * Slack or the bus being down does not end the wait: the request stays pending and the sweeper presents it later.
 *
 * A job that has started meanwhile leaves nothing to ask: the question is void before anybody sees it. The row is read after the approval
 * is there, so that of this function and whoever records the start, the later one sees the other.
 * @throws NotPermitted when the decision asks nothing
 */
export async function ask(
  edges: ApprovalEdges,
  asked: Asked,
  config: ClusterConfig,
  defaultChannel: string,
): Promise<ApprovalItem> {
  const { table, now } = edges;
  const { decision, question, job, executionArn, taskToken } = asked;
  const subject = subjectOf(decision, question);
  if (subject === null) throw new NotPermitted(`decision ${decision.decisionId} asks nothing`);
  const channel = config.slackChannel ?? defaultChannel;
  const terms = termsOf(config, subject, decision.approvalTtlSeconds, now);
  const [record, already] = await Promise.all([
    recordOf(table, config, subject),
    alreadyDone(table, decision, subject),
  ]);
  const about = { user: job.user, queue: job.queue, gpus: job.request.gpus, record, already };
  const approval = await openApproval(
    table,
    { decision, question, subject, ...about, executionArn, taskToken, channel, terms },
    now,
  );
  const over = await voidIfOver(edges, approval);
  if (over) {
    // The announcement wakes up the sweeper, which may answer tokens.
    await tell(edges, over);
    return over;
  }
  // The token is stored, so the execution waits: throwing now would end the wait and leave a card that nobody answers.
  const why = deedWords(subject.arguments, decision.dryRun ? 'would' : 'do', (name) => name);
  const steps = await Promise.allSettled([
    audit(table, approval, { at: now.toISOString(), who: NOBODY, what: 'asked', why }),
    present(edges, approval),
  ]);
  for (const step of steps) if (step.status === 'rejected') edges.warn('left to the sweeper', step.reason);
  return approval;
}

/** How forecasts like this one came out here; a state that cannot be read is no reason not to ask. */
async function recordOf(table: Table, config: ClusterConfig, { tier }: Subject): Promise<ApprovalItem['record']> {
  try {
    const item = await loadCalibration(table, config.clusterId);
    const standing = item && tierStandings(deserialise(item.state), config)[tier - 1];
    return standing ? { seen: standing.seen, right: standing.seenRight, promise: standing.promise } : undefined;
  } catch (error) {
    if (!(isUnreadable(error) || error instanceof UnreadableState)) throw error;
    return undefined;
  }
}

/** What the agent did alone about the job, beside what it asks. */
async function alreadyDone(table: Table, decision: Decision, subject: Subject): Promise<ApprovalItem['already']> {
  if (subject.whose === 'own' || !decision.executed) return undefined;
  const effect = (await loadJob(table, decision))?.effect;
  if (effect?.status !== 'done' && effect?.status !== 'dryRun') return undefined;
  return { action: effect.action, dryRun: effect.status === 'dryRun' };
}
