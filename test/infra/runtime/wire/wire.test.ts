import { ListRulesCommand, ListTargetsByRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as sfn from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { type ManualClock, manualClock } from '../../../fixtures/manual-clock.ts';
import { temporaryFolder } from '../assembly-fixture.ts';
import { clients } from '../clients.ts';
import { systemAssembly } from '../system-fixture.ts';

const STATES = 'arn:aws:states:us-east-1:000000000000';
const ASKING = `${STATES}:stateMachine:asking`;
const NOBODY = `${STATES}:stateMachine:nobody`;

let system: System;
let clock: ManualClock;
let aws: ReturnType<typeof clients>;
beforeAll(async () => {
  clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
  system = await startSystem({
    ...{ assemblyDir: systemAssembly(), dataDir: temporaryFolder(), port: 0, clock, inMemory: true },
    log: () => {},
  });
  aws = clients(system);
});
afterAll(async () => {
  aws.destroy();
  await system.close();
});

/** Starts a machine that waits for a token, and reads the token from its message. */
async function asking(name: string): Promise<{ executionArn: string; taskToken: string }> {
  const { executionArn = '' } = await aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, name }));
  await system.settled();
  const body = system.queues.peek('quarantine').at(-1)?.body ?? '{}';
  return { executionArn, taskToken: JSON.parse(body).token };
}
async function pagesOf<Page>(paginator: AsyncIterable<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of paginator) pages.push(page);
  return pages;
}
const failing = (name: string, message: string | RegExp) => ({
  name,
  message: typeof message === 'string' ? message : expect.stringMatching(message),
});

describe('Step Functions on the wire', () => {
  it.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    [
      'a machine that is none',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: NOBODY })),
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${NOBODY}'`,
    ],
    [
      'an ARN that is none',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: 'asking' })),
      'InvalidArn',
      "Invalid Arn: 'Invalid ARN prefix: asking'",
    ],
    [
      'an ARN of another thing',
      () => aws.states.send(new sfn.DescribeExecutionCommand({ executionArn: ASKING })),
      'InvalidArn',
      "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
    ],
    [
      'a name with a space',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, name: 'a b' })),
      'InvalidName',
      "Invalid Name: 'a b'",
    ],
    [
      'a name of 81 characters',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, name: 'a'.repeat(81) })),
      'ValidationException',
      /^1 validation error detected: Value at 'name' failed to satisfy constraint: /,
    ],
    [
      'input that is not JSON',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, input: '{' })),
      'InvalidExecutionInput',
      /^Invalid State Machine Execution Input: /,
    ],
    [
      'input beyond 256 KiB',
      () =>
        aws.states.send(
          new sfn.StartExecutionCommand({ stateMachineArn: ASKING, input: JSON.stringify('x'.repeat(262_144)) }),
        ),
      'InvalidExecutionInput',
      /256 KiB/,
    ],
    [
      'an execution that is none',
      () => aws.states.send(new sfn.StopExecutionCommand({ executionArn: `${STATES}:execution:asking:none` })),
      'ExecutionDoesNotExist',
      `Execution Does Not Exist: '${STATES}:execution:asking:none'`,
    ],
    [
      'the history of an execution that is none',
      () => aws.states.send(new sfn.GetExecutionHistoryCommand({ executionArn: `${STATES}:execution:asking:none` })),
      'ExecutionDoesNotExist',
      /./,
    ],
    [
      'executions of a machine that is none',
      () => aws.states.send(new sfn.ListExecutionsCommand({ stateMachineArn: NOBODY })),
      'StateMachineDoesNotExist',
      /./,
    ],
    [
      'a page token of its own making',
      () => aws.states.send(new sfn.ListExecutionsCommand({ stateMachineArn: ASKING, nextToken: '1' })),
      'InvalidToken',
      "Invalid Token: 'Invalid token'",
    ],
    [
      'a page of 1001',
      () => aws.states.send(new sfn.ListExecutionsCommand({ stateMachineArn: ASKING, maxResults: 1001 })),
      'ValidationException',
      /'maxResults'/,
    ],
    [
      'a task token of its own making',
      () => aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken: 'made-up', output: '1' })),
      'InvalidToken',
      "Invalid Token: 'Invalid token'",
    ],
    [
      'an ARN of 257 characters',
      () => aws.states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn: ASKING.padEnd(257, 'x') })),
      'ValidationException',
      /'stateMachineArn'/,
    ],
    [
      'no ARN at all',
      () => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: undefined })),
      'ValidationException',
      /'stateMachineArn'/,
    ],
    [
      'a number as page token',
      () => aws.states.send(new sfn.ListStateMachinesCommand(JSON.parse('{"nextToken":1}'))),
      'SerializationException',
      /^nextToken: /,
    ],
    [
      'what is not done here',
      () => aws.states.send(new sfn.DeleteStateMachineCommand({ stateMachineArn: ASKING })),
      'UnknownOperationException',
      /DeleteStateMachine is not supported/,
    ],
  ])('refuses %s', async (_, call, name, message) => {
    await expect(call()).rejects.toMatchObject(failing(name, message));
  });

  it('takes one answer to a task token, and a heartbeat before it', async () => {
    const { executionArn, taskToken } = await asking('answered');
    await aws.states.send(new sfn.SendTaskHeartbeatCommand({ taskToken }));
    const broken = aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '{' }));
    await expect(broken).rejects.toMatchObject(failing('InvalidOutput', /^Invalid Output: /));
    await aws.states.send(new sfn.SendTaskFailureCommand({ taskToken, error: 'No', cause: 'because' }));
    await system.settled();
    expect(await aws.states.send(new sfn.DescribeExecutionCommand({ executionArn }))).toMatchObject({
      ...{ status: 'FAILED', error: 'No', cause: 'because', redriveCount: 0 },
    });
    const words = "Task Timed Out: 'Provided task does not exist anymore'";
    for (const late of [
      aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '1' })),
      aws.states.send(new sfn.SendTaskHeartbeatCommand({ taskToken })),
    ]) {
      await expect(late).rejects.toMatchObject(failing('TaskTimedOut', words));
    }
  });

  it('takes names beyond ASCII, as AWS does, and none with what AWS forbids', async () => {
    const start = (name: string) => aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, name }));
    expect((await start("jöb-'1'")).executionArn).toBe(`${STATES}:execution:asking:jöb-'1'`);
    for (const name of ['a:b', 'a/b', 'a\u0001', 'a\u00a0b', 'a*', '[a]', 'a"b', '\ud800']) {
      await expect(start(name)).rejects.toMatchObject({ name: 'InvalidName' });
    }
  });

  it('is read to its end by paginators', async () => {
    const input = { client: aws.states, pageSize: 1 };
    const pages = await pagesOf(sfn.paginateListStateMachines(input, {}));
    expect(pages.flatMap(({ stateMachines = [] }) => stateMachines.map(({ name }) => name))).toEqual([
      ...['flow', 'asking', 'starting'],
    ]);
    const { executionArn } = await asking('paged');
    const events = await pagesOf(sfn.paginateGetExecutionHistory(input, { executionArn, reverseOrder: true }));
    expect(events.map((page) => page.events?.[0]?.id)).toEqual(events.map((_, index) => events.length - index));
  });

  it('starts one execution of a name, however often it is asked with the same input', async () => {
    const start = (input: string) =>
      aws.states.send(new sfn.StartExecutionCommand({ stateMachineArn: ASKING, name: 'once', input }));
    expect((await start('{"a":1}')).executionArn).toBe((await start('{ "a": 1 }')).executionArn);
    const words = `Execution Already Exists: '${STATES}:execution:asking:once'`;
    await expect(start('{"a":2}')).rejects.toMatchObject(failing('ExecutionAlreadyExists', words));
  });

  it('lists executions newest first in pages that new ones do not shift, and by status', async () => {
    for (const name of ['list-1', 'list-2', 'list-3']) {
      const { executionArn } = await asking(name);
      if (name === 'list-2') await aws.states.send(new sfn.StopExecutionCommand({ executionArn, error: 'Enough' }));
    }
    const list = (more: object) => aws.states.send(new sfn.ListExecutionsCommand({ stateMachineArn: ASKING, ...more }));
    const first = await list({ maxResults: 2 });
    expect(first.executions?.map(({ name }) => name)).toEqual(['list-3', 'list-2']);
    await asking('list-4');
    const second = await list({ maxResults: 1, nextToken: first.nextToken });
    expect(second.executions?.map(({ name }) => name)).toEqual(['list-1']);
    const aborted = await list({ statusFilter: 'ABORTED' });
    expect(aborted).toMatchObject({ executions: [{ name: 'list-2', status: 'ABORTED' }] });
    expect(aborted.nextToken).toBeUndefined();
    for (const none of [{ statusFilter: 'PENDING_REDRIVE' }, { redriveFilter: 'REDRIVEN' }]) {
      expect((await list(none)).executions).toEqual([]);
    }
    expect((await list({ redriveFilter: 'NOT_REDRIVEN' })).executions?.length).toBeGreaterThan(3);
    const foreign = list({ statusFilter: 'ABORTED', nextToken: first.nextToken });
    await expect(foreign).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('goes on behind an execution that ended since its page of those that run', async () => {
    const ends = await asking('runs-2');
    for (const name of ['runs-3', 'runs-4']) await asking(name);
    const running = (more: object) =>
      aws.states.send(new sfn.ListExecutionsCommand({ stateMachineArn: ASKING, statusFilter: 'RUNNING', ...more }));
    const all = (await running({})).executions?.map(({ name }) => name) ?? [];
    const first = await running({ maxResults: 3 });
    expect(first.executions?.at(-1)?.name).toBe('runs-2');
    await aws.states.send(new sfn.StopExecutionCommand({ executionArn: ends.executionArn }));
    const rest = await running({ nextToken: first.nextToken });
    expect(rest.executions?.map(({ name }) => name)).toEqual(all.slice(3));
  });

  it('gives a history in pages, backwards, and without its data', async () => {
    const { executionArn, taskToken } = await asking('history');
    await aws.states.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '"done"' }));
    await system.settled();
    const read = (more: object) => aws.states.send(new sfn.GetExecutionHistoryCommand({ executionArn, ...more }));
    const all = (await read({})).events ?? [];
    const pages: sfn.HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const one = await read({ maxResults: 3, nextToken, reverseOrder: true });
      pages.push(...(one.events ?? []));
      nextToken = one.nextToken;
    } while (nextToken !== undefined);
    expect(pages).toEqual([...all].reverse());
    expect(all[0]).toMatchObject({
      executionStartedEventDetails: { input: '{}', roleArn: expect.stringMatching(/:role\/mighty$/) },
    });
    const bare = (await read({ includeExecutionData: false })).events ?? [];
    expect(bare.map(({ type }) => type)).toEqual(all.map(({ type }) => type));
    expect(JSON.stringify(bare)).not.toMatch(/"(input|output|parameters)":/);
  });

  it('describes machines, by themselves, by an execution, and in pages', async () => {
    const { executionArn } = await asking('described');
    const one = await aws.states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn: ASKING }));
    expect(one).toMatchObject({ name: 'asking', status: 'ACTIVE', roleArn: expect.stringMatching(/:role\/mighty$/) });
    const of = await aws.states.send(new sfn.DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(of).toMatchObject({ stateMachineArn: ASKING, definition: one.definition, roleArn: one.roleArn });
    const first = await aws.states.send(new sfn.ListStateMachinesCommand({ maxResults: 2 }));
    const second = await aws.states.send(new sfn.ListStateMachinesCommand({ nextToken: first.nextToken }));
    const names = [first, second].map(({ stateMachines = [] }) => stateMachines.map(({ name }) => name));
    expect(names).toEqual([['flow', 'asking'], ['starting']]);
    expect(second.nextToken).toBeUndefined();
  });
});

describe('EventBridge on the wire', () => {
  const good = { EventBusName: 'jobs', Source: 's', DetailType: 't', Detail: '{}' };

  it.each<[string, object, string, string | RegExp]>([
    ['no source', { ...good, Source: undefined }, 'InvalidArgument', /Source is a required argument/],
    ['no type', { ...good, DetailType: undefined }, 'InvalidArgument', /DetailType is a required argument/],
    ['no detail', { ...good, Detail: undefined }, 'InvalidArgument', /Detail is a required argument/],
    ['a detail that is not JSON', { ...good, Detail: '{' }, 'MalformedDetail', 'Detail is malformed.'],
    ['a detail that is no object', { ...good, Detail: '1' }, 'MalformedDetail', 'Detail is malformed.'],
    ['a source of AWS', { ...good, Source: 'aws.ec2' }, 'NotAuthorizedForSourceException', /./],
    ['a bus that is none', { ...good, EventBusName: 'nowhere' }, 'InvalidArgument', /nowhere does not exist/],
  ])('refuses an entry with %s and takes the others', async (_, entry, code, message) => {
    const answer = await aws.events.send(new PutEventsCommand({ Entries: [good, entry, good] }));
    expect(answer.FailedEntryCount).toBe(1);
    expect(answer.Entries?.[1]).toEqual({
      ErrorCode: code,
      ErrorMessage: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect(answer.Entries?.filter(({ EventId }) => EventId !== undefined)).toHaveLength(2);
  });

  it.each<[string, object[]]>([
    ['no entries', []],
    ['eleven entries', Array.from({ length: 11 }, () => good)],
    ['an entry beyond 256 KB', [good, { ...good, Detail: JSON.stringify({ x: 'x'.repeat(262_144) }) }]],
    [
      'entries beyond 256 KB together',
      [good, good].map((one) => ({ ...one, Detail: JSON.stringify({ x: 'x'.repeat(140_000) }) })),
    ],
  ])('refuses a request with %s', async (_, Entries) => {
    await expect(aws.events.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('lists rules and targets in pages, and none of a bus or rule that is none', async () => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const one = await aws.events.send(new ListRulesCommand({ EventBusName: 'jobs', Limit: 2, NextToken }));
      names.push(...(one.Rules ?? []).map(({ Name = '' }) => Name));
      NextToken = one.NextToken;
    } while (NextToken !== undefined);
    expect(names).toEqual(['App-OnSubmitted', 'App-OnRefused', 'App-OnAnswered']);
    const missing = { name: 'ResourceNotFoundException' };
    await expect(aws.events.send(new ListRulesCommand({ EventBusName: 'x' }))).rejects.toMatchObject(missing);
    await expect(aws.events.send(new ListTargetsByRuleCommand({ Rule: 'x' }))).rejects.toMatchObject(missing);
  });
});
