import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { listClusters, loadCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { readLedger } from '../../../functions/adapters/tables/ledger.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { rebuild } from '../../../functions/application/outcomes/rebuild.ts';
import { LedgerIncomplete } from '../../../functions/application/unreadable.ts';
import { TABLE_NAME } from '../../aws/names.ts';
import { checkManifest, MANIFEST } from '../../runtime/data-folder.ts';
import { folderDisk } from '../../runtime/journal/disk.ts';
import { verifyJournal } from '../../runtime/journal/log.ts';
import { type Dynamo, openDynamo } from '../../runtime/tables/dynamo.ts';
import { accessKeyIn, dataFolderCredentials, tokenKey } from '../../runtime/wire/credentials.ts';
import { KEYS_FOLDER } from '../../runtime/wire/key-ring.ts';
import { tableOf } from './table-of.ts';

/** What was found about one part of a data folder. */
export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  /** A sentence: how much of it is sound, or what is wrong and what to do. */
  readonly text: string;
}

/** Reads everything in a data folder on which no system runs, and changes nothing in it. */
export async function checkFolder(folder: string): Promise<Finding[]> {
  const manifest = await finding('manifest', () => {
    if (!existsSync(join(folder, MANIFEST))) throw new Error(`${folder} holds no ${MANIFEST}: it is no data folder.`);
    checkManifest(folder);
    return 'everything that it lists is there';
  });
  if (!manifest.ok) return [manifest];
  const there = (part: string) => existsSync(join(folder, part));
  return [
    manifest,
    ...(await keys(folder)),
    ...(there('journal/head') ? [checkJournal(join(folder, 'journal'))] : []),
    ...(there('tables') ? await checkTables(join(folder, 'tables')) : []),
  ];
}

/** Only of keys that are there: reading one that is not would make it. */
async function keys(folder: string): Promise<Finding[]> {
  const ring = join(folder, KEYS_FOLDER);
  const names = existsSync(ring) ? readdirSync(ring) : [];
  const found = [
    ...Object.entries({ credentials: dataFolderCredentials, 'token-key': tokenKey }),
    ...names.map((name) => [`${KEYS_FOLDER}/${name}`, () => accessKeyIn(join(ring, name))] as const),
  ].filter(([name]) => existsSync(join(folder, name)));
  return Promise.all(
    found.map(([name, read]) =>
      finding(name, () => {
        read(folder);
        return 'has its form';
      }),
    ),
  );
}

function checkJournal(folder: string): Finding {
  const { segments, frames, bytes, problems } = verifyJournal(folderDisk(folder));
  const sound = `${counted(frames, 'frame')} in ${counted(segments, 'segment')}, ${bytes} bytes`;
  return { part: 'journal', ok: problems.length === 0, text: problems[0] ?? sound };
}

/** Opening the tables may finish what a kill left in SQLite's log, so that a copy is opened. */
async function checkTables(folder: string): Promise<Finding[]> {
  const copy = mkdtempSync(join(tmpdir(), 'vgac-doctor-'));
  try {
    cpSync(folder, copy, { recursive: true });
    const dynamo = await openDynamo(copy);
    try {
      return [...(await checkRows(dynamo)), ...(await checkLedgers(dynamo))];
    } finally {
      await dynamo.close();
    }
  } catch (error) {
    return [{ part: 'tables', ok: false, text: messageOf(error).replaceAll(copy, folder) }];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const Described = z.object({
  Table: z.object({ GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string() })).default([]) }),
});
const Page = z.object({ Count: z.number(), LastEvaluatedKey: z.unknown().optional() });

async function tableNames(dynamo: Dynamo): Promise<string[]> {
  return z.object({ TableNames: z.array(z.string()) }).parse(await dynamo.run('ListTables', {})).TableNames;
}

/** Every row of every table, and every entry of every index. */
async function checkRows(dynamo: Dynamo): Promise<Finding[]> {
  const views: { TableName: string; IndexName?: string }[] = [];
  for (const TableName of await tableNames(dynamo)) {
    const { Table } = Described.parse(await dynamo.run('DescribeTable', { TableName }));
    views.push({ TableName });
    for (const { IndexName } of Table.GlobalSecondaryIndexes) views.push({ TableName, IndexName });
  }
  const findings: Finding[] = [];
  for (const view of views) {
    const part = view.IndexName === undefined ? `table ${view.TableName}` : `index ${view.IndexName}`;
    findings.push(
      await finding(part, async () => `${counted(await rowsOf(dynamo, view), 'row')}, each as it was written`),
    );
  }
  return findings;
}

async function rowsOf(dynamo: Dynamo, view: object): Promise<number> {
  let rows = 0;
  let from: unknown;
  do {
    const page = Page.parse(
      await dynamo.run('Scan', { ...view, ...(from !== undefined && { ExclusiveStartKey: from }) }),
    );
    rows += page.Count;
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return rows;
}

/** Whether each cluster's ledger is whole, and gives the state that is stored. */
async function checkLedgers(dynamo: Dynamo): Promise<Finding[]> {
  if (!(await tableNames(dynamo)).includes(TABLE_NAME)) return [];
  const table = tableOf(dynamo);
  const findings: Finding[] = [];
  const clusters = await listClusters(table).catch((error: unknown) => messageOf(error));
  if (typeof clusters === 'string') return [{ part: 'ledgers', ok: false, text: clusters }];
  for (const clusterId of clusters) {
    findings.push(await finding(`ledger of ${clusterId}`, () => checkLedger(table, clusterId)));
  }
  return findings;
}

async function checkLedger(table: Table, clusterId: string): Promise<string> {
  const stored = await loadCalibration(table, clusterId);
  if (stored === null) throw new Error(`${clusterId} is listed and has no calibration: restore a backup.`);
  let newest = -1;
  // A fold that was interrupted has written the next batch already.
  async function* upToStored() {
    for await (const batch of readLedger(table, clusterId)) {
      newest = batch.version;
      if (batch.version <= (stored?.version ?? 0)) yield batch;
    }
  }
  const rebuilt = await rebuild({ readLedger: upToStored }, clusterId);
  if (newest < stored.version) throw new LedgerIncomplete(clusterId, [[newest + 1, stored.version]]);
  if (rebuilt !== null && !Buffer.from(rebuilt.state).equals(stored.state)) {
    throw new Error(
      `The stored state of ${clusterId} is not the one that its ledger gives: vgac recalibrate ${clusterId} --rebuild mends it.`,
    );
  }
  return `${counted(stored.version + 1, 'batch')} without a gap, which give the stored state`;
}

async function finding(part: string, check: () => string | Promise<string>): Promise<Finding> {
  try {
    return { part, ok: true, text: await check() };
  } catch (error) {
    return { part, ok: false, text: messageOf(error) };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const counted = (count: number, what: string) =>
  `${count} ${what}${count === 1 ? '' : what.endsWith('h') ? 'es' : 's'}`;
