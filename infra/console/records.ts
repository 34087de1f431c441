import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type RoundFacts, roundFacts, type Server } from '../../functions/domain/figures.ts';
import { deserialiseForecast } from '../../functions/domain/forecast/codec.ts';
import type { ForecastState } from '../../functions/domain/forecast/state.ts';
import { type Round, roundKey } from '../../functions/domain/round.ts';
import type { ClusterConfig } from '../../schemas/config.ts';
import { ApprovalItem, ApprovalStatus, type Asked } from '../../schemas/items/approval.ts';
import { AskingItem } from '../../schemas/items/asking.ts';
import { CalibrationItem } from '../../schemas/items/calibration.ts';
import { ConfigItem, FreezeItem, ProfileItem } from '../../schemas/items/cluster.ts';
import { ForecastItem } from '../../schemas/items/forecast.ts';
import { JobItem } from '../../schemas/items/job.ts';
import { RefitItem } from '../../schemas/items/refit.ts';

export interface TableAccess {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  tableName: string;
}

const Key = z.object({ PK: z.string(), SK: z.string() });
/** Key of an item that a cluster has once. */
const keyed = (SK: string) => (clusterId: string) => ({ PK: `CLUSTER#${clusterId}`, SK });
const rowKey = (round: Round) => ({ PK: `CLUSTER#${round.clusterId}`, SK: `JOB#${roundKey(round)}` });
/** DynamoDB's limit. */
const BATCH = 100;

const ScannedApproval = z.object({ cluster_id: z.string(), execution_arn: z.string(), status: ApprovalStatus });

export interface ScannedRow {
  execution: string;
  fact: JobFact;
}

/** Reads the system's table, for the console and the summary. Writes nothing, and never reads a token item. */
export class Records {
  /** The same table for what else reads or configures it. */
  readonly table: { readonly client: DynamoDBDocumentClient; readonly name: string };

  constructor({ endpoint, credentials, tableName }: TableAccess) {
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }), {
      marshallOptions: { removeUndefinedValues: true },
    });
    this.table = { client, name: tableName };
  }

  /** Calibration items of all clusters, and which of them are not of their schema. */
  async clusters(): Promise<{ readable: CalibrationItem[]; unreadable: string[] }> {
    const keys = await this.#listing('CLUSTERS');
    const items = (await this.#many(keys)).map((item) => CalibrationItem.safeParse(item));
    return {
      readable: items.flatMap(({ data }) => data ?? []),
      unreadable: keys.filter((_, i) => !items[i]?.success).map(({ PK }) => PK.replace('CLUSTER#', '')),
    };
  }

  /** Configuration of each cluster, as far as it has one that can be read. */
  async configs(clusterIds: readonly string[]): Promise<ReadonlyMap<string, ClusterConfig>> {
    const items = await this.#all(clusterIds.map(keyed('CONFIG')), ConfigItem);
    return new Map(items.map(({ PK, config }) => [PK.replace('CLUSTER#', ''), config]));
  }

  async job(round: Round): Promise<JobItem | null> {
    const item = await this.#get(rowKey(round));
    return item === null ? null : JobItem.parse(item);
  }

  /** The rows of these rounds in their order, null where there is none that can be read. */
  async rows(rounds: readonly Round[]): Promise<(JobItem | null)[]> {
    return (await this.#many(rounds.map(rowKey))).map((item) => JobItem.safeParse(item).data ?? null);
  }

  /** Questions that are open on each cluster, as far as it ever asked one. */
  async asking(clusterIds: readonly string[]): Promise<ReadonlyMap<string, AskingItem>> {
    const items = await this.#all(clusterIds.map(keyed('ASKING')), AskingItem);
    return new Map(items.map((item) => [item.PK.replace('CLUSTER#', ''), item]));
  }

  /** What the built-in forecast of each cluster knows, as far as it has counted anything and can be read. */
  async forecasts(clusterIds: readonly string[]): Promise<ReadonlyMap<string, ForecastState>> {
    const items = await this.#all(clusterIds.map(keyed('FORECAST')), ForecastItem);
    const states = items.flatMap(({ PK, state }) => {
      const read = readForecast(state);
      return read === null ? [] : [[PK.replace('CLUSTER#', ''), read] as const];
    });
    return new Map(states);
  }

  /** Clusters whose VGAC asks for a recalibration. */
  async recalibrating(clusterIds: readonly string[]): Promise<ReadonlySet<string>> {
    const items = await this.#all(clusterIds.map(keyed('PROFILE')), ProfileItem);
    const asking = items.filter(({ vgac_recalibration_needed }) => vgac_recalibration_needed === true);
    return new Set(asking.map(({ PK }) => PK.replace('CLUSTER#', '')));
  }

  /** Refits that were tried, whatever became of them, the newest first. */
  async refits(clusterId: string): Promise<RefitItem[]> {
    const answer = await this.table.client.send(
      new QueryCommand({
        TableName: this.table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :refit)',
        ExpressionAttributeValues: { ':pk': `CLUSTER#${clusterId}`, ':refit': 'REFIT#' },
      }),
    );
    const refits = (answer.Items ?? []).flatMap((item) => {
      const parsed = RefitItem.safeParse(item);
      return parsed.success ? [parsed.data] : [];
    });
    return refits.sort((a, b) => b.epoch - a.epoch);
  }

  async approval(id: string): Promise<ApprovalItem | null> {
    const item = await this.#get({ PK: `APPROVAL#${id}`, SK: 'APPROVAL' });
    return item === null ? null : ApprovalItem.parse(item);
  }

  /** Approvals with something left to do, pending or not, those that expire first at the front. */
  async openApprovals(limit: number): Promise<ApprovalItem[]> {
    return this.#all(await this.#listing('APPROVALS#OPEN', { limit }), ApprovalItem);
  }

  /** Settled approvals of a cluster whose time to answer ended after `since`, the newest first. */
  async closedApprovals(clusterId: string, since: Date, limit: number): Promise<ApprovalItem[]> {
    const keys = await this.#listing(`APPROVALS#CLOSED#${clusterId}`, { limit, newestAfter: since });
    return this.#all(keys, ApprovalItem);
  }

  async clusterIds(): Promise<string[]> {
    return (await this.#listing('CLUSTERS')).map(({ PK }) => PK.replace('CLUSTER#', ''));
  }

  /** Freezes of these clusters, and of all clusters under `*`. */
  async freezes(clusterIds: readonly string[]): Promise<Record<string, z.infer<typeof FreezeItem>>> {
    const keys = [...clusterIds, '*'].map(keyed('FREEZE'));
    const items = await this.#all(keys, FreezeItem);
    return Object.fromEntries(items.map((item) => [item.PK.replace('CLUSTER#', ''), item]));
  }

  /** Since when the oldest decided job of a cluster waits to be folded; null when none was due before `before`. */
  async oldestUnfolded(clusterId: string, before: Date): Promise<Date | null> {
    const answer = await this.table.client.send(
      new QueryCommand({
        TableName: this.table.name,
        IndexName: 'unfolded',
        KeyConditionExpression: 'unfolded = :cluster AND unfolded_due <= :before',
        ExpressionAttributeValues: { ':cluster': `CLUSTER#${clusterId}`, ':before': before.toISOString() },
        Limit: 1,
      }),
    );
    const due: unknown = answer.Items?.[0]?.unfolded_due;
    return typeof due === 'string' ? new Date(due) : null;
  }

  /** How many decided jobs have something to fold by then; a job that runs has nothing for as long as it does. */
  async countUnfolded(clusterId: string, by: Date): Promise<number> {
    let count = 0;
    let start: Record<string, unknown> | undefined;
    do {
      const page = await this.table.client.send(
        new QueryCommand({
          TableName: this.table.name,
          IndexName: 'unfolded',
          KeyConditionExpression: 'unfolded = :cluster AND unfolded_due <= :by',
          ExpressionAttributeValues: { ':cluster': `CLUSTER#${clusterId}`, ':by': by.toISOString() },
          Select: 'COUNT',
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      count += page.Count ?? 0;
      start = page.LastEvaluatedKey;
    } while (start);
    return count;
  }

  /** Every claimed job and every approval, with the execution each belongs to. Reads the whole table. */
  async scan(): Promise<{
    jobs: ScannedRow[];
    approvals: { execution: string; clusterId: string; status: Asked }[];
  }> {
    const jobs: ScannedRow[] = [];
    const approvals: { execution: string; clusterId: string; status: Asked }[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await this.table.client.send(
        new ScanCommand({
          TableName: this.table.name,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      for (const item of page.Items ?? []) {
        const { SK } = Key.parse(item);
        if (SK === 'APPROVAL') {
          const { cluster_id, execution_arn, status } = ScannedApproval.parse(item);
          // Nobody was asked anything.
          if (status === 'autonomous') continue;
          approvals.push({ execution: execution_arn, clusterId: cluster_id, status });
        } else if (SK.startsWith('JOB#')) {
          const row = JobItem.parse(item);
          if (row.claimed_by !== undefined) jobs.push({ execution: row.claimed_by, fact: factOf(row) });
        }
      }
      start = page.LastEvaluatedKey;
    } while (start);
    return { jobs, approvals };
  }

  close(): void {
    this.table.client.destroy();
  }

  async #listing(
    listing: string,
    { limit, newestAfter }: { limit?: number; newestAfter?: Date } = {},
  ): Promise<z.infer<typeof Key>[]> {
    const keys: z.infer<typeof Key>[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await this.table.client.send(
        new QueryCommand({
          TableName: this.table.name,
          IndexName: 'listing',
          KeyConditionExpression: `listing = :listing${newestAfter ? ' AND listing_key > :from' : ''}`,
          ExpressionAttributeValues: {
            ':listing': listing,
            ...(newestAfter && { ':from': newestAfter.toISOString() }),
          },
          ...(newestAfter && { ScanIndexForward: false }),
          ...(limit !== undefined && { Limit: limit }),
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      for (const item of page.Items ?? []) keys.push(Key.parse(item));
      start = limit === undefined || keys.length < limit ? page.LastEvaluatedKey : undefined;
    } while (start);
    return keys;
  }

  async #all<T extends z.ZodType>(keys: readonly z.infer<typeof Key>[], schema: T): Promise<z.infer<T>[]> {
    return (await this.#many(keys)).flatMap((item) => {
      const parsed = schema.safeParse(item);
      return parsed.success ? [parsed.data] : [];
    });
  }

  /** The items under these keys in their order, null where there is none; a hundred in one call. */
  async #many(keys: readonly z.infer<typeof Key>[]): Promise<(Record<string, unknown> | null)[]> {
    const found = new Map<string, Record<string, unknown>>();
    const idOf = ({ PK, SK }: z.infer<typeof Key>) => JSON.stringify([PK, SK]);
    const waiting = [...new Map(keys.map(({ PK, SK }) => [idOf({ PK, SK }), { PK, SK }])).values()];
    while (waiting.length > 0) {
      const RequestItems = { [this.table.name]: { Keys: waiting.splice(0, BATCH), ConsistentRead: true } };
      const answer = await this.table.client.send(new BatchGetCommand({ RequestItems }));
      for (const item of answer.Responses?.[this.table.name] ?? []) found.set(idOf(Key.parse(item)), item);
      // Large items do not all fit into one answer.
      for (const key of answer.UnprocessedKeys?.[this.table.name]?.Keys ?? []) waiting.push(Key.parse(key));
    }
    return keys.map((key) => found.get(idOf(key)) ?? null);
  }

  async #get({ PK, SK }: z.infer<typeof Key>): Promise<Record<string, unknown> | null> {
    const answer = await this.table.client.send(
      new GetCommand({ TableName: this.table.name, Key: { PK, SK }, ConsistentRead: true }),
    );
    return answer.Item ?? null;
  }
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

function readForecast(bytes: Uint8Array): ForecastState | null {
  try {
    return deserialiseForecast(bytes);
  } catch {
    return null;
  }
}

/** What the summary needs of one row of the table. */
export interface JobFact {
  clusterId: string;
  facts: RoundFacts;
  servedBy: Server;
  /** The label is settled. */
  labelled: boolean;
  folded: boolean;
}
