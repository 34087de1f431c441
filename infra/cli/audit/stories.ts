import { listClusters } from '../../../functions/adapters/tables/calibration.ts';
import { clusterAudit, roundsSince } from '../../../functions/adapters/tables/every-round.ts';
import { roundsOf } from '../../../functions/adapters/tables/rounds.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { arrayPart } from '../../../functions/domain/round.ts';
import { recordsOf, recordsOfRow } from '../../console/audit-records.ts';
import { type StoryLine, storyOf } from '../../console/story.ts';
import { Refused } from '../refused.ts';

/** There is no such story. The message says what to ask for. */
export class AuditRefused extends Refused {
  override name = 'AuditRefused' as const;
}

/**
 * The story of one job, all its rounds in order. Without a cluster, every cluster is asked for a job of that id; a task of
 * an array stands for its whole array.
 * @throws AuditRefused when no cluster knows it, or several do
 */
export async function storyOfJob(store: Table, jobId: string, cluster?: string): Promise<StoryLine[]> {
  const clusters = cluster === undefined ? await listClusters(store) : [cluster];
  const job = arrayPart(jobId);
  const each = clusters.map((clusterId) => roundsOf(store, { clusterId, jobId: job.jobId }));
  const found = (await Promise.all(each)).filter(([first]) => first !== undefined);
  const [rounds] = found;
  if (!rounds) {
    throw new AuditRefused(`No job ${jobId} is known on ${clusters.join(', ') || 'any cluster (there is none yet)'}.`);
  }
  if (found.length > 1) {
    const ids = found.flatMap(([first]) => first?.cluster_id ?? []).join(', ');
    throw new AuditRefused(`${ids} each have a job ${jobId}: say which one with --cluster.`);
  }
  return (await Promise.all(rounds.map((row) => recordsOfRow(store, row)))).flatMap(storyOf);
}

/** The stories of all rounds that were submitted from `since` on, a line each, cluster by cluster. */
export async function* stories(
  store: Table,
  { cluster, since }: { cluster?: string | undefined; since?: Date | undefined },
): AsyncGenerator<StoryLine> {
  for (const clusterId of cluster === undefined ? await listClusters(store) : [cluster]) {
    const known = await Promise.all([clusterAudit(store, clusterId), clusterAudit(store, '*')]);
    for await (const round of roundsSince(store, clusterId, since ?? null)) {
      const records = await recordsOf(store, round, known);
      if (records) yield* storyOf(records);
    }
  }
}
