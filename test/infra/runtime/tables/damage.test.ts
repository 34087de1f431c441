import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDynamo } from '../../../../infra/runtime/tables/dynamo.ts';
import { type Dynamo, openTables, temporaryFolder } from './fixture.ts';
import { tableSpec } from './spec.ts';

const spec = tableSpec('rows', ['PK', 'SK'], {
  byG: { keys: ['g', 'due'] },
  keysOnly: { keys: ['u'], projection: { ProjectionType: 'KEYS_ONLY' } },
});
const FILE = 'tables.sqlite';
const COUNT = 40;

function item(n: number) {
  const text = n % 10 === 0 ? 'long '.repeat(2_000) : `text ${n}`;
  return {
    PK: { S: `CLUSTER#${n % 3}` },
    SK: { S: `JOB#${n}` },
    g: { S: `g${n % 2}` },
    due: { S: `${n}` },
    text: { S: text },
    ...(n % 4 === 0 && { u: { S: `u${n}` } }),
  };
}

/** Everything that can be asked of the rows: each, those that are not there, and all of them in every order. */
const QUESTIONS: readonly (readonly [operation: string, input: object])[] = [
  ...Array.from({ length: COUNT + 20 }, (_, n) => {
    const { PK, SK } = item(n);
    return ['GetItem', { Key: { PK, SK } }] as const;
  }),
  ...['CLUSTER#0', 'CLUSTER#1', 'CLUSTER#2', 'CLUSTER#3'].flatMap((PK) =>
    [true, false].map((ScanIndexForward) => {
      const input = { KeyConditionExpression: 'PK = :p', ExpressionAttributeValues: { ':p': { S: PK } } };
      return ['Query', { ...input, ScanIndexForward }] as const;
    }),
  ),
  ...['g0', 'g1', 'g2'].map((g) => {
    const input = { IndexName: 'byG', KeyConditionExpression: 'g = :g AND due > :d', ScanIndexForward: false };
    return ['Query', { ...input, ExpressionAttributeValues: { ':g': { S: g }, ':d': { S: '2' } } }] as const;
  }),
  ['Scan', {}],
  ['Scan', { IndexName: 'keysOnly' }],
];

async function answers(dynamo: Dynamo): Promise<string[]> {
  return Promise.all(
    QUESTIONS.map(([operation, input]) =>
      dynamo.run(operation, { TableName: 'rows', ...input }).then(
        (answer) => JSON.stringify(answer),
        (error: unknown) => {
          const message = expect.stringMatching(/damaged on the disk/);
          expect(error).toMatchObject({ type: 'InternalServerError', status: 500, message });
          return 'refused';
        },
      ),
    ),
  );
}

async function filled() {
  const folder = temporaryFolder();
  const dynamo = await openTables(folder, [spec]);
  for (let n = 0; n < COUNT; n++) await dynamo.run('PutItem', { TableName: 'rows', Item: item(n) });
  const truth = await answers(dynamo);
  await dynamo.close();
  return { folder, truth, bytes: readFileSync(join(folder, FILE)) };
}

describe('a file in which one bit has changed', () => {
  it('answers what was written, or refuses, wherever the bit is', async () => {
    const { truth, bytes } = await filled();
    const folder = temporaryFolder();
    let [same, refused, unusable] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        writeFileSync(join(folder, FILE), changed);
        const dynamo = await openDynamo(folder).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'TablesUnusable' });
          unusable++;
        });
        if (dynamo === undefined) return;
        try {
          const found = await answers(dynamo);
          const wrong = found.findIndex((answer, index) => answer !== 'refused' && answer !== truth[index]);
          expect(wrong === -1 ? '' : `${JSON.stringify(QUESTIONS[wrong])}: ${found[wrong]}`).toBe('');
          if (found.includes('refused')) refused++;
          else same++;
        } finally {
          await dynamo.close();
        }
      }),
      { numRuns: 200 },
    );
    // All three ways occur, so that the test is known to look where rows are.
    expect([same, refused, unusable].map((count) => count > 0)).toEqual([true, true, true]);
  });

  it('names the row and not what is in it, once in the log and to everyone who asks for it', async () => {
    const { folder, bytes } = await filled();
    const at = bytes.indexOf('text 17');
    bytes.write('tex7', at);
    writeFileSync(join(folder, FILE), bytes);
    const said: string[] = [];
    const dynamo = await openTables(folder, [spec], undefined, (message) => void said.push(message));
    const { PK, SK } = item(17);
    const message =
      'table rows is damaged on the disk at the row CLUSTER#2, JOB#17: restore the data folder from a copy, or start with a fresh one';
    for (let time = 0; time < 2; time++) {
      await expect(dynamo.run('GetItem', { TableName: 'rows', Key: { PK, SK } })).rejects.toMatchObject({ message });
    }
    expect(said).toEqual([message]);
    // The others are served, and a damaged row is not written over as if nothing were.
    expect(await dynamo.run('GetItem', { TableName: 'rows', Key: { PK, SK: { S: 'JOB#2' } } })).toEqual({
      Item: item(2),
    });
    await expect(dynamo.run('PutItem', { TableName: 'rows', Item: item(17) })).rejects.toMatchObject({ message });
    await dynamo.run('PutItem', { TableName: 'rows', Item: item(COUNT) });
  });

  it('does not lose a row whose key has changed without a word', async () => {
    const { folder, bytes } = await filled();
    for (let at = bytes.indexOf('JOB#17'); at >= 0; at = bytes.indexOf('JOB#17', at + 1)) bytes.write('JOB#1x', at);
    writeFileSync(join(folder, FILE), bytes);
    const dynamo = await openTables(folder, [spec]);
    const { PK, SK } = item(17);
    await expect(dynamo.run('GetItem', { TableName: 'rows', Key: { PK, SK } })).rejects.toMatchObject({
      type: 'InternalServerError',
    });
  });

  it('undoes a transaction that comes upon it', async () => {
    const { folder, bytes } = await filled();
    bytes.write('tex7', bytes.indexOf('text 17'));
    writeFileSync(join(folder, FILE), bytes);
    const dynamo = await openTables(folder, [spec]);
    const put = (n: number, more: object = {}) => ({ Put: { TableName: 'rows', Item: { ...item(n), ...more } } });
    const TransactItems = [put(1, { text: { S: 'new' } }), put(17), put(COUNT)];
    await expect(dynamo.run('TransactWriteItems', { TransactItems })).rejects.toMatchObject({
      type: 'InternalServerError',
    });
    const { PK, SK } = item(1);
    expect(await dynamo.run('GetItem', { TableName: 'rows', Key: { PK, SK } })).toEqual({ Item: item(1) });
  });
});

it('opens a copy of its file as well as the file', async () => {
  const { folder, truth } = await filled();
  const copy = temporaryFolder();
  copyFileSync(join(folder, FILE), join(copy, FILE));
  expect(await answers(await openTables(copy, [spec]))).toEqual(truth);
});
