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
const FILES = [FILE, `${FILE}-wal`, 'commits'];
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

const cut = (files: ReadonlyMap<string, Buffer>, name: string) =>
  Buffer.from(files.get(name) ?? '').subarray(0, -5_000);

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

/** The files as a kill leaves them: some rows are only in the log, some were overwritten, some removed. */
async function killed() {
  const { folder } = await filled();
  const dynamo = await openTables(folder, [spec]);
  const Key = (n: number) => ({ PK: item(n).PK, SK: item(n).SK });
  for (let n = 0; n < COUNT; n += 3) {
    await dynamo.run('PutItem', { TableName: 'rows', Item: { ...item(n), text: { S: `again ${n}` } } });
  }
  for (let n = 1; n < COUNT; n += 7) await dynamo.run('DeleteItem', { TableName: 'rows', Key: Key(n) });
  const files = new Map(FILES.map((name) => [name, readFileSync(join(folder, name))]));
  return { truth: await answers(dynamo), files };
}

function writeAll(folder: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

describe('a file in which one bit has changed', () => {
  it('answers what was written, or refuses, wherever the bit is', async () => {
    const { truth, files } = await killed();
    const folder = temporaryFolder();
    const ends = { same: 0, refused: 0, unusable: 0 };
    const trial = async (name: string, at: number, bit: number) => {
      const changed = Buffer.from(files.get(name) ?? '');
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      writeAll(folder, new Map([...files, [name, changed]]));
      const dynamo = await openDynamo(folder).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'TablesUnusable' });
        ends.unusable++;
      });
      if (dynamo === undefined) return;
      try {
        const found = await answers(dynamo);
        const wrong = found.findIndex((answer, index) => answer !== 'refused' && answer !== truth[index]);
        expect(wrong === -1 ? '' : `${JSON.stringify(QUESTIONS[wrong])}: ${found[wrong]}`).toBe('');
        ends[found.includes('refused') ? 'refused' : 'same']++;
      } finally {
        await dynamo.close();
      }
    };
    const bits = fc.constantFrom(...FILES).chain((name) => {
      return fc.tuple(fc.constant(name), fc.nat((files.get(name)?.length ?? 1) - 1), fc.nat(7));
    });
    await fc.assert(
      fc.asyncProperty(bits, ([name, at, bit]) => trial(name, at, bit)),
      { numRuns: 300 },
    );
    // All three ways occur, so that the test is known to look where rows are.
    expect(Object.values(ends).map((count) => count > 0)).toEqual([true, true, true]);
  });

  it.each([
    [
      'its last commits are cut off',
      (files: Map<string, Buffer>) => files.set(`${FILE}-wal`, cut(files, `${FILE}-wal`)),
    ],
    ['its log is gone', (files: Map<string, Buffer>) => files.delete(`${FILE}-wal`)],
    ['it is empty', (files: Map<string, Buffer>) => files.set(FILE, Buffer.alloc(0))],
    ['it is gone', (files: Map<string, Buffer>) => files.delete(FILE)],
    ['its count is gone', (files: Map<string, Buffer>) => files.delete('commits')],
  ])('is refused when %s, however often it is tried', async (_, damage) => {
    const { files } = await killed();
    damage(files);
    const folder = temporaryFolder();
    writeAll(folder, files);
    for (let time = 0; time < 2; time++) {
      await expect(openDynamo(folder)).rejects.toMatchObject({
        name: 'TablesUnusable',
        message: expect.stringMatching(/restore the data folder from a backup with vgac restore, or start anew/),
      });
    }
  });

  it('is opened without the commits that it lacks when that is accepted, and says how many', async () => {
    const { files } = await killed();
    files.set(`${FILE}-wal`, cut(files, `${FILE}-wal`));
    const folder = temporaryFolder();
    writeAll(folder, files);
    const said: string[] = [];
    const report = (message: string) => void said.push(message);
    const dynamo = await openDynamo(folder, undefined, report, undefined, { acceptLoss: true });
    await dynamo.run('PutItem', { TableName: 'rows', Item: item(COUNT) });
    await dynamo.close();
    expect(said).toEqual([
      expect.stringMatching(/lack their last (\d+ )?commits?, after a power cut or because .+ damaged/),
    ]);
    await (await openDynamo(folder)).close();
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
      'table rows is damaged on the disk at the row CLUSTER#2, JOB#17: restore the data folder from a backup with vgac restore, or start anew with --fresh';
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

it('opens a copy of its files as well as the files', async () => {
  const { folder, truth } = await filled();
  const copy = temporaryFolder();
  for (const name of [FILE, 'commits']) copyFileSync(join(folder, name), join(copy, name));
  expect(await answers(await openTables(copy, [spec]))).toEqual(truth);
});
