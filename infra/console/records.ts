import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { loadApproval } from '../../functions/adapters/tables/approval-item.ts';
import { firstOpenApprovals, newestClosedApprovals } from '../../functions/adapters/tables/approval-lists.ts';
import { loadAllAskPlaces } from '../../functions/adapters/tables/asking.ts';
import { bind } from '../../functions/adapters/tables/bind.ts';
import { listClusters, loadClusters } from '../../functions/adapters/tables/calibration.ts';
import { loadConfigs } from '../../functions/adapters/tables/config.ts';
import { everyRound, loadRounds } from '../../functions/adapters/tables/every-round.ts';
import { loadForecasts } from '../../functions/adapters/tables/forecast.ts';
import { loadFreezes } from '../../functions/adapters/tables/freeze.ts';
import { countUnfolded, loadJob, oldestUnfolded } from '../../functions/adapters/tables/jobs.ts';
import { recalibrating } from '../../functions/adapters/tables/profile.ts';
import { readableRefits } from '../../functions/adapters/tables/refits.ts';
import type { Table } from '../../functions/adapters/tables/table.ts';
import { type RoundFacts, roundFacts, type Server } from '../../functions/domain/figures.ts';
import type { Asked } from '../../schemas/items/approval.ts';
import type { JobItem } from '../../schemas/items/job.ts';

interface TableAccess {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly tableName: string;
}

/** What the console and the summary read from the system's table. They write nothing, and never read a token's item. */
export type Records = ReturnType<typeof reads> & {
  /** The same table for other readers and writers. */
  readonly table: Table;
  close(): void;
};

export function openRecords({ endpoint, credentials, tableName }: TableAccess): Records {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }), {
    marshallOptions: { removeUndefinedValues: true },
  });
  const table = { client, name: tableName };
  return { ...reads(table), table, close: () => client.destroy() };
}

const reads = (table: Table) =>
  bind(table, {
    clusters: loadClusters,
    clusterIds: listClusters,
    configs: loadConfigs,
    freezes: loadFreezes,
    asking: loadAllAskPlaces,
    forecasts: loadForecasts,
    recalibrating,
    refits: readableRefits,
    job: loadJob,
    rows: loadRounds,
    approval: loadApproval,
    openApprovals: firstOpenApprovals,
    closedApprovals: newestClosedApprovals,
    oldestUnfolded,
    countUnfolded,
    scan,
  });

/** What the summary needs of one row. */
export interface JobFact {
  clusterId: string;
  facts: RoundFacts;
  servedBy: Server;
  /** The label is settled. */
  labelled: boolean;
  folded: boolean;
}

interface Scanned {
  jobs: { execution: string; fact: JobFact }[];
  approvals: { execution: string; clusterId: string; status: Asked }[];
}

/** Every claimed job and every question, with the execution each belongs to. Reads the whole table. */
async function scan(table: Table): Promise<Scanned> {
  const scanned: Scanned = { jobs: [], approvals: [] };
  for await (const found of everyRound(table)) {
    if ('job' in found) {
      const { claimed_by: execution } = found.job;
      if (execution !== undefined) scanned.jobs.push({ execution, fact: factOf(found.job) });
      continue;
    }
    const { cluster_id: clusterId, execution_arn: execution, status } = found.approval;
    // Nobody was asked about autonomous effects.
    if (status !== 'autonomous') scanned.approvals.push({ execution, clusterId, status });
  }
  return scanned;
}

function factOf(row: JobItem): JobFact {
  return {
    clusterId: row.cluster_id,
    facts: roundFacts(row),
    servedBy: row.decision?.prediction.models?.servedBy ?? 'none',
    labelled: row.long_wait !== undefined,
    folded: row.folded_in !== undefined,
  };
}
