import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { TABLE_NAME } from '../../../infra/aws/names.ts';
import { historyOf } from '../../../infra/runtime/engine/history.ts';
import { type Disk, folderDisk } from '../../../infra/runtime/journal/disk.ts';
import { openJournal } from '../../../infra/runtime/journal/journal.ts';
import { openDynamo } from '../../../infra/runtime/tables/dynamo.ts';
import { ApprovalItem } from '../../../schemas/items/approval.ts';
import { CalibrationItem } from '../../../schemas/items/calibration.ts';
import { JobItem } from '../../../schemas/items/job.ts';
import { LedgerItem } from '../../../schemas/items/ledger.ts';

/** What a killed system has left behind, read from its files. */
export interface Evidence {
  /** Lines of every execution, by key. */
  readonly executions: ReadonlyMap<string, readonly string[]>;
  /** Jobs that an execution of job-workflow has. */
  readonly started: ReadonlySet<string>;
  /** By job id: no two clusters of the bench have one of the same id. */
  readonly jobs: ReadonlyMap<string, JobItem>;
  readonly approvals: ReadonlyMap<string, ApprovalItem>;
  /** By cluster. */
  readonly calibrations: ReadonlyMap<string, CalibrationItem>;
  /** By cluster, in fold order. */
  readonly ledgers: ReadonlyMap<string, readonly LedgerItem[]>;
  /** Files with what was cut off a torn tail. */
  readonly cuts: number;
}

/** A look at the log of a system, running or not: a spoiled tail is left out and left alone, nothing is written. */
function look(dataDir: string) {
  const segment = { write: async () => undefined, close: async () => undefined };
  const nothing = () => undefined;
  const disk: Disk = {
    ...folderDisk(join(dataDir, 'journal')),
    ...{ create: async () => segment, resume: async () => segment },
    ...{ keep: nothing, overwrite: nothing, truncate: nothing, remove: nothing },
  };
  return openJournal({ disk, report: nothing });
}

/** Deliveries and asynchronous invocations that a system, running or not, still has to make. */
export const pendingIn = async (dataDir: string): Promise<number> =>
  (await look(dataDir)).keys('').filter(({ key }) => /^[ab]/.test(key)).length;

const Submitted = z.object({ 'detail-type': z.literal('JobSubmitted'), detail: z.object({ jobId: z.string() }) });

export async function gather(dataDir: string): Promise<Evidence> {
  const folder = join(dataDir, 'journal');
  const kept = await look(dataDir);
  const executions = new Map(kept.keys('e').map(({ key }) => [key, kept.lines(key)]));
  const started = new Set<string>();
  for (const lines of executions.values()) {
    const input = Submitted.safeParse(historyOf(lines.slice(0, 1))[0]?.input).data;
    if (input !== undefined) started.add(input.detail.jobId);
  }
  const rows = await itemsOf(join(dataDir, 'tables'));
  const parsed = <T extends z.ZodType>(schema: T, sortKey: RegExp) =>
    rows.filter(({ SK }) => sortKey.test(String(SK))).map((row) => schema.parse(row));
  const ledgers = new Map<string, LedgerItem[]>();
  const batches = parsed(LedgerItem, /^LEDGER#/).sort((a, b) => a.version - b.version);
  for (const batch of batches) {
    const cluster = batch.PK.replace('CLUSTER#', '');
    ledgers.set(cluster, [...(ledgers.get(cluster) ?? []), batch]);
  }
  return {
    ...{ executions, started, ledgers },
    jobs: new Map(parsed(JobItem, /^JOB#/).map((row) => [row.job_id, row])),
    approvals: new Map(parsed(ApprovalItem, /^APPROVAL$/).map((row) => [row.approval_id, row])),
    calibrations: new Map(parsed(CalibrationItem, /^CALIBRATION$/).map((row) => [row.cluster_id, row])),
    cuts: readdirSync(folder).filter((name) => name.endsWith('.cut')).length,
  };
}

interface Attribute {
  S?: string | undefined;
  N?: string | undefined;
  B?: string | undefined;
  BOOL?: boolean | undefined;
  NULL?: boolean | undefined;
  SS?: string[] | undefined;
  BS?: string[] | undefined;
  L?: Attribute[] | undefined;
  M?: Record<string, Attribute> | undefined;
}
const Attribute: z.ZodType<Attribute> = z.lazy(() =>
  z.strictObject({
    ...{ S: z.string().optional(), N: z.string().optional(), B: z.string().optional() },
    ...{ BOOL: z.boolean().optional(), NULL: z.boolean().optional(), SS: z.array(z.string()).optional() },
    BS: z.array(z.string()).optional(),
    ...{ L: z.array(Attribute).optional(), M: z.record(z.string(), Attribute).optional() },
  }),
);
const Item = z.record(z.string(), Attribute);
const Page = z.object({ Items: z.array(Item), LastEvaluatedKey: z.record(z.string(), z.unknown()).optional() });

function plain({ S, N, B, BOOL, SS, BS, L, M }: Attribute): unknown {
  if (N !== undefined) return Number(N);
  if (B !== undefined) return bytesOf(B);
  if (BS !== undefined) return new Set(BS.map(bytesOf));
  if (SS !== undefined) return new Set(SS);
  if (L !== undefined) return L.map(plain);
  return M === undefined ? (S ?? BOOL ?? null) : plainItem(M);
}
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const plainItem = (item: z.infer<typeof Item>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));

async function itemsOf(folder: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const dynamo = await openDynamo(folder);
  try {
    for (let from: Record<string, unknown> | undefined, more = true; more; more = from !== undefined) {
      const page = Page.parse(
        await dynamo.run('Scan', { TableName: TABLE_NAME, ...(from && { ExclusiveStartKey: from }) }),
      );
      found.push(...page.Items.map(plainItem));
      from = page.LastEvaluatedKey;
    }
  } finally {
    await dynamo.close();
  }
  return found;
}
