import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { startSystem } from '../../../infra/runtime/system.ts';
import { TableChanged } from '../../../infra/runtime/tables/catalog.ts';
import { manualClock } from '../../fixtures/manual-clock.ts';
import { lambda, MIGHTY, table, temporaryFolder, writeAssembly } from './assembly-fixture.ts';
import { systemAssembly } from './system-fixture.ts';

const key = { PK: { S: 'CLUSTER#a' }, SK: { S: 'JOB#1' } };

describe('a data folder', () => {
  const start = (dataDir: string, assemblyDir: string) =>
    startSystem({ assemblyDir, dataDir, port: 0, clock: manualClock(0), log: () => {} });

  it('keeps items, indexes and the access key over a restart', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir, systemAssembly());
    await first.dynamo.run('PutItem', { TableName: 'rows', Item: { ...key, listing: { S: 'ALL' } } });
    await first.close();

    const second = await start(dataDir, systemAssembly());
    expect(second.credentials).toEqual(first.credentials);
    const found = await second.dynamo.run('Query', {
      ...{ TableName: 'rows', IndexName: 'listing', KeyConditionExpression: 'listing = :all' },
      ExpressionAttributeValues: { ':all': { S: 'ALL' } },
    });
    expect(found).toMatchObject({ Items: [key] });
    await second.close();
  });

  it('is refused when a table in it has other indexes than the assembly', async () => {
    const dataDir = temporaryFolder();
    await (await start(dataDir, systemAssembly())).close();
    const rows = table('rows');
    const changed = {
      ...rows,
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        ...{ ...rows?.Properties, GlobalSecondaryIndexes: [] },
        AttributeDefinitions: ['PK', 'SK'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      },
    };
    const assembly = writeAssembly({ App: { resources: { Table: changed } } });
    await expect(start(dataDir, assembly)).rejects.toBeInstanceOf(TableChanged);
    // The refusal left nothing open: the folder can be used again.
    await (await start(dataDir, systemAssembly())).close();
  });
});

describe('a system that is killed', () => {
  const flow = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const start = (dataDir: string, assemblyDir: string, log: (message: string) => void = () => {}) => {
    const clock = manualClock(Date.parse('2026-03-01T12:00:00Z'));
    return startSystem({ assemblyDir, dataDir, port: 0, clock, log, maxThreads: 1 });
  };

  it('goes on with its approvals, its queues and its pending invocations', async () => {
    const [dataDir, later] = [temporaryFolder(), temporaryFolder()];
    const assemblyDir = systemAssembly();
    const first = await start(dataDir, assemblyDir);
    const { executionArn } = first.engine.start({ stateMachineArn: flow('asking'), input: {} });
    first.putEvents([{ EventBusName: 'jobs', Source: 'collectors', DetailType: 'Refused', Detail: '{}' }]);
    await vi.waitFor(() => expect(first.queues.peek('quarantine')).toHaveLength(1));
    await vi.waitFor(() => expect(first.engine.history(executionArn)?.at(-1)?.type).toBe('TaskSubmitted'));
    // As a kill -9 leaves it: what is on the disk, and nobody closed anything.
    await first.settled();
    cpSync(dataDir, later, { recursive: true });
    await first.close();

    const second = await start(later, assemblyDir);
    expect(second.engine.describe(executionArn).status).toBe('RUNNING');
    const [message] = second.queues.peek('quarantine');
    const { token } = z.object({ token: z.string() }).parse(JSON.parse(message?.body ?? ''));
    second.engine.sendTaskSuccess(token, { decision: 'yes' });
    await vi.waitFor(() => expect(second.engine.describe(executionArn).status).toBe('SUCCEEDED'));
    expect(second.queues.peek('quarantine')).toHaveLength(1);
    await second.close();
  });

  it.each(['tables', 'journal', 'token-key', 'credentials', 'manifest.json'])(
    'is not started without its %s, as if it were a new one',
    async (part) => {
      const dataDir = temporaryFolder();
      await (await start(dataDir, systemAssembly())).close();
      rmSync(join(dataDir, part), { recursive: true });
      const refused = new RegExp(`was used before and lacks ${part}.*: restore the folder from a backup`);
      await expect(start(dataDir, systemAssembly())).rejects.toThrow(refused);
      await expect(start(dataDir, systemAssembly())).rejects.toThrow(refused);
    },
  );

  it('refuses a second one on the same folder', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir, systemAssembly());
    await expect(start(dataDir, systemAssembly())).rejects.toThrow(/is in use by process \d+: stop it/);
    await first.close();
    await (await start(dataDir, systemAssembly())).close();
  });
});

describe('a system', () => {
  it('that cannot run what it loads says so and leaves its port', async () => {
    const machine = {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        RoleArn: MIGHTY,
        DefinitionString:
          '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun","End":true}}}',
      },
    };
    const refused = startSystem({
      ...{ assemblyDir: writeAssembly({ App: { resources: { Machine: machine } } }), dataDir: temporaryFolder() },
      ...{ port: 0, clock: manualClock(0), inMemory: true, log: () => {} },
    });
    await expect(refused).rejects.toThrow(/A\.Resource: no integration for 'arn:aws:states:::glue:startJobRun'/);
  });

  it('ends what is still running when it closes, without calling it failed', async () => {
    const machine = {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'slow',
        RoleArn: MIGHTY,
        DefinitionString:
          '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"slow"},"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true}}}',
      },
    };
    const slow = lambda('slow', { FunctionName: 'slow', Timeout: 900 });
    const assembly = writeAssembly(
      { App: { resources: { ...(slow === undefined ? {} : { Slow: slow }), Machine: machine } } },
      { slow: 'export const handler = () => new Promise(() => { setInterval(() => {}, 1e6); });' },
    );
    const clock = manualClock(0);
    const system = await startSystem({
      ...{ assemblyDir: assembly, dataDir: temporaryFolder(), port: 0, clock, inMemory: true, log: () => {} },
    });
    const [stateMachineArn = ''] = system.engine.machines().map(({ arn }) => arn);
    const { executionArn } = system.engine.start({ stateMachineArn, input: {} });
    const running = expect(system.functions.invoke('slow', '{}')).rejects.toMatchObject({ type: 'ServiceException' });
    await system.close();
    await running;
    expect(system.engine.describe(executionArn).status).toBe('RUNNING');
    // Nothing of the system is left on the clock.
    await clock.advance(86_400_000);
    expect(system.engine.describe(executionArn).status).toBe('RUNNING');
  });
});
