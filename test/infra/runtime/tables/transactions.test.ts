import { describe, expect, it } from 'vitest';
import { type Dynamo, openTables, temporaryFolder } from './fixture.ts';
import { tableSpec } from './spec.ts';

const rows = tableSpec('rows', ['PK'], { byG: { keys: ['g'] } });
const others = tableSpec('others', ['PK']);
const key = (id: string) => ({ PK: { S: id } });
const put = (id: string, more: object = {}, TableName = 'rows') => ({
  Put: { TableName, Item: { ...key(id), ...more } },
});
const add = (id: string, by: string, more: object = {}) => ({
  Update: {
    TableName: 'rows',
    Key: key(id),
    UpdateExpression: 'ADD n :by',
    ExpressionAttributeValues: { ':by': { N: by } },
    ...more,
  },
});
const open = () => openTables(null, [rows, others]);
const write = (dynamo: Dynamo, TransactItems: readonly object[], ClientRequestToken?: string) =>
  dynamo.run('TransactWriteItems', { TransactItems, ...(ClientRequestToken && { ClientRequestToken }) });
const all = async (dynamo: Dynamo, TableName = 'rows') => Object(await dynamo.run('Scan', { TableName })).Items;

describe('a transaction', () => {
  it('puts, updates, deletes and checks, in several tables', async () => {
    const dynamo = await open();
    await write(dynamo, [put('deleted'), put('updated', { n: { N: '1' } }), put('checked', {}, 'others')]);
    const answer = await write(dynamo, [
      put('fresh'),
      { Delete: { TableName: 'rows', Key: key('deleted'), ConditionExpression: 'attribute_exists(PK)' } },
      add('updated', '2'),
      { ConditionCheck: { TableName: 'others', Key: key('checked'), ConditionExpression: 'attribute_exists(PK)' } },
    ]);
    expect(answer).toEqual({});
    expect(await all(dynamo)).toEqual([key('fresh'), { ...key('updated'), n: { N: '3' } }]);
    expect(await all(dynamo, 'others')).toEqual([key('checked')]);
  });

  it('that is cancelled has changed nothing, and says why for every part in order', async () => {
    const dynamo = await open();
    const before = [
      { ...key('a'), n: { N: '1' }, g: { S: 'x' } },
      { ...key('b'), n: { S: 'text' } },
    ];
    await write(dynamo, [put('a', before[0]), put('b', before[1])]);
    const ifNew = { ConditionExpression: 'attribute_not_exists(PK)' };
    const cancelled = write(dynamo, [
      put('new', { g: { S: 'x' } }),
      { Put: { ...put('a', { g: { S: 'y' } }).Put, ...ifNew, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
      { ConditionCheck: { TableName: 'rows', Key: key('c'), ConditionExpression: 'attribute_exists(PK)' } },
      add('b', '1'),
      { Delete: { TableName: 'others', Key: key('a') } },
    ]);
    await expect(cancelled).rejects.toMatchObject({
      type: 'TransactionCanceledException',
      status: 400,
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError, None]',
      extra: {
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: before[0] },
          { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
          { Code: 'ValidationError', Message: 'An operand in the update expression has an incorrect data type' },
          { Code: 'None' },
        ],
      },
    });
    expect(await all(dynamo)).toEqual(before);
    expect(await dynamo.run('Scan', { TableName: 'rows', IndexName: 'byG' })).toMatchObject({ Items: [before[0]] });
  });

  it.each([
    ['twice one item', [put('a'), add('a', '1')], /cannot include multiple operations on one item/],
    ['no part', [], /transactItems' failed to satisfy constraint: .*greater than or equal to 1/],
    [
      '101 parts',
      Array.from({ length: 101 }, (_, n) => put(`${n}`)),
      /transactItems' failed .*less than or equal to 100/,
    ],
    ['a part that is nothing', [{}], /can only contain one of Check, Put, Update or Delete/],
    ['a part that is two', [{ ...put('a'), ...add('b', '1') }], /can only contain one of/],
    ['an update of a key', [add('a', '1', { UpdateExpression: 'ADD PK :by' })], /part of the key/],
  ])('is refused with %s', async (_, parts, message) => {
    const dynamo = await open();
    await expect(write(dynamo, parts)).rejects.toMatchObject({
      type: 'ValidationException',
      message: expect.stringMatching(message),
    });
    expect(await all(dynamo)).toEqual([]);
  });

  it('may have 100 parts, and 4 MB', async () => {
    const dynamo = await open();
    const large = Array.from({ length: 100 }, (_, n) => put(`${n}`, { text: { S: 'x'.repeat(40_000) } }));
    await write(dynamo, large);
    expect(await dynamo.run('Scan', { TableName: 'rows', Select: 'COUNT', Limit: 1 })).toMatchObject({ Count: 1 });
    const larger = large.map(({ Put }) => ({
      Put: { ...Put, Item: { ...Put.Item, text: { S: 'x'.repeat(42_000) } } },
    }));
    await expect(write(dynamo, larger)).rejects.toMatchObject({ type: 'ValidationException' });
    const Get = { TableName: 'rows', Key: key('7') };
    expect(await dynamo.run('TransactGetItems', { TransactItems: [{ Get }] })).toEqual({
      Responses: [{ Item: { ...key('7'), text: { S: 'x'.repeat(40_000) } } }],
    });
  });

  it('is refused when a table is not there', async () => {
    await expect(write(await open(), [put('a', {}, 'nowhere')])).rejects.toMatchObject({
      type: 'ResourceNotFoundException',
    });
  });

  it('lets one of many take the last place', async () => {
    const dynamo = await open();
    await write(dynamo, [put('quota', { n: { N: '3' } })]);
    const take = (id: number) =>
      write(dynamo, [
        add('quota', '-1', {
          ConditionExpression: 'n >= :one',
          ExpressionAttributeValues: { ':by': { N: '-1' }, ':one': { N: '1' } },
        }),
        put(`run ${id}`),
      ]);
    const answers = await Promise.allSettled([...Array(10).keys()].map(take));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await all(dynamo)).toHaveLength(4);
  });
});

describe('a client token', () => {
  it('makes a request happen once, over a restart too, and for ten minutes', async () => {
    const folder = temporaryFolder();
    let time = Date.parse('2026-03-01T12:00:00Z');
    const start = () => openTables(folder, [rows], undefined, undefined, () => time);
    const parts = [add('a', '1')];
    const count = async (dynamo: Dynamo) => (await all(dynamo))[0].n.N;

    const first = await start();
    await write(first, parts, 'token');
    await write(first, parts, 'token');
    // The order of fields makes no other request.
    const { Update } = add('a', '1');
    await write(first, [{ Update: Object.fromEntries(Object.entries(Update).reverse()) }], 'token');
    expect(await count(first)).toBe('1');
    await write(first, parts, 'other token');
    await write(first, parts);
    expect(await count(first)).toBe('3');
    await first.close();

    const second = await start();
    time += 599_000;
    await write(second, parts, 'token');
    expect(await count(second)).toBe('3');
    await expect(write(second, [add('a', '2')], 'token')).rejects.toMatchObject({
      type: 'IdempotentParameterMismatchException',
    });
    time += 1_000;
    await write(second, [add('a', '2')], 'token');
    expect(await count(second)).toBe('5');
  });

  it('of a cancelled request may be used again', async () => {
    const dynamo = await open();
    const parts = [add('a', '1', { ConditionExpression: 'attribute_exists(PK)' })];
    await expect(write(dynamo, parts, 'token')).rejects.toMatchObject({ type: 'TransactionCanceledException' });
    await write(dynamo, [put('a')]);
    await write(dynamo, parts, 'token');
    expect(await all(dynamo)).toEqual([{ ...key('a'), n: { N: '1' } }]);
  });
});

describe('a read of many items at once', () => {
  it('answers in order, with nothing for what is not there', async () => {
    const dynamo = await open();
    await write(dynamo, [put('a', { n: { N: '1' }, m: { S: 'x' } }), put('b', {}, 'others')]);
    const get = (TableName: string, id: string, more: object = {}) => ({ Get: { TableName, Key: key(id), ...more } });
    const answer = await dynamo.run('TransactGetItems', {
      TransactItems: [get('others', 'b'), get('rows', 'none'), get('rows', 'a', { ProjectionExpression: 'n' })],
    });
    expect(answer).toEqual({ Responses: [{ Item: key('b') }, {}, { Item: { n: { N: '1' } } }] });
    await expect(
      dynamo.run('TransactGetItems', { TransactItems: [get('rows', 'a'), get('rows', 'a')] }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/multiple operations on one item/) });
  });
});
