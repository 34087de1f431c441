import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { TableSpec } from '../../../../infra/runtime/assembly/specs.ts';
import { type Dynamo, openTables } from './fixture.ts';
import { tableSpec } from './spec.ts';

const Page = z.object({
  Items: z.array(z.record(z.string(), z.unknown())).optional(),
  Count: z.number(),
  ScannedCount: z.number(),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
});
const query = async (dynamo: Dynamo, input: object, operation = 'Query') =>
  Page.parse(await dynamo.run(operation, { TableName: 'rows', ...input }));
/** All pages of a query, and how many there were. */
async function pages(dynamo: Dynamo, input: object, operation = 'Query') {
  const items: unknown[] = [];
  let [start, count]: [unknown, number] = [undefined, 0];
  do {
    const page = await query(dynamo, { ...input, ...(start !== undefined && { ExclusiveStartKey: start }) }, operation);
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
    count++;
  } while (start !== undefined);
  return { items, count };
}

async function openFilled(spec: TableSpec, items: readonly object[]): Promise<Dynamo> {
  const dynamo = await openTables(null, [spec]);
  await Promise.all(items.map((Item) => dynamo.run('PutItem', { TableName: 'rows', Item })));
  return dynamo;
}

const byKeys = tableSpec('rows', ['PK', 'SK']);
const row = (PK: string, SK: string, more: object = {}) => ({ PK: { S: PK }, SK: { S: SK }, ...more });
const sortKeys = (items: readonly object[] = []) => items.map((item) => Object(item).SK.S);

describe('a query', () => {
  const names = ['A', 'a', 'a#', 'a#1', 'a#2', 'a\u0000', 'b', 'z', 'é', '😀', '\uffff'];
  const inOrder = ['A', 'a', 'a\u0000', 'a#', 'a#1', 'a#2', 'b', 'z', 'é', '\uffff', '😀'];
  const filled = () => openFilled(byKeys, [...names.map((SK) => row('p', SK)), row('p2', 'a'), row('o', 'a')]);

  it.each([
    ['', [], inOrder],
    [' AND SK = :a', ['a#'], ['a#']],
    [' AND SK < :a', ['a#'], ['A', 'a', 'a\u0000']],
    [' AND SK <= :a', ['a#'], ['A', 'a', 'a\u0000', 'a#']],
    [' AND SK > :a', ['b'], ['z', 'é', '\uffff', '😀']],
    [' AND :a < SK', ['b'], ['z', 'é', '\uffff', '😀']],
    [' AND SK >= :a', ['é'], ['é', '\uffff', '😀']],
    [' AND SK BETWEEN :a AND :b', ['a#', 'b'], ['a#', 'a#1', 'a#2', 'b']],
    [' AND begins_with(SK, :a)', ['a#'], ['a#', 'a#1', 'a#2']],
    [' AND begins_with(SK, :a)', ['a'], ['a', 'a\u0000', 'a#', 'a#1', 'a#2']],
    [' AND (SK = :a)', ['none'], []],
  ])('finds PK = :p%s of %j in the order of UTF-8, forwards and backwards', async (text, values, found) => {
    const dynamo = await filled();
    const given = Object.fromEntries(values.map((value, at) => [at === 0 ? ':a' : ':b', { S: value }]));
    const input = {
      KeyConditionExpression: `PK = :p${text}`,
      ExpressionAttributeValues: { ':p': { S: 'p' }, ...given },
    };
    const all = await query(dynamo, input);
    expect(sortKeys(all.Items)).toEqual(found);
    expect(all).toMatchObject({ Count: found.length, ScannedCount: found.length });
    expect(all).not.toHaveProperty('LastEvaluatedKey');
    const backwards = await query(dynamo, { ...input, ScanIndexForward: false });
    expect(sortKeys(backwards.Items)).toEqual(found.toReversed());
    for (const Limit of [1, 2, 3]) {
      expect(sortKeys(Object(await pages(dynamo, { ...input, Limit })).items)).toEqual(found);
      const turned = await pages(dynamo, { ...input, Limit, ScanIndexForward: false });
      expect(sortKeys(Object(turned).items)).toEqual(found.toReversed());
    }
  });

  it('orders numbers and bytes by what they are worth', async () => {
    const typed = (AttributeType: string) => ({
      ...byKeys,
      AttributeDefinitions: [
        { AttributeName: 'PK', AttributeType: 'S' },
        { AttributeName: 'SK', AttributeType },
      ],
    });
    const numbers = [
      '-1E125',
      '-100',
      '-12',
      '-1.23',
      '-1.2',
      '-0.5',
      '-1e-130',
      '0',
      '1e-130',
      '0.09',
      '0.1',
      '0.11',
    ].concat('1', '1.5', '2', '9', '10', '11', '99.9', '100', '12345678901234567890.5', '1e125');
    const ordered = await openFilled(
      typed('N'),
      numbers.toReversed().map((N) => ({ PK: { S: 'p' }, SK: { N } })),
    );
    const all = { KeyConditionExpression: 'PK = :p', ExpressionAttributeValues: { ':p': { S: 'p' } } };
    const found = (await query(ordered, all)).Items?.map((item) => Number(Object(item).SK.N));
    expect(found).toEqual(numbers.map(Number));
    const between = { ':p': { S: 'p' }, ':a': { N: '-1.2' }, ':b': { N: '1' } };
    expect(
      await query(ordered, {
        KeyConditionExpression: 'PK = :p AND SK BETWEEN :a AND :b',
        ExpressionAttributeValues: between,
      }),
    ).toMatchObject({ Count: 9 });
    const bytes = [[0], [0, 0], [0, 1], [1], [127], [128], [255], [255, 255]].map((all) =>
      Buffer.from(all).toString('base64'),
    );
    const binary = await openFilled(typed('B'), bytes.map((B) => ({ PK: { S: 'p' }, SK: { B } })).reverse());
    expect((await query(binary, all)).Items?.map((item) => Object(item).SK.B)).toEqual(bytes);
    const begins = { KeyConditionExpression: 'PK = :p AND begins_with(SK, :a)' };
    expect(
      await query(binary, { ...begins, ExpressionAttributeValues: { ':p': { S: 'p' }, ':a': { B: '/w==' } } }),
    ).toMatchObject({ Count: 2 });
  });

  it('filters what it has read, counts both, and shows what is asked for', async () => {
    const items = [1, 2, 3, 4].map((n) => row('p', `${n}`, { n: { N: `${n}` }, text: { S: 'x' } }));
    const dynamo = await openFilled(byKeys, items);
    const input = {
      KeyConditionExpression: 'PK = :p',
      FilterExpression: 'n > :n',
      ProjectionExpression: '#n',
      ExpressionAttributeNames: { '#n': 'n' },
      ExpressionAttributeValues: { ':p': { S: 'p' }, ':n': { N: '2' } },
    };
    expect(await query(dynamo, input)).toEqual({
      Items: [{ n: { N: '3' } }, { n: { N: '4' } }],
      Count: 2,
      ScannedCount: 4,
    });
    const { ProjectionExpression: _, ExpressionAttributeNames: __, ...whole } = input;
    expect(await query(dynamo, { ...whole, Select: 'COUNT', Limit: 3 })).toEqual({
      Count: 1,
      ScannedCount: 3,
      LastEvaluatedKey: row('p', '3'),
    });
  });

  it('gives a page of 1 MB, with the row that reaches it', async () => {
    const items = Array.from({ length: 25 }, (_, n) =>
      row('p', String(n).padStart(2, '0'), { text: { S: 'x'.repeat(100_000) } }),
    );
    const dynamo = await openFilled(byKeys, items);
    const input = { KeyConditionExpression: 'PK = :p', ExpressionAttributeValues: { ':p': { S: 'p' } } };
    const first = await query(dynamo, input);
    expect(first).toMatchObject({ Count: 11, LastEvaluatedKey: row('p', '10') });
    const all = await pages(dynamo, input);
    expect(all.count).toBe(3);
    expect(sortKeys(Object(all).items)).toEqual(items.map(({ SK }) => SK.S));
  });

  it.each([
    [{ KeyConditionExpression: 'SK = :p' }, 'Query condition missed key schema element: PK'],
    [{ KeyConditionExpression: 'PK > :p' }, 'Query key condition not supported'],
    [{ KeyConditionExpression: 'PK = :p AND more = :p' }, 'Query condition missed key schema element: SK'],
    [
      { KeyConditionExpression: 'PK = :p AND PK = :p' },
      'KeyConditionExpressions must only contain one condition per key',
    ],
    [{ KeyConditionExpression: 'PK = :p AND SK = :p AND more = :p' }, 'Conditions can be of length 1 or 2 only'],
    [{ KeyConditionExpression: 'PK = :p OR SK = :p' }, /Invalid operator used in KeyConditionExpression: OR/],
    [{ KeyConditionExpression: 'PK = :p AND SK <> :p' }, /Invalid operator used in KeyConditionExpression: <>/],
    [{ KeyConditionExpression: 'PK = :p AND contains(SK, :p)' }, /Invalid operator used .*: contains/],
    [{ KeyConditionExpression: 'PK = :p AND SK.a = :p' }, /conditions on nested attributes/],
    [{ KeyConditionExpression: 'PK = SK AND SK = :p' }, /Multiple attribute names used in one condition/],
    [
      { KeyConditionExpression: 'PK = :p', FilterExpression: 'SK = :p' },
      /only contain non-primary key attributes: .*SK/,
    ],
    [{ KeyConditionExpression: 'PK = :p', Limit: 0 }, /greater than or equal to 1/],
    [{ KeyConditionExpression: 'PK = :p', Select: 'SPECIFIC_ATTRIBUTES' }, /Must specify the ProjectionExpression/],
    [{ KeyConditionExpression: 'PK = :p', IndexName: 'none' }, /does not have the specified index: none/],
    [{ KeyConditionExpression: 'PK = :p', ExclusiveStartKey: { PK: { S: 'p' } } }, /starting key is invalid/],
    [{ KeyConditionExpression: 'PK = :p', ExclusiveStartKey: row('other', '1') }, /outside query boundaries/],
    [{ KeyConditionExpression: 'PK = :p', QueryFilter: {} }, /Query with QueryFilter is not supported/],
    [{}, /keyConditionExpression/],
  ])('is refused with %j', async (input, message) => {
    const dynamo = await filled();
    await expect(query(dynamo, { ExpressionAttributeValues: { ':p': { S: 'p' } }, ...input })).rejects.toMatchObject({
      type: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });
});

describe('an index', () => {
  const spec = tableSpec('rows', ['PK', 'SK'], {
    all: { keys: ['g', 'due'] },
    keysOnly: { keys: ['g', 'due'], projection: { ProjectionType: 'KEYS_ONLY' } },
    some: { keys: ['g'], projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] } },
  });
  const put = (dynamo: Dynamo, Item: object) => dynamo.run('PutItem', { TableName: 'rows', Item });
  const found = (dynamo: Dynamo, IndexName: string, more: object = {}) =>
    query(dynamo, {
      IndexName,
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: { ':g': { S: 'x' } },
      ...more,
    });

  it('shows what it projects', async () => {
    const keys = row('p', '1', { g: { S: 'x' }, due: { S: '1' } });
    const item = { ...keys, a: { N: '1' }, b: { N: '2' } };
    const dynamo = await openFilled(spec, [item]);
    expect((await found(dynamo, 'all')).Items).toEqual([item]);
    expect((await found(dynamo, 'keysOnly')).Items).toEqual([keys]);
    expect((await found(dynamo, 'some')).Items).toEqual([row('p', '1', { g: { S: 'x' }, a: { N: '1' } })]);
    const refused = async (index: string, more: object, message: RegExp) =>
      expect(found(dynamo, index, more)).rejects.toMatchObject({ message: expect.stringMatching(message) });
    await refused('keysOnly', { ConsistentRead: true }, /Consistent reads are not supported on global secondary/);
    await refused('keysOnly', { Select: 'ALL_ATTRIBUTES' }, /because its projection type is not ALL/);
    await refused('keysOnly', { ProjectionExpression: 'a' }, /does not project \[a\]/);
    await refused('some', { FilterExpression: 'b = :g' }, /does not project \[b\]/);
  });

  it('follows its rows: in, along and out again', async () => {
    const dynamo = await openFilled(spec, [row('p', '1')]);
    const update = (UpdateExpression: string, values?: object) =>
      dynamo.run('UpdateItem', {
        TableName: 'rows',
        Key: row('p', '1'),
        UpdateExpression,
        ...(values && { ExpressionAttributeValues: values }),
      });
    expect((await found(dynamo, 'all')).Count).toBe(0);
    await update('SET g = :x', { ':x': { S: 'x' } });
    expect([(await found(dynamo, 'all')).Count, (await found(dynamo, 'some')).Count]).toEqual([0, 1]);
    await update('SET due = :x, b = :x', { ':x': { S: '2' } });
    expect((await found(dynamo, 'all')).Items).toEqual([
      row('p', '1', { g: { S: 'x' }, due: { S: '2' }, b: { S: '2' } }),
    ]);
    await update('SET g = :y', { ':y': { S: 'y' } });
    expect((await found(dynamo, 'all')).Count).toBe(0);
    await put(dynamo, row('p', '1', { g: { S: 'x' }, due: { S: '3' } }));
    expect((await found(dynamo, 'keysOnly')).Count).toBe(1);
    await update('REMOVE due');
    expect((await found(dynamo, 'keysOnly')).Count).toBe(0);
    await dynamo.run('DeleteItem', { TableName: 'rows', Key: row('p', '1') });
    expect((await found(dynamo, 'some')).Count).toBe(0);
  });

  it('pages through rows that have the same keys there, by the keys of both', async () => {
    const items = ['1', '2', '3', '4', '5'].flatMap((SK) =>
      ['p', 'q'].map((PK) => row(PK, SK, { g: { S: 'x' }, due: { S: Number(SK) < 4 ? 'a' : 'b' } })),
    );
    const dynamo = await openFilled(spec, items);
    const input = {
      IndexName: 'keysOnly',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: { ':g': { S: 'x' } },
    };
    const first = await query(dynamo, { ...input, Limit: 3 });
    expect(Object.keys(first.LastEvaluatedKey ?? {}).sort()).toEqual(['PK', 'SK', 'due', 'g']);
    for (const ScanIndexForward of [true, false]) {
      const all = await pages(dynamo, { ...input, ScanIndexForward, Limit: 3 });
      expect(new Set(all.items.map((item) => JSON.stringify(item))).size).toBe(items.length);
      const order = all.items.map((item) => Object(item).due.S);
      expect(order).toEqual(ScanIndexForward ? order.toSorted() : order.toSorted().reverse());
    }
    // The row where a page ended may be gone when the next one is asked for.
    await dynamo.run('DeleteItem', {
      TableName: 'rows',
      Key: { PK: first.LastEvaluatedKey?.PK, SK: first.LastEvaluatedKey?.SK },
    });
    expect((await query(dynamo, { ...input, ExclusiveStartKey: first.LastEvaluatedKey })).Count).toBe(items.length - 3);
  });

  it('takes keys of its type only, and no empty ones', async () => {
    const dynamo = await openFilled(spec, []);
    await expect(put(dynamo, row('p', '1', { g: { N: '1' } }))).rejects.toMatchObject({
      message: expect.stringMatching(/Type mismatch for Index Key g Expected: S Actual: N IndexName: all/),
    });
    await expect(put(dynamo, row('p', '1', { g: { S: '' } }))).rejects.toMatchObject({
      message: expect.stringMatching(/cannot contain an empty string value. IndexName: all, IndexKey: g/),
    });
    const update = { UpdateExpression: 'SET g = :g', ExpressionAttributeValues: { ':g': { N: '1' } } };
    await expect(dynamo.run('UpdateItem', { TableName: 'rows', Key: row('p', '1'), ...update })).rejects.toMatchObject({
      message: expect.stringMatching(/attempted to update the secondary index key to unsupported type/),
    });
    expect((await query(dynamo, {}, 'Scan')).Count).toBe(0);
  });

  it('finds the jobs of a cluster by user, queue, state and reason, newest first', async () => {
    const by = (name: string) => ({ keys: [name, 'submittedAt'], projection: { ProjectionType: 'ALL' } });
    const search = tableSpec('rows', ['PK', 'SK'], {
      user: by('byUser'),
      queue: by('byQueue'),
      state: by('byState'),
      reason: by('byReason'),
    });
    const jobs = Array.from({ length: 60 }, (_, n) => {
      const [user, queue, state, reason] = [`u${n % 3}`, `q${n % 4}`, n % 5 === 0 ? 'open' : 'closed', `r${n % 2}`];
      const of = (value: string) => ({ S: `CLUSTER#a#${value}` });
      const places = { byUser: of(user), byQueue: of(queue), byState: of(state), byReason: of(reason) };
      const told = { user: { S: user }, queue: { S: queue }, state: { S: state }, reason: { S: reason } };
      return row('CLUSTER#a', `JOB#${n}`, { ...places, ...told, submittedAt: { S: new Date(n * 1000).toISOString() } });
    });
    const dynamo = await openFilled(search, jobs);
    for (const [name, value] of Object.entries({ user: 'u1', queue: 'q2', state: 'open', reason: 'r1' })) {
      const all = await pages(dynamo, {
        IndexName: name,
        KeyConditionExpression: '#by = :v',
        ScanIndexForward: false,
        Limit: 7,
        ExpressionAttributeNames: { '#by': `by${name.charAt(0).toUpperCase()}${name.slice(1)}` },
        ExpressionAttributeValues: { ':v': { S: `CLUSTER#a#${value}` } },
      });
      expect(all.items).toEqual(jobs.filter((job) => Object(job)[name].S === value).toReversed());
    }
    const both = await query(dynamo, {
      IndexName: 'user',
      KeyConditionExpression: 'byUser = :u AND submittedAt > :from',
      FilterExpression: '#state = :open AND queue IN (:q1, :q2)',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':u': { S: 'CLUSTER#a#u1' },
        ':from': { S: new Date(10_000).toISOString() },
        ':open': { S: 'open' },
        ':q1': { S: 'q1' },
        ':q2': { S: 'q2' },
      },
    });
    expect(both.Items).toEqual(
      jobs.filter((_, n) => n > 10 && n % 3 === 1 && n % 5 === 0 && (n % 4 === 1 || n % 4 === 2)),
    );
  });
});

describe('a scan', () => {
  it('finds every row once, of the table or of an index', async () => {
    const items = Array.from({ length: 23 }, (_, n) => row(`p${n % 5}`, `${n}`, n % 2 === 0 ? { g: { S: 'x' } } : {}));
    const dynamo = await openFilled(tableSpec('rows', ['PK', 'SK'], { byG: { keys: ['g'] } }), items);
    const sorted = (all: readonly unknown[]) => all.map((item) => JSON.stringify(item)).sort();
    for (const Limit of [1, 4, 100]) {
      expect(sorted((await pages(dynamo, { Limit }, 'Scan')).items)).toEqual(sorted(items));
      expect((await pages(dynamo, { Limit, IndexName: 'byG' }, 'Scan')).items).toHaveLength(12);
    }
    const filter = { FilterExpression: 'PK = :p', ExpressionAttributeValues: { ':p': { S: 'p1' } } };
    expect(await query(dynamo, filter, 'Scan')).toMatchObject({ Count: 5, ScannedCount: 23 });
  });
});
