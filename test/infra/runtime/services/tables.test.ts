import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDynamo } from '../../../../infra/runtime/services/dynamo.ts';

/** Bytes of all files of a folder. */
const sizeOf = (folder: string) =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

const keyed = (name: string) => ({
  name,
  arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`,
  KeySchema: [{ AttributeName: 'PK', KeyType: 'HASH' as const }],
  AttributeDefinitions: [{ AttributeName: 'PK', AttributeType: 'S' as const }],
});

it('takes writes again once the disk does, has lost none that it took, and says so once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-tables-'));
  let retry = () => {};
  const said: string[] = [];
  const dynamo = await openDynamo(
    folder,
    (again) => {
      retry = again;
    },
    (message) => void said.push(message),
  );
  const put = (n: number) =>
    dynamo.run('PutItem', { TableName: 'kept', Item: { PK: { S: `${n}` }, text: { S: 'x'.repeat(200_000) } } });
  try {
    await dynamo.ensureTable(keyed('kept'));
    // LevelDB cannot write its next tables where folders are: to it a disk that refuses.
    const inTheWay = Array.from({ length: 30 }, (_, n) => join(folder, `${String(n).padStart(6, '0')}.ldb`));
    for (const path of inTheWay) mkdirSync(path);
    let taken = 0;
    await expect(
      (async () => {
        for (; taken < 200; taken++) await put(taken);
      })(),
    ).rejects.toMatchObject({ type: 'InternalServerError' });
    for (let i = 0; i < 3; i++) {
      const refusal = await put(taken).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ type: 'InternalServerError', message: expect.stringContaining('IO error') });
      // Without a cause: it is not reported with every request.
      expect(Object(refusal).cause).toBeUndefined();
    }
    expect(said).toEqual([expect.stringMatching(/^the tables cannot be written \(IO error: /)]);

    for (const path of inTheWay) rmdirSync(path);
    const writable = dynamo.writable();
    retry();
    await writable;
    expect(said.slice(1)).toEqual(['the tables can be written again; 4 requests were refused meanwhile']);
    expect(readdirSync(folder)).not.toContain('probe');
    await Promise.all([put(1000), put(1001)]);
    for (const n of [...Array(taken).keys(), 1000, 1001]) {
      expect(await dynamo.run('GetItem', { TableName: 'kept', Key: { PK: { S: `${n}` } } })).toHaveProperty('Item');
    }
  } finally {
    await dynamo.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('lets go of its folder when it is closed as it is about to be opened again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-tables-'));
  const failed = Promise.withResolvers<() => void>();
  const dynamo = await openDynamo(folder, failed.resolve);
  try {
    await dynamo.ensureTable(keyed('kept'));
    const inTheWay = Array.from({ length: 30 }, (_, n) => join(folder, `${String(n).padStart(6, '0')}.ldb`));
    for (const path of inTheWay) mkdirSync(path);
    const Item = { PK: { S: 'a' }, text: { S: 'x'.repeat(200_000) } };
    const fill = async () => {
      for (let n = 0; n < 200; n++) await dynamo.run('PutItem', { TableName: 'kept', Item });
    };
    await expect(fill()).rejects.toMatchObject({ type: 'InternalServerError' });
    const opened = dynamo.writable();
    const retry = await failed.promise;
    for (const path of inTheWay) rmdirSync(path);
    retry();
    await dynamo.close();
    await opened;
    const again = await openDynamo(folder);
    await again.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('forgets what was overwritten, however often it was queried meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-tables-'));
  const dynamo = await openDynamo(folder);
  try {
    await dynamo.ensureTable(keyed('versions'));
    const query = {
      TableName: 'versions',
      KeyConditionExpression: 'PK = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'a' } },
    };
    const rounds = 400;
    const text = (round: number) =>
      Array.from({ length: 10_000 }, (_, index) => ((round * 7919 + index * 104_729) % 1_000_003).toString(36)).join(
        '',
      );
    for (let round = 0; round < rounds; round++) {
      await dynamo.run('PutItem', { TableName: 'versions', Item: { PK: { S: 'a' }, text: { S: text(round) } } });
      await dynamo.run('Query', query);
    }
    // With a snapshot held by every query, every one of the versions would still be there.
    await expect.poll(() => sizeOf(folder), { timeout: 30_000 }).toBeLessThan((rounds * text(0).length) / 2);
  } finally {
    await dynamo.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('knows a table as it is now, not as it was when it was first read', async () => {
  const dynamo = await openDynamo(null);
  const keyed = (...names: string[]) => ({
    name: 'rows',
    arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/rows',
    KeySchema: names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  });
  const put = (...names: string[]) =>
    dynamo.run('PutItem', {
      TableName: 'rows',
      Item: Object.fromEntries(names.map((name) => [name, { S: name }])),
    });
  try {
    await dynamo.ensureTable(keyed('PK', 'SK'));
    await put('PK', 'SK');
    await expect(put('PK')).rejects.toThrow('Missing the key SK in the item');
    await dynamo.run('DeleteTable', { TableName: 'rows' });
    // A table that is being deleted refuses rows before it is gone.
    const described = () => dynamo.run('DescribeTable', { TableName: 'rows' });
    await expect
      .poll(() => described().catch((error: unknown) => Object(error).type), { interval: 1 })
      .toBe('ResourceNotFoundException');
    await expect(put('PK', 'SK')).rejects.toMatchObject({ type: 'ResourceNotFoundException' });
    await dynamo.ensureTable(keyed('PK'));
    await put('PK');
  } finally {
    await dynamo.close();
  }
});

it('makes a table again that a kill left half made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-tables-'));
  const { name, arn: _, ...keys } = keyed('rows');
  try {
    const killed = await openDynamo(folder);
    // Answered while the table is being created; what would end that finds the store closed.
    await killed.run('CreateTable', { TableName: name, BillingMode: 'PAY_PER_REQUEST', ...keys });
    await killed.close();
    const dynamo = await openDynamo(folder);
    await dynamo.ensureTable(keyed('rows'));
    await dynamo.run('PutItem', { TableName: 'rows', Item: { PK: { S: 'a' } } });
    await dynamo.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
