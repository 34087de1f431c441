import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { bundle } from '../../../../infra/aws/constructs/bundle.ts';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { lambda, table, writeAssembly } from '../assembly-fixture.ts';

const inProject = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const from = (path: string) => JSON.stringify(inProject(path));

/** A handler as ours are: `task()`, our logger, our table; it waits for the table as often as its job's number says. */
const HANDLER = `
  import { GetCommand } from '@aws-sdk/lib-dynamodb';
  import * as z from 'zod';
  import { table } from ${from('functions/adapters/tables/table.ts')};
  import { task } from ${from('functions/runtime/task.ts')};
  export const handler = task(
    { input: z.object({ job: z.number(), mark: z.boolean(), pk: z.string() }), output: z.unknown(), env: {} },
    async ({ job, mark, pk }, { log }) => {
      const { client } = table('rows');
      if (mark) log.appendKeys({ job });
      const seen = [];
      for (let turn = 0; turn <= job % 5; turn++) {
        const { Item } = await client.send(new GetCommand({ TableName: 'rows', Key: { PK: pk, SK: 'ROW' } }));
        seen.push(Item?.value);
        log.info('turn', { of: job });
      }
      return seen;
    },
  );`;

const Line = z.object({ of: z.number(), job: z.number().optional(), function_request_id: z.string() });
const JOBS = Array.from({ length: 25 }, (_, index) => index);
let system: System;
let dataDir: string;
let built: string;
let source: string;
let requests = 0;
const count = () => {
  requests += 1;
};

beforeAll(async () => {
  source = mkdtempSync(join(tmpdir(), 'handler-'));
  symlinkSync(inProject('node_modules'), join(source, 'node_modules'));
  writeFileSync(join(source, 'turns.ts'), HANDLER);
  built = bundle({ entries: { turns: join(source, 'turns.ts') }, embedded: true });
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-'));
  const onlyOnes = {
    Effect: 'Allow',
    Action: 'dynamodb:GetItem',
    Resource: '*',
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ONE'] } },
  };
  const resources = {
    Table: table('rows'),
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { RoleName: 'turns', Policies: [{ PolicyName: 'P', PolicyDocument: { Statement: [onlyOnes] } }] },
    },
    Turns: lambda('turns', { FunctionName: 'turns', Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
  };
  const code = readFileSync(join(built, 'turns', 'index.mjs'), 'utf8');
  system = await startSystem({
    ...{ assemblyDir: writeAssembly({ App: { resources } }, { turns: code }), dataDir, port: 0 },
    ...{ clock: manualClock(0), inMemory: true, maxThreads: 1, log: () => {} },
  });
  await system.dynamo.run('PutItem', {
    TableName: 'rows',
    Item: { PK: { S: 'ONE' }, SK: { S: 'ROW' }, value: { N: '7' } },
  });
  subscribe('http.server.request.start', count);
});
afterAll(async () => {
  await system.close();
  for (const folder of [source, built, dataDir]) rmSync(folder, { recursive: true, force: true });
});

const run = (job: number, mark: boolean, pk = 'ONE') =>
  system.functions.invoke('turns', JSON.stringify({ job, mark, pk }));

describe('a call of the table by a function', () => {
  it('comes by the port of its thread, with the role of that function', async () => {
    expect(JSON.parse(await run(1002, false))).toEqual([7, 7, 7]);
    await expect(run(1001, false, 'TWO')).rejects.toThrow(
      /AccessDeniedException: .*assumed-role\/turns\/turns is not authorized to perform: dynamodb:GetItem/,
    );
    expect(requests).toBe(0);
  });
});

describe('invocations that share a thread', () => {
  it('keep their log keys to themselves across every wait', async () => {
    await Promise.all([...JOBS.map((job) => run(job, true)), ...JOBS.map((job) => run(job + 100, false))]);
    await system.close();
    const lines = readFileSync(join(dataDir, 'log', 'turns.log'), 'utf8')
      .trim()
      .split('\n');
    // Every line is one of ours, so that the SDK complains of nothing; 1000 and more are of the other test.
    const told = lines.flatMap((line) => Line.safeParse(JSON.parse(line)).data ?? []).filter(({ of }) => of < 1000);
    const turns = JOBS.reduce((sum, job) => sum + 1 + (job % 5), 0);
    expect(told).toHaveLength(2 * turns);
    for (const { of, job } of told) expect([of, job]).toEqual([of, of < 100 ? of : undefined]);
    // They did run at once: the lines of one are not in a row.
    const jobs = told.map(({ of }) => of);
    expect(jobs).not.toEqual(jobs.toSorted((a, b) => a - b));
    const ids = new Map(told.map(({ of, function_request_id }) => [function_request_id, of]));
    expect(ids.size).toBe(2 * JOBS.length);
  });
});
