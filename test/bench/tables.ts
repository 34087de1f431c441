import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import CliTable from 'cli-table3';
import { openDynamo } from '../../infra/runtime/tables/dynamo.ts';
import { tableSpec } from '../infra/runtime/tables/spec.ts';
import type { Bench } from './bench.ts';

type Ask = (operation: string, input: object) => Promise<unknown>;
type Request = readonly [operation: string, input: object];

const ROUNDS = 7;
const REQUESTS = 1_000;
const TOGETHER = 16;
const JOBS = 100_000;
const SEARCHED = ['user', 'queue', 'state', 'reason'] as const;

const rows = tableSpec('rows', ['PK', 'SK'], {
  listing: { keys: ['listing', 'listing_key'] },
  unfolded: { keys: ['unfolded', 'unfolded_due'], projection: { ProjectionType: 'KEYS_ONLY' } },
});
const jobs = tableSpec(
  'jobs',
  ['PK', 'SK'],
  Object.fromEntries(SEARCHED.map((name) => [name, { keys: [`by_${name}`, 'submitted_at'] }])),
);
const TableName = 'rows';
/** Neither in the order of its keys nor out of any order: as jobs of several queues come in. */
const keyOf = (n: number) => ({ PK: { S: 'CLUSTER#west-1' }, SK: { S: `JOB#${(n * 7919) % 1_000_003}` } });
/** About what the row of a job is: 1.4 KB, on both indexes. */
const itemOf = (n: number) => ({
  ...keyOf(n),
  listing: { S: 'PREDICTIONS' },
  listing_key: { S: `PREDICTION#${n}` },
  unfolded: { S: 'west-1' },
  unfolded_due: { S: `2026-${n}` },
  request: { M: { gpus: { N: '8' }, tags: { L: [{ S: 'a' }] } } },
  q: { N: '0.8731645' },
  text: { S: 'x'.repeat(1_000) },
});
const ONE = { ExpressionAttributeValues: { ':one': { N: '1' } } };

/** What is asked, each of the n-th row. */
const CASES: Readonly<Record<string, (n: number) => Request>> = {
  'put a row, on two indexes': (n) => ['PutItem', { TableName, Item: itemOf(n) }],
  'get a row': (n) => ['GetItem', { TableName, Key: keyOf(n) }],
  'update it under a condition, off one index': (n) => [
    'UpdateItem',
    {
      TableName,
      Key: keyOf(n),
      UpdateExpression: 'SET folded = :one REMOVE unfolded',
      ...ONE,
      ConditionExpression: 'attribute_exists(PK) AND attribute_not_exists(folded)',
    },
  ],
  'query 20 rows of an index': (n) => [
    'Query',
    {
      TableName,
      IndexName: 'listing',
      Limit: 20,
      KeyConditionExpression: 'listing = :l AND listing_key > :k',
      ExpressionAttributeValues: { ':l': { S: 'PREDICTIONS' }, ':k': { S: `PREDICTION#${n}` } },
    },
  ],
  'transaction: two rows counted, one put': (n) => [
    'TransactWriteItems',
    {
      TransactItems: [
        ...['QUOTA', 'BUDGET'].map((SK) => ({
          Update: {
            TableName,
            Key: { PK: { S: `USER#${n % 50}` }, SK: { S: SK } },
            UpdateExpression: 'ADD n :one',
            ...ONE,
          },
        })),
        { Put: { TableName, Item: { PK: { S: `RUN#${n}` }, SK: { S: 'RUN' } } } },
      ],
      ClientRequestToken: `run-${n}`,
    },
  ],
};

/** How fast the tables of one machine are, alone and with many requests at once, and how search finds jobs in them. */
export const tables: Bench = {
  name: 'tables',
  about: 'the table store of one machine: requests alone and together, and search among 100,000 jobs',
  async run(print) {
    const folder = mkdtempSync(join(tmpdir(), 'vgac-bench-'));
    const dynamo = await openDynamo(folder);
    try {
      for (const spec of [rows, jobs]) await dynamo.ensureTable(spec);
      const ask: Ask = (operation, input) => dynamo.run(operation, input);
      print(await requests(ask));
      print(await search(ask));
      await dynamo.close();
      const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
      print(`${(bytes / 2 ** 20).toFixed(0)} MiB on the disk`);
    } finally {
      await dynamo.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function requests(ask: Ask): Promise<string> {
  const table = new CliTable({
    head: ['µs a request', 'alone', `${TOGETHER} at once`],
    style: { head: [], border: [] },
  });
  const taken = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const together of [1, TOGETHER]) {
      const first = (2 * round + (together === 1 ? 0 : 1)) * REQUESTS;
      for (const [name, requestOf] of Object.entries(CASES)) {
        const start = performance.now();
        for (let n = first; n < first + REQUESTS; n += together) {
          await Promise.all(Array.from({ length: together }, (_, k) => ask(...requestOf(n + k))));
        }
        const key = `${name} ${together}`;
        taken.set(key, [...(taken.get(key) ?? []), ((performance.now() - start) * 1000) / REQUESTS]);
      }
    }
  }
  for (const name of Object.keys(CASES)) {
    table.push([name, ...[1, TOGETHER].map((together) => median(taken.get(`${name} ${together}`) ?? []).toFixed(0))]);
  }
  return `median of ${ROUNDS} rounds of ${REQUESTS}\n${table.toString()}`;
}

/** Pages of 50 jobs, the newest first. */
async function search(ask: Ask): Promise<string> {
  const toldOf = (name: (typeof SEARCHED)[number], n: number) =>
    ({ user: `u${n % 200}`, queue: `q${n % 12}`, state: n % 40 === 0 ? 'open' : 'closed', reason: `r${n % 30}` })[name];
  const start = performance.now();
  for (let n = 0; n < JOBS; n += 25) {
    const put = Array.from({ length: 25 }, (_, k) => {
      const told = SEARCHED.map((name) => [`by_${name}`, { S: `west-1#${toldOf(name, n + k)}` }]);
      const at = { submitted_at: { S: new Date(1.7e12 + (n + k) * 1000).toISOString() } };
      return { PutRequest: { Item: { ...itemOf(n + k), ...at, ...Object.fromEntries(told) } } };
    });
    await ask('BatchWriteItem', { RequestItems: { jobs: put } });
  }
  const filled = ((performance.now() - start) * 1000) / JOBS;
  const lines = [];
  for (const name of SEARCHED) {
    const taken: number[] = [];
    for (let n = 0; n < 100; n++) {
      const begun = performance.now();
      await ask('Query', {
        TableName: 'jobs',
        IndexName: name,
        KeyConditionExpression: `by_${name} = :v`,
        Limit: 50,
        ScanIndexForward: false,
        ExpressionAttributeValues: { ':v': { S: `west-1#${toldOf(name, n)}` } },
      });
      taken.push(performance.now() - begun);
    }
    lines.push(`jobs by ${name}: ${median(taken).toFixed(2)} ms for the newest 50`);
  }
  return [`${JOBS} jobs on four indexes: ${filled.toFixed(0)} µs each, 25 in a batch`, ...lines].join('\n');
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
