import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { OutcomeItem } from '../../../schemas/items/outcome.ts';
import type { JobFact, Outcome } from '../../domain/outcome.ts';
import { canonicalInstant, escapedJobId, type Round } from '../../domain/round.ts';
import { ROW_LIFE_SECONDS } from './jobs.ts';
import { query } from './query.ts';
import { clusterKey, conditionally, parseItem, putItem, type Table } from './table.ts';

type Job = Omit<Round, 'submittedAt'>;

const waitingKey = ({ clusterId, jobId }: Job, { at, type }: Pick<JobFact, 'at' | 'type'>) => ({
  PK: clusterKey(clusterId),
  SK: `OUTCOME#${escapedJobId(jobId)}#${at}#${type}`,
});

/** Keeps an outcome whose round nobody has claimed yet. The first word at an instant stands. */
export async function keepWaiting(table: Table, outcome: Outcome, now: Date): Promise<void> {
  const { clusterId, jobId, fact } = outcome;
  const item: Omit<OutcomeItem, 'v'> = {
    ...waitingKey(outcome, fact),
    cluster_id: clusterId,
    job_id: jobId,
    type: fact.type,
    at: fact.at,
    ...(fact.endState && { end_state: fact.endState }),
    ...(fact.ofTask && { of_task: true }),
    ttl: Math.floor(now.getTime() / 1000) + ROW_LIFE_SECONDS,
  };
  await conditionally(putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' }));
}

/** Outcomes of a job that wait, of the time of this round's submission or later, the earliest first. @throws UnreadableItem */
export async function waitingFor(table: Table, round: Round): Promise<JobFact[]> {
  const rows = `OUTCOME#${escapedJobId(round.jobId)}#`;
  const waiting: JobFact[] = [];
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND SK BETWEEN :from AND :last',
    ExpressionAttributeValues: {
      ':pk': clusterKey(round.clusterId),
      ':from': `${rows}${canonicalInstant(round.submittedAt)}`,
      ':last': `${rows}~`,
    },
    ConsistentRead: true,
  });
  for await (const item of found) {
    const { type, at, end_state: endState, of_task: ofTask } = parseItem(OutcomeItem, item);
    waiting.push({ type, at, endState, ofTask });
  }
  return waiting;
}

/** Harmless when it is gone already. */
export async function dropWaiting(table: Table, job: Job, fact: JobFact): Promise<void> {
  await table.client.send(new DeleteCommand({ TableName: table.name, Key: waitingKey(job, fact) }));
}
