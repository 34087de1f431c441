import { clusterAudit, loadAudited } from '../../functions/adapters/tables/every-round.ts';
import { loadJob } from '../../functions/adapters/tables/jobs.ts';
import { loadBatch } from '../../functions/adapters/tables/ledger.ts';
import type { Table } from '../../functions/adapters/tables/table.ts';
import { approvalIdOf } from '../../functions/domain/approval.ts';
import type { Round } from '../../functions/domain/round.ts';
import { TIERS } from '../../functions/domain/thresholds.ts';
import type { Decision } from '../../schemas/decision.ts';
import type { JobItem } from '../../schemas/items/job.ts';
import type { JobRecords } from './story.ts';

/**
 * Everything the table holds about one round of a job, except tokens; null if it was never admitted.
 * @param known audit records of its cluster and of all clusters, if read before
 */
export async function recordsOf(
  table: Table,
  round: Round,
  known?: readonly JobRecords['cluster'][],
): Promise<JobRecords | null> {
  const job = await loadJob(table, round);
  return job && recordsOfRow(table, job, known);
}

/** The same, from a row already read. */
export async function recordsOfRow(
  table: Table,
  job: JobItem,
  known?: readonly JobRecords['cluster'][],
): Promise<JobRecords> {
  const { cluster_id: clusterId, decision } = job;
  const about = (decision ? approvalsOf(decision) : []).map((id) => loadAudited(table, id));
  const [approvals, batch, ...cluster] = await Promise.all([
    Promise.all(about),
    job.folded_in === undefined ? null : loadBatch(table, clusterId, job.folded_in),
    ...(known ?? [clusterAudit(table, clusterId), clusterAudit(table, '*')]),
  ]);
  return { job, approvals: approvals.flatMap((one) => (one ? [one] : [])), batch, cluster: cluster.flat() };
}

/** Only these are ever stored; an export of many jobs need not look for others. */
function approvalsOf({ decisionId, asks, executed, kind, tier }: Decision): string[] {
  const about: Parameters<typeof approvalIdOf>[1][] = [
    ...(asks === null ? [] : (['act'] as const)),
    ...((executed && tier === TIERS.length) || asks?.tier === TIERS.length ? (['keep'] as const) : []),
    ...(executed && kind === 'intervention' ? (['autonomous'] as const) : []),
  ];
  return about.map((one) => approvalIdOf(decisionId, one));
}
