import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { calibrationKey, createCalibration } from '../../../functions/adapters/tables/calibration.ts';
import type { Table } from '../../../functions/adapters/tables/table.ts';
import { backUp } from '../../../infra/cli/backup.ts';
import { checkFolder } from '../../../infra/cli/doctor/check-folder.ts';
import { tableOf } from '../../../infra/cli/doctor/table-of.ts';
import { restore } from '../../../infra/cli/restore.ts';
import { announce } from '../../../infra/cli/running-system.ts';
import { MARKER, openManifest } from '../../../infra/runtime/data-folder.ts';
import { type System, startSystem } from '../../../infra/runtime/system.ts';
import { openDynamo } from '../../../infra/runtime/tables/dynamo.ts';
import { SPEC } from '../../fixtures/dynamo.ts';
import { manualClock } from '../../fixtures/manual-clock.ts';
import { configOf } from '../../unit/application/outcomes/fixture.ts';
import { temporaryFolder } from '../runtime/assembly-fixture.ts';
import { systemAssembly } from '../runtime/system-fixture.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const ASKING = 'arn:aws:states:us-east-1:000000000000:stateMachine:asking';
const assemblyDir = systemAssembly();
const running: System[] = [];
afterEach(async () => {
  for (const system of running.splice(0)) await system.close();
});

async function start(dataDir: string) {
  const system = await startSystem({ assemblyDir, dataDir, port: 0, clock: manualClock(NOW), log: () => {} });
  writeFileSync(join(dataDir, MARKER), '');
  announce(dataDir, { endpoint: system.url, console: system.url });
  running.push(system);
  return system;
}
const folderOf = () => join(temporaryFolder(), 'data');
const put = (system: System, n: number) =>
  system.dynamo.run('PutItem', { TableName: 'rows', Item: { PK: { S: 'JOB' }, SK: { S: `${n}` } } });
const get = (system: System, n: number) =>
  system.dynamo.run('GetItem', { TableName: 'rows', Key: { PK: { S: 'JOB' }, SK: { S: `${n}` } } });

describe('a backup', () => {
  it('made under load restores everything that was acknowledged before it, executions too', async () => {
    const folder = folderOf();
    const system = await start(folder);
    let acknowledged = 0;
    let stop = false;
    const load = (async () => {
      for (let n = 1; !stop; n++) {
        await put(system, n);
        acknowledged = n;
        if (n % 10 === 0) system.engine.start({ stateMachineArn: ASKING, name: `ask-${n}`, input: {} });
        await system.settled();
      }
    })();
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(50));
    const before = acknowledged;
    const asked = system.engine.list().length;
    const to = folderOf();
    await backUp(folder, to);
    stop = true;
    await load;
    await running.pop()?.close();
    expect(statSync(to).mode & 0o777).toBe(0o700);

    const aside = await restore(to, folder, new Date(NOW));
    expect(aside).toBe(`${folder}.before-2026-03-01T12-00-00-000Z`);
    const restored = await start(folder);
    for (let n = 1; n <= before; n++) expect(await get(restored, n)).toHaveProperty('Item');
    expect(restored.engine.list({ status: 'RUNNING' }).length).toBeGreaterThanOrEqual(asked);
    expect(existsSync(`${folder}.restored`)).toBe(false);
    // What was there is not lost either.
    expect(existsSync(join(aside ?? '', 'tables'))).toBe(true);
  });

  it('is not written over what is there, and one that is damaged is not restored', async () => {
    const folder = folderOf();
    const system = await start(folder);
    await put(system, 1);
    const to = folderOf();
    await backUp(folder, to);
    await expect(backUp(folder, to)).rejects.toThrow(`${to} exists: name a folder that is to be made.`);
    await expect(restore(to, folder, new Date(NOW))).rejects.toMatchObject({ name: 'FolderInUse' });
    await running.pop()?.close();
    // Left by a restore that was killed.
    mkdirSync(`${folder}.restored`);
    writeFileSync(`${folder}.restored/tables`, 'x');
    await restore(to, folder, new Date(NOW));
    rmSync(join(to, 'token-key'));
    await expect(restore(to, folder, new Date(NOW))).rejects.toThrow(
      /cannot be restored, and nothing was changed: .*token-key/,
    );
    await (await start(folder)).close();
  });

  it('never takes the place of a folder that is not ours', async () => {
    const folder = folderOf();
    await start(folder);
    const to = folderOf();
    await backUp(folder, to);
    const thesis = folderOf();
    mkdirSync(thesis);
    writeFileSync(join(thesis, 'thesis.tex'), 'x');
    await expect(restore(to, thesis, new Date(NOW))).rejects.toThrow(/holds files that are not ours/);
    expect(existsSync(join(thesis, 'thesis.tex'))).toBe(true);
  });
});

describe('the doctor', () => {
  const damagedParts = async (folder: string) =>
    (await checkFolder(folder)).filter(({ ok }) => !ok).map(({ part, text }) => `${part}: ${text}`);

  it.each([
    ['a row', 'tables/tables.sqlite', 'row 17', /^table rows: table rows is damaged on the disk at the row JOB, 17/],
    ['a frame of the journal', 'journal/00000001.log', 'asking', /^journal: The journal in .+ is damaged: frame \d+/],
    ['the key of a collector', 'keys/collector', 'aws_secret_access_key', /^keys\/collector: .+ does not hold a key/],
    ['a key', 'token-key', undefined, /^token-key: .+ does not hold a key/],
  ])('names %s that is damaged, changes nothing, and finds the rest sound', async (_, file, text, named) => {
    const folder = folderOf();
    const system = await start(folder);
    for (let n = 1; n <= 20; n++) {
      await system.dynamo.run('PutItem', {
        TableName: 'rows',
        Item: { PK: { S: 'JOB' }, SK: { S: `${n}` }, text: { S: `row ${n}` } },
      });
    }
    system.engine.start({ stateMachineArn: ASKING, input: {} });
    await system.settled();
    await running.pop()?.close();
    expect(await damagedParts(folder)).toEqual([]);

    const path = join(folder, file);
    const bytes = readFileSync(path);
    const at = text === undefined ? 0 : bytes.lastIndexOf(text);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    chmodSync(path, 0o600);
    writeFileSync(path, bytes);
    const found = await damagedParts(folder);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(named);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('names the batches that a ledger lacks, and a state that its ledger does not give', async () => {
    const folder = folderOf();
    openManifest(folder);
    const inTable = async (work: (table: Table) => Promise<unknown>) => {
      const dynamo = await openDynamo(join(folder, 'tables'));
      await dynamo.ensureTable(SPEC);
      await work(tableOf(dynamo));
      await dynamo.close();
    };
    const change = (Key: object, command: 'delete' | 'break') => (table: Table) =>
      command === 'delete'
        ? table.client.send(new DeleteCommand({ TableName: table.name, Key: { ...Key } }))
        : table.client.send(
            new UpdateCommand({
              TableName: table.name,
              Key: { ...Key },
              UpdateExpression: 'SET #state = :state',
              ExpressionAttributeNames: { '#state': 'state' },
              ExpressionAttributeValues: { ':state': new Uint8Array(3) },
            }),
          );
    await inTable((table) => createCalibration(table, configOf('a'), new Date(NOW)));
    expect(await damagedParts(folder)).toEqual([]);
    await inTable(change(calibrationKey('a'), 'break'));
    expect(await damagedParts(folder)).toEqual([
      'ledger of a: The stored state of a is not the one that its ledger gives: vgac recalibrate a --rebuild mends it.',
    ]);
    await inTable(change({ PK: 'CLUSTER#a', SK: 'LEDGER#0000000000' }, 'delete'));
    expect(await damagedParts(folder)).toEqual([
      expect.stringMatching(/^ledger of a: the ledger of a lacks the batches 0/),
    ]);
  });
});
