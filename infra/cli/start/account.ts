import * as z from 'zod';
import { tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { ClusterId } from '../../../schemas/primitives.ts';
import type { Executions } from '../../console/executions.ts';
import type { Records } from '../../console/records.ts';
import type { Queues } from '../../runtime/services/queues.ts';
import { type Summary, summarise } from './summary.ts';

const DeadSubmission = z.object({
  'detail-type': z.literal('JobSubmitted'),
  detail: z.object({ clusterId: z.unknown() }).catch({ clusterId: null }),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Clusters of JobSubmitted events that no execution could be started for; they wait in a dead-letter queue. */
function deadSubmissions(queues: Pick<Queues, 'list' | 'peek'>): (string | null)[] {
  return queues.list().flatMap(({ name }) =>
    queues.peek(name).flatMap(({ body }) => {
      const dead = DeadSubmission.safeParse(parseJson(body)).data;
      return dead === undefined ? [] : [ClusterId.safeParse(dead.detail.clusterId).data ?? null];
    }),
  );
}

/**
 * Adds up what happened since the system started: rows and approvals from the table, ends of executions from the engine,
 * dead letters from the queues. Rows that belong to executions of an earlier start are left out.
 */
export async function account(
  queues: Pick<Queues, 'list' | 'peek'>,
  executions: Pick<Executions, 'submissions'>,
  records: Pick<Records, 'scan' | 'configs'>,
): Promise<Summary> {
  const { jobs, approvals } = await records.scan();
  const submissions = new Map(executions.submissions());
  const own = <T extends { execution: string }>(entries: readonly T[]) =>
    entries.filter(({ execution }) => submissions.has(execution));
  const claimed = new Set(jobs.map(({ execution }) => execution));
  const duplicates: (string | null)[] = [];
  const quarantined: (string | null)[] = [];
  const deadLettered = deadSubmissions(queues);
  let accepted = deadLettered.length;
  for (const [arn, row] of submissions) {
    accepted++;
    const last = row.path.at(-1);
    if (claimed.has(arn) || row.status === 'RUNNING') continue;
    if (last === 'AlreadyAdmitted') duplicates.push(row.clusterId);
    else if (last === 'Quarantine' && row.status === 'SUCCEEDED') quarantined.push(row.clusterId);
    // Failed before the claim: the alarm on failed executions has it, and nothing else.
    else if (row.status !== 'SUCCEEDED') deadLettered.push(row.clusterId);
  }
  const configs = await records.configs([...new Set(jobs.map(({ fact }) => fact.clusterId))]);
  return summarise({
    rules: new Map([...configs].map(([id, { tiers }]) => [id, tierRulesOf(tiers)])),
    jobs: own(jobs).map(({ fact }) => fact),
    approvals: own(approvals),
    duplicates,
    quarantined,
    deadLettered,
    accepted,
  });
}
