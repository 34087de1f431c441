import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../../../infra/runtime/system.ts';
import { manualClock } from '../../fixtures/manual-clock.ts';
import { lambda, temporaryFolder, writeAssembly } from './assembly-fixture.ts';

let system: System | undefined;
afterEach(async () => {
  await system?.close();
  system = undefined;
});

const start = (descriptors: { limit: number | null; open(): number }) =>
  startSystem({
    assemblyDir: writeAssembly(
      { App: { resources: { One: lambda('one') } } },
      { one: 'export const handler = async () => 1;' },
    ),
    ...{ dataDir: temporaryFolder(), port: 0, clock: manualClock(0), inMemory: true, log: () => {}, descriptors },
  });

describe('a process that may open few files', () => {
  it('does not start, and says how many it needs', async () => {
    await expect(start({ limit: 64, open: () => 20 })).rejects.toMatchObject({
      name: 'TooFewDescriptors',
      message: 'This process may open 64 files, and 2 threads of functions need 266: allow more with ulimit -n 266.',
    });
  });

  it('starts where the operating system does not tell', async () => {
    system = await start({ limit: null, open: () => 1_000_000 });
  });

  it('takes nothing new while only the reserve is left, with errors that clients retry', async () => {
    system = await start({ limit: 300, open: () => 240 });
    const entry = { Source: 'a', DetailType: 'b', Detail: '{}' };
    expect(system.putEvents([entry, entry]).Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      ...['ThrottlingException', 'ThrottlingException'],
    ]);
    const { credentials, url: endpoint } = system;
    const client = new EventBridgeClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    await expect(client.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      message: 'This process is short of file descriptors. Nothing new is accepted until some are free.',
    });
    const answer = await fetch(`${endpoint}/anything`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('short of file descriptors')]);
    client.destroy();
  });

  it('takes it again when some are free', async () => {
    system = await start({ limit: 300, open: () => 200 });
    const entry = { Source: 'a', DetailType: 'b', Detail: '{}' };
    expect(system.putEvents([entry]).FailedEntryCount).toBe(0);
  });
});
