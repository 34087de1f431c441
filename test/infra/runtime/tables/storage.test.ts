import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openDynamo } from '../../../../infra/runtime/tables/dynamo.ts';
import { createGroupCommit } from '../../../../infra/runtime/tables/storage/group-commit.ts';
import { smallDisk } from '../../../fixtures/small-disk.ts';
import { openTables, temporaryFolder } from './fixture.ts';
import { tableSpec } from './spec.ts';

const rows = tableSpec('rows', ['PK'], { byG: { keys: ['g'] } });
const Key = { PK: { S: 'a' } };

describe('a data folder', () => {
  it('keeps rows and indexes over a restart, for its owner only', async () => {
    const folder = join(temporaryFolder(), 'tables');
    const first = await openTables(folder, [rows]);
    await first.run('PutItem', { TableName: 'rows', Item: { ...Key, g: { S: 'x' } } });
    await first.close();
    expect(statSync(join(folder, 'tables.sqlite')).mode & 0o777).toBe(0o600);
    const second = await openTables(folder, [rows]);
    expect(await second.run('Scan', { TableName: 'rows', IndexName: 'byG' })).toMatchObject({ Count: 1 });
  });

  it('is refused when a table in it has other keys or indexes, or keys of another type', async () => {
    const folder = temporaryFolder();
    const open = await openTables(folder, [rows]);
    const numbers = tableSpec('rows', ['PK'], { byG: { keys: ['g'] } });
    for (const changed of [
      tableSpec('rows', ['PK']),
      tableSpec('rows', ['PK', 'SK'], { byG: { keys: ['g'] } }),
      tableSpec('rows', ['PK'], { byG: { keys: ['g', 'h'] } }),
      {
        ...numbers,
        AttributeDefinitions: numbers.AttributeDefinitions.map((each) => ({ ...Object(each), AttributeType: 'N' })),
      },
    ]) {
      await expect(open.ensureTable(changed)).rejects.toMatchObject({
        name: 'TableChanged',
        message: expect.stringMatching(/start with a fresh data folder/),
      });
    }
  });

  it('may show more or less of its rows in an index than before', async () => {
    const folder = temporaryFolder();
    const first = await openTables(folder, [rows]);
    await first.run('PutItem', { TableName: 'rows', Item: { ...Key, g: { S: 'x' }, more: { S: 'y' } } });
    await first.close();
    const projection = { ProjectionType: 'KEYS_ONLY' };
    const second = await openTables(folder, [tableSpec('rows', ['PK'], { byG: { keys: ['g'], projection } })]);
    expect(await second.run('Scan', { TableName: 'rows', IndexName: 'byG' })).toMatchObject({
      Items: [{ ...Key, g: { S: 'x' } }],
    });
  });

  it.each([
    [
      'of an earlier version',
      'CURRENT',
      'MANIFEST-000004\n',
      /are of an earlier version: start with a fresh data folder/,
    ],
    ['that is no file of tables', 'tables.sqlite', 'x'.repeat(5000), /cannot be opened: file is not a database/],
  ])('%s is refused in one sentence', async (_, file, content, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, file), content);
    await expect(openDynamo(folder)).rejects.toMatchObject({
      name: 'TablesUnusable',
      message: expect.stringMatching(message),
    });
  });

  it('of another layout, or another program, is refused', async () => {
    const change = async (sql: string, message: RegExp) => {
      const folder = temporaryFolder();
      await (await openTables(folder, [rows])).close();
      const db = new DatabaseSync(join(folder, 'tables.sqlite'));
      db.exec(sql);
      db.close();
      await expect(openDynamo(folder)).rejects.toMatchObject({ message: expect.stringMatching(message) });
    };
    await change('PRAGMA user_version = 2', /layout 2 cannot be read, this version reads layout 1/);
    await change('PRAGMA application_id = 7', /damaged, or another program's/);
    await change('CREATE TABLE more (a)', /damaged, or another program's/);
  });

  it('is one process alone', async () => {
    const folder = temporaryFolder();
    await openTables(folder, [rows]);
    await expect(openDynamo(folder)).rejects.toMatchObject({
      name: 'TablesUnusable',
      message: expect.stringMatching(/another process uses it/),
    });
  });

  it('forgets what was overwritten', async () => {
    const folder = temporaryFolder();
    const dynamo = await openTables(folder, [rows]);
    for (let round = 0; round < 300; round++) {
      const text = { S: String(round % 10).repeat(50_000) };
      await dynamo.run('PutItem', { TableName: 'rows', Item: { ...Key, text } });
    }
    await dynamo.close();
    expect(statSync(join(folder, 'tables.sqlite')).size).toBeLessThan(1_000_000);
  });

  it('that is closed answers nothing more, but what was asked before', async () => {
    const dynamo = await openTables(null, [rows]);
    const before = dynamo.run('PutItem', { TableName: 'rows', Item: Key });
    await dynamo.close();
    await expect(before).resolves.toEqual({});
    for (const [name, input] of [['GetItem', { Key }] as const, ['PutItem', { Item: Key }] as const]) {
      await expect(dynamo.run(name, { TableName: 'rows', ...input })).rejects.toMatchObject({
        type: 'InternalServerError',
        status: 500,
        message: 'the tables are closed',
      });
    }
  });
});

describe('a disk that is full', () => {
  const open = () => {
    const db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE bodies (id INTEGER PRIMARY KEY, body TEXT, sum INTEGER)');
    const said: string[] = [];
    const retries: (() => void)[] = [];
    let undone = 0;
    const group = createGroupCommit({
      db,
      commits: { count: () => undefined, committed: () => undefined },
      later: (retry) => void retries.push(retry),
      report: (message) => void said.push(message),
      undone: () => {
        undone++;
      },
    });
    const insert = (bytes: number) =>
      group.write(() => db.prepare('INSERT INTO bodies VALUES (NULL, ?, 0)').run('x'.repeat(bytes)).changes);
    const count = () => group.read(() => db.prepare('SELECT count(*) AS n FROM bodies').get()?.n);
    const room = (pages: number) => db.exec(`PRAGMA max_page_count = ${pages}`);
    return { group, insert, count, room, said, retries, undone: () => undone };
  };
  const refused = {
    ...{ type: 'ServiceUnavailable', status: 503 },
    message: expect.stringMatching(
      /^the tables cannot be written \(.*\): nothing was stored; try again once there is space/,
    ),
  };

  it('refuses writes, answers reads, and takes writes again when there is room', async () => {
    const { group, insert, count, room, said, retries, undone } = open();
    await insert(10);
    room(20);
    // All of one turn: none of them is written, and the reader sees what is there without them.
    const turn = await Promise.allSettled([insert(10), count(), insert(1_000_000), insert(10)]);
    expect(turn).toMatchObject([
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: refused },
      { status: 'rejected', reason: refused },
    ]);
    expect(undone()).toBe(1);
    await expect(insert(10)).rejects.toMatchObject(refused);
    expect(await count()).toBe(1);
    expect(said).toEqual([expect.stringMatching(/^the tables cannot be written \(database or disk is full\)$/)]);

    const writable = group.writable();
    await expect.poll(() => retries.length).toBe(1);
    room(10_000);
    retries[0]?.();
    await writable;
    expect(said.slice(1)).toEqual(['the tables can be written again; 4 requests were refused meanwhile']);
    await insert(1_000_000);
    expect(await count()).toBe(2);
  });

  it('is found to be full again after it had room', async () => {
    const { group, insert, room, said, retries } = open();
    for (const round of [1, 2]) {
      room(20);
      await expect(insert(1_000_000)).rejects.toMatchObject(refused);
      await expect.poll(() => retries.length).toBe(round);
      room(100_000);
      const writable = group.writable();
      retries.at(-1)?.();
      await writable;
      await insert(1_000_000);
    }
    expect(said).toHaveLength(4);
  });

  it('undoes the failed part of a turn alone when it is not the disk that fails', async () => {
    const { group, insert, count } = open();
    const failing = group.write(() => {
      throw new Error('a condition');
    });
    const turn = await Promise.allSettled([insert(10), failing, insert(10)]);
    expect(turn.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await count()).toBe(2);
  });

  const small = smallDisk(2 ** 22);
  it.runIf(small !== undefined)('is waited out by the whole store (skipped where none may be mounted)', async () => {
    const said: string[] = [];
    const full = Promise.withResolvers<() => void>();
    const report = (message: string) => void said.push(message);
    const dynamo = await openTables(join(small?.folder ?? '', 'tables'), [rows], full.resolve, report);
    const put = (n: number) =>
      dynamo.run('PutItem', { TableName: 'rows', Item: { PK: { S: `${n}` }, text: { S: 'x'.repeat(100_000) } } });
    let taken = 0;
    const fill = async () => {
      for (; taken < 200; taken++) await put(taken);
    };
    await expect(fill()).rejects.toMatchObject(refused);
    const get = (n: number) => dynamo.run('GetItem', { TableName: 'rows', Key: { PK: { S: `${n}` } } });
    for (let n = 0; n < taken; n++) expect(await get(n)).toHaveProperty('Item');
    const retry = await full.promise;
    small?.grow();
    const writable = dynamo.writable();
    retry();
    await writable;
    await put(taken);
    for (let n = 0; n <= taken; n++) expect(await get(n)).toHaveProperty('Item');
    expect(said).toHaveLength(2);
  });
});
