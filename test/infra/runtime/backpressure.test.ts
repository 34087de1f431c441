import { createServer } from 'node:http';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, simulatedClock } from '../../../infra/runtime/clock/clock.ts';
import { type System, type SystemOptions, startSystem } from '../../../infra/runtime/system.ts';
import { manualClock } from '../../fixtures/manual-clock.ts';
import { lambda, MIGHTY, temporaryFolder, writeAssembly } from './assembly-fixture.ts';

const START = Date.parse('2026-11-20T08:00:00Z');
const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, MaxAttempts: 1 }];
const caught = [{ ErrorEquals: ['States.ALL'], Next: 'Done' }];
const failing = { StartAt: 'No', States: { No: { Type: 'Fail', Error: 'No' } } };

/** What an execution may do while simulated time passes: everything that time must not wait for. */
const FLOWS: Readonly<Record<string, unknown>> = {
  waits: { Type: 'Wait', Seconds: 60, Next: 'Done' },
  'asks a human': {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Arguments: { QueueUrl: 'http://127.0.0.1/000000000000/letters', MessageBody: '{% $states.context.Task.Token %}' },
    TimeoutSeconds: 60,
    Catch: caught,
    End: true,
  },
  'fails a task and tries again': {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage',
    Arguments: { QueueUrl: 'http://127.0.0.1/000000000000/nowhere', MessageBody: 'x' },
    Retry: retry,
    Catch: caught,
    End: true,
  },
  'fails a fork and tries again': {
    Type: 'Parallel',
    Branches: [failing],
    Retry: retry,
    Catch: caught,
    End: true,
  },
  'fails a map and tries again': {
    Type: 'Map',
    Items: [1],
    ItemProcessor: failing,
    Retry: retry,
    Catch: caught,
    End: true,
  },
  'fails an expression and tries again': {
    Type: 'Parallel',
    Branches: [{ StartAt: 'Go', States: { Go: { Type: 'Succeed' } } }],
    Arguments: '{% $states.input.nothing.here %}',
    Retry: retry,
    Catch: caught,
    End: true,
  },
};

let system: System | undefined;
afterEach(() => system?.close());

async function start(clock: Clock, flow: unknown, admit: SystemOptions['admit'] & {}): Promise<System> {
  const definition = { QueryLanguage: 'JSONata', StartAt: 'Go', States: { Go: flow, Done: { Type: 'Succeed' } } };
  const resources = {
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'jobs' } },
    Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
    Hold: lambda('hold', { FunctionName: 'hold' }),
    Flow: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { StateMachineName: 'flow', RoleArn: MIGHTY, DefinitionString: JSON.stringify(definition) },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: 'jobs',
        EventPattern: { source: ['collectors'] },
        Targets: [{ Id: 'Flow', Arn: { Ref: 'Flow' }, RoleArn: MIGHTY }],
      },
    },
  };
  const assemblyDir = writeAssembly(
    { App: { resources } },
    { hold: 'export const handler = async ({ url }) => (await fetch(url)).text();' },
  );
  system = await startSystem({
    ...{ assemblyDir, dataDir: temporaryFolder(), port: 0, clock, inMemory: true, admit, log: () => {} },
  });
  return system;
}

const entries = (count: number, Detail = '{}') =>
  Array.from({ length: count }, () => ({
    ...{ EventBusName: 'jobs', Source: 'collectors', DetailType: 'T', Detail },
  }));

describe('events beyond the places', () => {
  it.each(Object.keys(FLOWS))('are all served in simulated time where each execution %s', async (name) => {
    const clock = simulatedClock({ start: START });
    const release = clock.hold();
    const { engine, putEvents } = await start(clock, FLOWS[name], { atWork: 2, waiting: 100 });
    expect(putEvents(entries(7)).FailedEntryCount).toBe(0);
    release();
    await new Promise<void>((resolve) => clock.at(START + 120_000, resolve));
    expect(engine.list().map(({ status }) => status)).toEqual(Array(7).fill('SUCCEEDED'));
    // Those that rest have no place, so that all rest at once.
    expect(Math.max(...engine.list().map(({ stopDate = 0 }) => stopDate)) - START).toBe(60_000);
  });

  it.each([
    ['many', { atWork: 1, waiting: 3 }, '{}'],
    ['large ones', { atWork: 1, waiting: 100, characters: 30_000 }, JSON.stringify({ padding: 'x'.repeat(10_000) })],
  ])('are throttled entry by entry once too %s wait, and taken again when there is room', async (_, admit, detail) => {
    const held: (() => void)[] = [];
    let open = false;
    const gate = createServer((_, response) => {
      if (open) response.end();
      else held.push(() => response.end());
    });
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${Object(gate.address()).port}`;
    const flow = {
      ...{ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
      Arguments: { FunctionName: 'hold', Payload: { url } },
    };
    const running = await start(manualClock(START), flow, admit);
    const { credentials, engine, settled } = running;
    const client = new EventBridgeClient({ endpoint: running.url, region: 'us-east-1', credentials });
    const put = async (count: number) => {
      const { FailedEntryCount, Entries = [] } = await client.send(
        new PutEventsCommand({ Entries: entries(count, detail) }),
      );
      return { FailedEntryCount, codes: Entries.map(({ EventId, ErrorCode }) => ErrorCode ?? typeof EventId) };
    };
    expect(await put(6)).toEqual({
      FailedEntryCount: 2,
      codes: ['string', 'string', 'string', 'string', 'ThrottlingException', 'ThrottlingException'],
    });
    expect((await put(1)).codes).toEqual(['ThrottlingException']);
    expect(engine.list()).toHaveLength(1);
    open = true;
    for (const release of held) release();
    await settled();
    expect((await put(2)).codes).toEqual(['string', 'string']);
    await settled();
    expect(engine.list().map(({ status }) => status)).toEqual(Array(6).fill('SUCCEEDED'));
    client.destroy();
    gate.close();
    gate.closeAllConnections();
  });
});
