import { describe, expect, it } from 'vitest';
import { claimJob, closeJob, recordDecision } from '../../../../functions/adapters/tables/jobs.ts';
import { query } from '../../../../functions/adapters/tables/query.ts';
import { clusterKey } from '../../../../functions/adapters/tables/table.ts';
import { aJob } from '../../../fixtures/builders.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { decisionOf, instant, moment, OVERDUE } from '../../application/outcomes/fixture.ts';

const dynamo = useTable();

/** Ids of the jobs that a search finds in the index alone. */
async function found(clusterId: string, filter: string, value: string): Promise<string[]> {
  const [name = '', ...path] = filter.split('.');
  const listed = query(dynamo.table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :cluster AND listing_key BETWEEN :from AND :to',
    FilterExpression: `${['#name', ...path].join('.')} = :value`,
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: {
      ':cluster': clusterKey(clusterId),
      ':from': `PREDICTION#${instant(-3_600)}`,
      ':to': `PREDICTION#${instant(3_600)}`,
      ':value': value,
    },
  });
  const ids: string[] = [];
  for await (const { job_id } of listed) ids.push(String(job_id));
  return ids;
}

describe('the jobs of a cluster', () => {
  it('are found by user, queue, status and reason without reading their rows, and nothing more is repeated', async () => {
    const clusterId = 'search';
    const submit = async (jobId: string, more: { user: string; queue: string }, code: string) => {
      await claimJob(dynamo.table, aJob({ clusterId, jobId, submittedAt: instant(0), ...more }), 'arn:1', moment(0));
      const reasons = [{ code, message: `because of ${code}`, scope: 'escalate' as const }];
      const decision = decisionOf(clusterId, jobId, { reasons });
      expect(await recordDecision(dynamo.table, decision, OVERDUE.toISOString())).toBe(true);
    };
    await submit('hers', { user: 'ada', queue: 'long' }, 'drift');
    await submit('his', { user: 'bob', queue: 'short' }, 'tokens');
    const his = aJob({ clusterId, jobId: 'his', submittedAt: instant(0) });
    await closeJob(dynamo.table, his, { status: 'withheld', at: moment(1) });
    expect(await found(clusterId, 'user', 'ada')).toEqual(['hers']);
    expect(await found(clusterId, 'queue', 'short')).toEqual(['his']);
    expect(await found(clusterId, 'status', 'withheld')).toEqual(['his']);
    expect(await found(clusterId, 'outline.reason.code', 'tokens')).toEqual(['his']);
    const listed = query(dynamo.table, {
      IndexName: 'listing',
      KeyConditionExpression: 'listing = :cluster',
      ExpressionAttributeValues: { ':cluster': clusterKey(clusterId) },
    });
    const { value: row } = await listed.next();
    expect(Object.keys(row ?? {}).sort()).toEqual(
      ['PK', 'SK', 'job_id', 'listing', 'listing_key', 'outline', 'queue', 'submitted_at', 'user'].sort(),
    );
  });
});
