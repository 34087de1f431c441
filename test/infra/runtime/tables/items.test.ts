import { describe, expect, it } from 'vitest';
import { openRows, openTables } from './fixture.ts';
import { tableSpec } from './spec.ts';

const invalid = (message: string | RegExp) => ({
  type: 'ValidationException',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
});

describe('an item', () => {
  it('comes back as it was put, its numbers in their one form', async () => {
    const { put, get, Key } = await openRows();
    const text = { __proto__: null, text: { S: 'ä\u0000😀' }, '': { S: '' } };
    const rest = {
      binary: { B: 'AAH/' },
      yes: { BOOL: true },
      nothing: { NULL: true },
      list: { L: [{ S: 'a' }, { L: [] }] },
      strings: { SS: ['b', 'a'] },
      binaries: { BS: ['AA==', 'AQ=='] },
      map: { M: { constructor: { S: 'x' } } },
    };
    await put({ ...text, ...rest, n: { N: '1.50e1' }, ns: { NS: ['-0', '1e-2', '007'] } });
    expect(await get()).toEqual({ ...Key, ...text, ...rest, n: { N: '15' }, ns: { NS: ['0', '0.01', '7'] } });
  });

  it('may have attributes of any name', async () => {
    const { put, get, Key, ask } = await openRows();
    await put(JSON.parse('{"__proto__": {"S": "x"}, "constructor": {"N": "1"}}'));
    const names = { '#p': '__proto__', '#t': 'toString' };
    await ask('UpdateItem', {
      Key,
      UpdateExpression: 'SET #p = :y',
      ConditionExpression: 'attribute_not_exists(#t)',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ':y': { S: 'y' } },
    });
    expect(JSON.stringify(await get())).toContain('"__proto__":{"S":"y"}');
  });

  it.each([
    [{ S: 'a', N: '1' }, /more than one datatypes set/],
    [{}, /Supplied AttributeValue is empty/],
    [{ X: 'a' }, /Supplied AttributeValue is empty/],
    [{ SS: [] }, 'One or more parameter values were invalid: An string set  may not be empty'],
    [{ NS: ['1', '1.0'] }, /Input collection contains duplicates/],
    [{ NULL: false }, /Null attribute value types must have the value of true/],
    [{ N: 'abc' }, 'The parameter cannot be converted to a numeric value: abc'],
    [{ N: '' }, 'The parameter cannot be converted to a numeric value'],
    [{ N: '1e126' }, /Number overflow/],
    [{ N: '1e-131' }, /Number underflow/],
    [{ N: '123456789012345678901234567890123456789' }, /more than 38 significant digits/],
  ])('is refused with a value like %j', async (value, message) => {
    const { put } = await openRows();
    await expect(put({ value })).rejects.toMatchObject(invalid(message));
  });

  it.each([[{ S: 1 }], [{ N: 1 }], [{ B: 'no base64' }], [{ L: {} }], [{ M: [] }], ['text'], [null]])(
    'is refused with JSON of another type like %j',
    async (value) => {
      const { put } = await openRows();
      await expect(put({ value })).rejects.toMatchObject({ type: 'SerializationException' });
    },
  );

  it('nests up to 32 deep', async () => {
    const { put } = await openRows();
    const nested = (depth: number): object => (depth === 0 ? { S: 'x' } : { L: [nested(depth - 1)] });
    await put({ value: nested(32) });
    await expect(put({ value: nested(33) })).rejects.toMatchObject(invalid(/Nesting Levels have exceeded/));
  });

  it('is at most 400 KB, names and values as UTF-8', async () => {
    const { put, ask, Key } = await openRows();
    // PK, SK and their values take 2 + 2 + 1 + 1, the name "text" 4.
    const room = 400 * 1024 - 10;
    await put({ text: { S: 'ä'.repeat(room / 2) } });
    await expect(put({ text: { S: `${'ä'.repeat(room / 2)}x` } })).rejects.toMatchObject(
      invalid('Item size has exceeded the maximum allowed size'),
    );
    const grow = { UpdateExpression: 'SET more = :m', ExpressionAttributeValues: { ':m': { S: 'x' } } };
    await expect(ask('UpdateItem', { Key, ...grow })).rejects.toMatchObject(
      invalid('Item size to update has exceeded the maximum allowed size'),
    );
  });

  it('needs its keys, of their type and not empty', async () => {
    const { dynamo, ask } = await openRows();
    const put = (Item: object) => dynamo.run('PutItem', { TableName: 'rows', Item });
    await expect(put({ PK: { S: 'a' } })).rejects.toMatchObject(invalid(/Missing the key SK in the item/));
    await expect(put({ PK: { S: 'a' }, SK: { N: '1' } })).rejects.toMatchObject(
      invalid(/Type mismatch for key SK expected: S actual: N/),
    );
    await expect(put({ PK: { S: '' }, SK: { S: '1' } })).rejects.toMatchObject(
      invalid(/cannot contain an empty string value. Key: PK/),
    );
    await expect(put({ PK: { S: 'x'.repeat(2049) }, SK: { S: '1' } })).rejects.toMatchObject(invalid(/hashkey/));
    await expect(put({ PK: { S: 'a' }, SK: { S: 'x'.repeat(1025) } })).rejects.toMatchObject(invalid(/range keys/));
    for (const Key of [{ PK: { S: 'a' } }, { PK: { S: 'a' }, SK: { N: '1' } }]) {
      await expect(ask('GetItem', { Key })).rejects.toMatchObject(
        invalid('The provided key element does not match the schema'),
      );
    }
  });

  it('is told apart from others whose keys look alike', async () => {
    const dynamo = await openTables(null, [tableSpec('rows', ['PK', 'SK'])]);
    const keys = [
      ['a', 'b\u0000'],
      ['a\u0000', 'b'],
      ['a\u0000\u0001b', 'c'],
      ['a', 'b\u0000\u0001c'],
      ['A', 'b'],
      ['a', 'B'],
      ['a', 'b'],
      ['a', 'b '],
      ['a', '\u00e9'],
      ['a', 'e\u0301'],
    ].map(([PK, SK]) => ({ PK: { S: PK }, SK: { S: SK } }));
    for (const [at, key] of keys.entries()) {
      await dynamo.run('PutItem', { TableName: 'rows', Item: { ...key, at: { N: String(at) } } });
    }
    for (const [at, key] of keys.entries()) {
      const Item = { ...key, at: { N: String(at) } };
      expect(await dynamo.run('GetItem', { TableName: 'rows', Key: key })).toEqual({ Item });
    }
    await expect(
      dynamo.run('GetItem', { TableName: 'rows', Key: { PK: { S: '\ud800' }, SK: { S: '1' } } }),
    ).rejects.toMatchObject({ type: 'ValidationException' });
  });
});

describe('what a write returns', () => {
  const update = {
    UpdateExpression: 'SET a = :new REMOVE b ADD c.d :one',
    ExpressionAttributeValues: { ':new': { S: 'new' }, ':one': { N: '1' } },
  };
  const old = { a: { S: 'old' }, b: { S: 'gone' }, c: { M: { d: { N: '1' }, e: { N: '5' } } }, f: { S: 'same' } };
  const now = { a: { S: 'new' }, c: { M: { d: { N: '2' }, e: { N: '5' } } }, f: { S: 'same' } };
  it.each([
    ['NONE', {}],
    ['ALL_OLD', { Attributes: { PK: { S: 'a' }, SK: { S: '1' }, ...old } }],
    ['ALL_NEW', { Attributes: { PK: { S: 'a' }, SK: { S: '1' }, ...now } }],
    ['UPDATED_OLD', { Attributes: { a: old.a, b: old.b, c: { M: { d: { N: '1' } } } } }],
    ['UPDATED_NEW', { Attributes: { a: now.a, c: { M: { d: { N: '2' } } } } }],
  ])('of an update with %s', async (ReturnValues, answer) => {
    const { put, ask, Key } = await openRows();
    await put(old);
    expect(await ask('UpdateItem', { Key, ...update, ReturnValues })).toEqual(answer);
  });

  it('of an update of nothing: no old attributes', async () => {
    const { ask, Key } = await openRows();
    const set = { UpdateExpression: 'SET a = :new', ExpressionAttributeValues: { ':new': { S: 'new' } } };
    expect(await ask('UpdateItem', { Key, ...set, ReturnValues: 'ALL_OLD' })).toEqual({});
    expect(await ask('UpdateItem', { Key: { ...Key, SK: { S: '2' } }, ReturnValues: 'ALL_NEW' })).toEqual({
      Attributes: { ...Key, SK: { S: '2' } },
    });
  });

  it('of a put or delete: nothing or the old item', async () => {
    const { put, ask, Key } = await openRows();
    expect(await put({ a: { S: 'x' } }, { ReturnValues: 'ALL_OLD' })).toEqual({});
    expect(await put({}, { ReturnValues: 'ALL_OLD' })).toEqual({ Attributes: { ...Key, a: { S: 'x' } } });
    expect(await ask('DeleteItem', { Key, ReturnValues: 'ALL_OLD' })).toEqual({ Attributes: Key });
    expect(await ask('DeleteItem', { Key, ReturnValues: 'ALL_OLD' })).toEqual({});
    await expect(put({}, { ReturnValues: 'ALL_NEW' })).rejects.toMatchObject(invalid(/can only be ALL_OLD or NONE/));
  });

  it('when its condition fails: the item if asked', async () => {
    const { put, ask, Key } = await openRows();
    await put({ a: { S: 'x' } });
    const failing = { Key, ConditionExpression: 'attribute_not_exists(PK)' };
    const refused = { type: 'ConditionalCheckFailedException', message: 'The conditional request failed' };
    await expect(ask('DeleteItem', failing)).rejects.toMatchObject({ ...refused, extra: {} });
    await expect(
      ask('DeleteItem', { ...failing, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    ).rejects.toMatchObject({ ...refused, extra: { Item: { ...Key, a: { S: 'x' } } } });
  });
});

describe('a request', () => {
  it('is refused with what is not supported here, however deep it stands', async () => {
    const { ask, put, dynamo, Key } = await openRows();
    await expect(put({}, { Expected: {} })).rejects.toMatchObject(
      invalid('PutItem with Expected is not supported on one machine'),
    );
    await expect(ask('UpdateItem', { Key, AttributeUpdates: {} })).rejects.toMatchObject(
      invalid('UpdateItem with AttributeUpdates is not supported on one machine'),
    );
    await expect(
      dynamo.run('TransactWriteItems', { TransactItems: [{ Put: { TableName: 'rows', Item: Key, Expected: {} } }] }),
    ).rejects.toMatchObject(
      invalid('TransactWriteItems with TransactItems.0.Put.Expected is not supported on one machine'),
    );
  });

  it('is answered without capacity, which one machine does not count', async () => {
    const { put } = await openRows();
    expect(await put({}, { ReturnConsumedCapacity: 'TOTAL', ReturnItemCollectionMetrics: 'SIZE' })).toEqual({});
  });

  it('names a table that is there', async () => {
    const { dynamo, Key } = await openRows();
    await expect(dynamo.run('GetItem', { TableName: 'others', Key })).rejects.toMatchObject({
      type: 'ResourceNotFoundException',
      message: 'Requested resource not found',
    });
    await expect(dynamo.run('GetItem', { Key })).rejects.toMatchObject(
      invalid(
        "1 validation error detected: Value at 'tableName' failed to satisfy constraint: Member must not be null",
      ),
    );
    await expect(dynamo.run('GetItem', { TableName: 1, Key })).rejects.toMatchObject({
      type: 'SerializationException',
    });
    for (const name of ['ExecuteStatement', 'constructor']) {
      await expect(dynamo.run(name, {})).rejects.toMatchObject({ type: 'UnknownOperationException' });
    }
  });
});

describe('a batch', () => {
  it('writes and reads many items, each for itself', async () => {
    const { dynamo, put, Key } = await openRows();
    await put({});
    const keys = [1, 2, 3].map((n) => ({ PK: { S: 'b' }, SK: { S: `${n}` } }));
    const RequestItems = {
      rows: [...keys.map((Item) => ({ PutRequest: { Item } })), { DeleteRequest: { Key } }],
    };
    expect(await dynamo.run('BatchWriteItem', { RequestItems })).toEqual({ UnprocessedItems: {} });
    expect(
      await dynamo.run('BatchGetItem', {
        RequestItems: { rows: { Keys: [...keys, Key], ProjectionExpression: 'SK' } },
      }),
    ).toEqual({ Responses: { rows: keys.map(({ SK }) => ({ SK })) }, UnprocessedKeys: {} });
  });

  it('is refused when it names an item twice, or too many', async () => {
    const { dynamo, Key } = await openRows();
    const duplicates = invalid('Provided list of item keys contains duplicates');
    const write = (requests: readonly object[]) => dynamo.run('BatchWriteItem', { RequestItems: { rows: requests } });
    await expect(write([{ PutRequest: { Item: Key } }, { DeleteRequest: { Key } }])).rejects.toMatchObject(duplicates);
    const read = (Keys: readonly object[]) => dynamo.run('BatchGetItem', { RequestItems: { rows: { Keys } } });
    await expect(read([Key, Key])).rejects.toMatchObject(duplicates);
    const many = (count: number) => Array.from({ length: count }, (_, n) => ({ PK: { S: 'a' }, SK: { S: `${n}` } }));
    await expect(write(many(26).map((Item) => ({ PutRequest: { Item } })))).rejects.toMatchObject(invalid(/Too many/));
    await expect(read(many(101))).rejects.toMatchObject(invalid(/Too many/));
    await expect(read(many(100))).resolves.toMatchObject({ UnprocessedKeys: {} });
  });

  it('hands back the keys that no longer fit into an answer of 16 MB', async () => {
    const { dynamo } = await openRows();
    const keys = Array.from({ length: 45 }, (_, n) => ({ PK: { S: 'a' }, SK: { S: `${n}` } }));
    for (const key of keys) {
      await dynamo.run('PutItem', { TableName: 'rows', Item: { ...key, text: { S: 'x'.repeat(400_000) } } });
    }
    const answer = Object(await dynamo.run('BatchGetItem', { RequestItems: { rows: { Keys: keys } } }));
    expect(answer.Responses.rows).toHaveLength(41);
    expect(answer.UnprocessedKeys.rows.Keys).toEqual(keys.slice(41));
  });
});

describe('tables', () => {
  it('are there as soon as they are created, and gone as soon as they are deleted', async () => {
    const { dynamo, put, Key } = await openRows({ byA: { keys: ['a'] } });
    await put({ a: { S: 'x' } });
    const Table = { TableName: 'rows', TableStatus: 'ACTIVE', GlobalSecondaryIndexes: [{ IndexStatus: 'ACTIVE' }] };
    expect(await dynamo.run('DescribeTable', { TableName: 'rows' })).toMatchObject({ Table });
    const { name: TableName, arn: _, ...keys } = tableSpec('more', ['PK']);
    await dynamo.run('CreateTable', { TableName, BillingMode: 'PAY_PER_REQUEST', ...keys });
    expect(await dynamo.run('ListTables', {})).toEqual({ TableNames: ['more', 'rows'] });
    expect(await dynamo.run('ListTables', { Limit: 1 })).toEqual({
      TableNames: ['more'],
      LastEvaluatedTableName: 'more',
    });
    await expect(dynamo.run('CreateTable', { TableName, ...keys })).rejects.toMatchObject({
      type: 'ResourceInUseException',
    });
    await expect(
      dynamo.run('CreateTable', { TableName: 'odd', ...keys, AttributeDefinitions: [] }),
    ).rejects.toMatchObject(invalid(/AttributeDefinitions must name exactly the attributes of all keys/));
    await dynamo.run('DeleteTable', { TableName: 'rows' });
    await expect(dynamo.run('DescribeTable', { TableName: 'rows' })).rejects.toMatchObject({
      type: 'ResourceNotFoundException',
      message: 'Requested resource not found: Table: rows not found',
    });
    await dynamo.ensureTable(tableSpec('rows', ['PK', 'SK']));
    expect(await dynamo.run('GetItem', { TableName: 'rows', Key })).toEqual({});
    expect(await dynamo.run('DescribeTimeToLive', { TableName: 'rows' })).toMatchObject({
      TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' },
    });
  });
});
