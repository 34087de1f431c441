import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ListStateMachinesCommand, SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { accessKeyIn } from '../../../../infra/runtime/wire/credentials.ts';
import { makeKey } from '../../../../infra/runtime/wire/key-ring.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { temporaryFolder } from '../assembly-fixture.ts';
import { clients } from '../clients.ts';
import { systemAssembly } from '../system-fixture.ts';

let system: System;
let dataDir: string;
const said: string[] = [];

beforeAll(async () => {
  dataDir = temporaryFolder();
  system = await startSystem({
    ...{ assemblyDir: systemAssembly(), dataDir, port: 0, clock: manualClock(0), inMemory: true },
    log: (message) => void said.push(message),
  });
});
afterAll(() => system.close());

type Clients = ReturnType<typeof clients>;
const fileOf = (name: string) => join(dataDir, 'keys', name);

/** Whether a call is let in by the key of this name: what it is answered then does not matter here. */
async function judged(name: string, call: (aws: Clients) => Promise<unknown>): Promise<string> {
  const aws = clients(system, accessKeyIn(fileOf(name)));
  const error = await call(aws).then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? thrown : expect.fail(String(thrown))),
  );
  aws.destroy();
  const refusals = ['AccessDeniedException', 'UnrecognizedClientException'];
  return error !== null && refusals.includes(error.name) ? `${error.name}: ${error.message}` : 'let in';
}

const put =
  (...sources: string[]) =>
  ({ events }: Clients) =>
    events.send(
      new PutEventsCommand({
        Entries: sources.map((Source) => ({ EventBusName: 'jobs', Source, DetailType: 'JobSubmitted', Detail: '{}' })),
      }),
    );
const Key = { PK: { S: 'APPROVAL#1' }, SK: { S: 'APPROVAL' } };
const TableName = 'rows';
const WRITES: Record<string, (aws: Clients) => Promise<unknown>> = {
  UpdateItem: ({ dynamo }) =>
    dynamo.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': { S: 'approved' } },
      }),
    ),
  PutItem: ({ dynamo }) => dynamo.send(new PutItemCommand({ TableName, Item: Key })),
  DeleteItem: ({ dynamo }) => dynamo.send(new DeleteItemCommand({ TableName, Key })),
  TransactWriteItems: ({ dynamo }) =>
    dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: Key } }] })),
  SendTaskSuccess: ({ states }) => states.send(new SendTaskSuccessCommand({ taskToken: 'x'.repeat(40), output: '{}' })),
  StartExecution: ({ states }) =>
    states.send(
      new StartExecutionCommand({
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:flow',
        input: '{}',
      }),
    ),
  GetSecretValue: ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: 'app/signing' })),
};
const query = (condition: string, value: string) => (aws: Clients) =>
  aws.dynamo.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: condition,
      ExpressionAttributeValues: { ':k': { S: value } },
    }),
  );
const READS: Record<string, (aws: Clients) => Promise<unknown>> = {
  GetItem: ({ dynamo }) => dynamo.send(new GetItemCommand({ TableName, Key })),
  ListTables: ({ dynamo }) => dynamo.send(new ListTablesCommand({})),
  ListStateMachines: ({ states }) => states.send(new ListStateMachinesCommand({})),
};

describe('the keys of a data folder', () => {
  it('are files that only its owner reads, in a folder that only its owner opens', () => {
    expect(readdirSync(join(dataDir, 'keys')).sort()).toEqual(['collector', 'read']);
    expect(statSync(join(dataDir, 'keys')).mode & 0o777).toBe(0o700);
    for (const name of ['collector', 'read']) expect(statSync(fileOf(name)).mode & 0o777).toBe(0o600);
  });

  it('are taken as they are by the next start', () => {
    const before = accessKeyIn(fileOf('read'));
    makeKey(dataDir, 'read');
    expect(accessKeyIn(fileOf('read'))).toEqual(before);
  });
});

describe('the key of a collector', () => {
  beforeAll(() => void makeKey(dataDir, 'collector-east'));

  it.each([
    ['collector', ['vgac.collectors']],
    ['collector-east', ['vgac.collectors.east']],
    ['collector-east', ['vgac.collectors.east', 'vgac.collectors.east']],
  ])('lets %s put events of its own source, %j', async (name, sources) => {
    expect(await judged(name, put(...sources))).toBe('let in');
  });

  it.each([
    ['collector', ['vgac.collectors.east']],
    ['collector', ['vgac.agentic']],
    ['collector', ['aws.states']],
    ['collector-east', ['vgac.collectors']],
    ['collector-east', ['vgac.collectors.west']],
    ['collector-east', ['vgac.collectors.east-2']],
    ['collector-east', ['vgac.collectors.east', 'vgac.collectors.west']],
  ])('refuses a forged source: %s puts %j', async (name, sources) => {
    expect(await judged(name, put(...sources))).toBe(
      `AccessDeniedException: User: arn:aws:iam::000000000000:user/${name} is not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/jobs because no identity-based policy allows the events:PutEvents action`,
    );
  });

  it.each(Object.entries({ ...WRITES, ...READS }))('lets a collector do nothing else: %s', async (_, call) => {
    for (const name of ['collector', 'collector-east']) {
      expect(await judged(name, call)).toMatch(/^AccessDeniedException: .*no identity-based policy allows/);
    }
  });

  it('counts from the moment it is made, and no longer than its file is there', async () => {
    expect(await judged('collector-east', put('vgac.collectors.east'))).toBe('let in');
    const aws = clients(system, accessKeyIn(fileOf('collector-east')));
    rmSync(fileOf('collector-east'));
    await expect(put('vgac.collectors.east')(aws)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    aws.destroy();
  });

  it('is nothing where its file is garbled or named otherwise, which is said, and the others go on', async () => {
    makeKey(dataDir, 'collector-garbled');
    const aws = clients(system, accessKeyIn(fileOf('collector-garbled')));
    writeFileSync(fileOf('collector-garbled'), 'x');
    writeFileSync(join(dataDir, 'keys', 'collector-Two.txt'), 'x');
    await expect(put('vgac.collectors.garbled')(aws)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    aws.destroy();
    expect(said.join()).toContain('collector-garbled does not hold a key');
    expect(said.join()).not.toContain('Two');
    expect(await judged('collector', put('vgac.collectors'))).toBe('let in');
  });
});

describe('the key that reads', () => {
  it.each(Object.entries(READS))('may look: %s', async (_, call) => {
    expect(await judged('read', call)).toBe('let in');
  });

  it.each([...Object.entries(WRITES), ['PutEvents', put('vgac.collectors')] as const])(
    'may change nothing, and reads no secret: %s',
    async (_, call) => {
      expect(await judged('read', call)).toMatch(
        /^AccessDeniedException: User: arn:aws:iam::000000000000:user\/read is not/,
      );
    },
  );

  it('reads no task token, however it asks', async () => {
    const token = { PK: { S: 'TOKEN#1' }, SK: { S: 'TOKEN' } };
    const asks: ((aws: Clients) => Promise<unknown>)[] = [
      ({ dynamo }) => dynamo.send(new GetItemCommand({ TableName, Key: token })),
      query('PK = :k', 'TOKEN#1'),
      query('(PK = :k)', 'TOKEN#1'),
      query(':k = PK', 'TOKEN#1'),
      ({ dynamo }) => dynamo.send(new ScanCommand({ TableName })),
    ];
    for (const ask of asks) expect(await judged('read', ask)).toMatch(/^AccessDeniedException/);
    expect(await judged('read', query('PK = :k', 'APPROVAL#1'))).toBe('let in');
  });
});

it('the key of the operator may do what a person here may do', async () => {
  const aws = clients(system);
  for (const call of [...Object.values(WRITES), ...Object.values(READS)]) {
    const refused = await call(aws).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );
    expect(refused).not.toBe('AccessDeniedException');
  }
  aws.destroy();
});
