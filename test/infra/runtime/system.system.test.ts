import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { ListRulesCommand, ListTargetsByRuleCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../../../infra/runtime/system.ts';
import { type ManualClock, manualClock } from '../../fixtures/manual-clock.ts';
import { MIGHTY, temporaryFolder } from './assembly-fixture.ts';
import { clients } from './clients.ts';
import { systemAssembly } from './system-fixture.ts';

const START = Date.parse('2026-11-20T08:00:00Z');
const STATES = 'arn:aws:states:us-east-1:000000000000';
const DEAD = 'arn:aws:sqs:us-east-1:000000000000:dead';

let system: System;
let clock: ManualClock;
let aws: ReturnType<typeof clients>;
let dataDir: string;
const reported: string[] = [];

beforeAll(async () => {
  dataDir = temporaryFolder();
  clock = manualClock(START);
  system = await startSystem({
    ...{ assemblyDir: systemAssembly(), dataDir, port: 0, clock, inMemory: true },
    environment: { EXTRA: 'from the caller' },
    secrets: { 'app/signing': 'sesame' },
    log: (message) => reported.push(message),
  });
  aws = clients(system);
});
afterAll(async () => {
  aws.destroy();
  await system.close();
});

const entry = (type: string, detail: unknown) => ({
  ...{ EventBusName: 'jobs', Source: 'collectors', DetailType: type, Detail: JSON.stringify(detail) },
});
const bodies = (queue: string) => system.queues.peek(queue).map(({ body }): unknown => JSON.parse(body));

describe('a machine that starts a machine', () => {
  const start = async (name: string) => {
    const stateMachineArn = `${STATES}:stateMachine:starting`;
    const { executionArn } = system.engine.start({ stateMachineArn, input: { name } });
    await system.settled();
    return system.engine.describe(executionArn);
  };

  it('starts another and does not wait for it', async () => {
    const arn = `${STATES}:execution:flow:nested-1`;
    expect(await start('nested-1')).toMatchObject({ status: 'SUCCEEDED', output: arn });
    expect(system.engine.describe(arn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('sees by its name on AWS why another does not start', async () => {
    await start('nested-2');
    expect(await start('nested-2')).toMatchObject({ status: 'SUCCEEDED', output: 'there is one already' });
    expect(await start('not a name')).toMatchObject({ status: 'FAILED', error: 'StepFunctions.InvalidNameException' });
  });
});

describe('an event on the bus', () => {
  it('starts one execution, which invokes a function and sends a message', async () => {
    const { Entries } = await aws.events.send(
      new PutEventsCommand({ Entries: [entry('JobSubmitted', { jobId: 'job-1' })] }),
    );
    await system.settled();
    const id = Entries?.[0]?.EventId ?? '';
    const [execution] = system.engine.list().filter(({ name }) => name.startsWith(id));
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      input: {
        ...{ version: '0', id, source: 'collectors', 'detail-type': 'JobSubmitted', account: '000000000000' },
        ...{ region: 'us-east-1', time: '2026-11-20T08:00:00Z', resources: [], detail: { jobId: 'job-1' } },
      },
    });
    expect(bodies('saved')).toContainEqual(expect.objectContaining({ hello: 'job-1' }));
  });

  it('is refused entry by entry, with the codes of AWS', async () => {
    const good = entry('Nothing', {});
    const answer = await aws.events.send(
      new PutEventsCommand({
        Entries: [
          good,
          { ...good, Detail: '{' },
          { ...good, Detail: '[1]' },
          { ...good, Source: '' },
          { ...good, Source: 'aws.states' },
          { ...good, EventBusName: 'nowhere' },
        ],
      }),
    );
    expect(answer.FailedEntryCount).toBe(5);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      ...[undefined, 'MalformedDetail', 'MalformedDetail', 'InvalidArgument'],
      ...['NotAuthorizedForSourceException', 'InvalidArgument'],
    ]);
  });

  it('is refused alone where it is nested too deeply: the others beside it are taken', async () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const good = entry('Nothing', {});
    const answer = await aws.events.send(
      new PutEventsCommand({
        Entries: [good, good, { ...good, Detail: nested(4410) }, good, { ...good, Detail: nested(100_000) }, good],
      }),
    );
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      ...[undefined, undefined, 'MalformedDetail'],
      ...[undefined, 'MalformedDetail', undefined],
    ]);
  });

  it('of more than 256 KB refuses the whole request', async () => {
    const large = entry('JobSubmitted', { jobId: 'x'.repeat(300_000) });
    const sent = aws.events.send(new PutEventsCommand({ Entries: [entry('Nothing', {}), large] }));
    await expect(sent).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('that fits the bus and not a machine ends in the dead-letter queue of the target', async () => {
    const before = bodies(DEAD).length;
    const answer = system.putEvents([entry('JobSubmitted', { jobId: 'x'.repeat(262_000) })]);
    await system.settled();
    expect(answer.FailedEntryCount).toBe(0);
    const [message] = system.queues.peek(DEAD).slice(before);
    expect(message?.attributes).toMatchObject({ TARGET_ARN: `${STATES}:stateMachine:flow`, RETRY_ATTEMPTS: '0' });
  });

  it('whose handler refuses it ends in the dead-letter queue of the function, after two more attempts', async () => {
    const before = bodies(DEAD).length;
    const added = () => bodies(DEAD).slice(before);
    system.putEvents([entry('Refused', { jobId: 'job-2' })]);
    await system.settled();
    expect(added()).toEqual([]);
    await clock.advance(60_000);
    await system.settled();
    expect(added()).toEqual([]);
    await clock.advance(120_000);
    await system.settled();
    expect(added()).toMatchObject([{ 'detail-type': 'Refused', detail: { jobId: 'job-2' } }]);
    expect(system.queues.peek(DEAD).at(-1)?.attributes).toMatchObject({ ErrorMessage: 'never' });
    expect(reported).toContainEqual(expect.stringContaining('refuse failed 3 times with TypeError'));
  });

  it('can be traced to its rule and targets', async () => {
    const { Rules } = await aws.events.send(
      new ListRulesCommand({ EventBusName: 'jobs', NamePrefix: 'App-OnSubmitted' }),
    );
    expect(Rules?.[0]).toMatchObject({ Name: 'App-OnSubmitted', State: 'ENABLED', EventBusName: 'jobs' });
    const { Targets } = await aws.events.send(
      new ListTargetsByRuleCommand({ EventBusName: 'jobs', Rule: 'App-OnSubmitted' }),
    );
    expect(Targets?.[0]).toMatchObject({
      ...{ Arn: `${STATES}:stateMachine:flow`, RoleArn: MIGHTY, DeadLetterConfig: { Arn: DEAD } },
    });
  });
});

describe('a machine', () => {
  it('sees the name of what a function throws, and goes its own way', async () => {
    const started = await aws.states.send(
      new StartExecutionCommand({
        stateMachineArn: `${STATES}:stateMachine:flow`,
        name: 'fails',
        input: '{"fail":true}',
      }),
    );
    await system.settled();
    const described = await aws.states.send(new DescribeExecutionCommand({ executionArn: started.executionArn }));
    expect(described).toMatchObject({ status: 'SUCCEEDED', name: 'fails', startDate: new Date(clock.now()) });
    const [message] = bodies('quarantine');
    expect(message).toMatchObject({
      Error: 'JobUnknown',
      Cause: expect.stringContaining('"errorMessage":"no such job"'),
    });
  });

  it('sees the errors of a service by name, and tells the default bus how it ended', async () => {
    const started = system.engine.start({ stateMachineArn: `${STATES}:stateMachine:flow`, input: { who: 'nobody' } });
    await system.settled();
    expect(system.engine.describe(started.executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'Sqs.QueueDoesNotExistException',
    });
    expect(bodies('ended')).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ status: 'FAILED' }) }),
    );
  });

  it('waits for a token and emits an event, which a queue gets', async () => {
    const { executionArn } = system.engine.start({ stateMachineArn: `${STATES}:stateMachine:asking`, input: {} });
    await system.settled();
    const body = bodies('quarantine').at(-1);
    const taskToken = body !== null && typeof body === 'object' && 'token' in body ? String(body.token) : '';
    await aws.states.send(new SendTaskSuccessCommand({ taskToken, output: '{"yes":true}' }));
    await system.settled();
    expect(system.engine.describe(executionArn).status).toBe('SUCCEEDED');
    expect(bodies('ended')).toContainEqual(
      expect.objectContaining({ 'detail-type': 'Answered', detail: { yes: true } }),
    );
    await expect(aws.states.send(new SendTaskSuccessCommand({ taskToken, output: '1' }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
    await expect(
      aws.states.send(new SendTaskSuccessCommand({ taskToken: 'made.up', output: '1' })),
    ).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('can be looked into: list, history in pages and backwards, definition, stop', async () => {
    const stateMachineArn = `${STATES}:stateMachine:flow`;
    const { stateMachines } = await aws.states.send(new ListStateMachinesCommand({}));
    expect(stateMachines?.map(({ name }) => name)).toEqual(['flow', 'asking', 'starting']);
    const described = await aws.states.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described.definition).toContain('function:greet');

    const { executions } = await aws.states.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED' }),
    );
    const executionArn = executions?.[0]?.executionArn;
    const all = await aws.states.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));
    expect(all.events?.[0]?.type).toBe('ExecutionFailed');
    const first = await aws.states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1 }));
    expect(first.events?.map(({ type }) => type)).toEqual(['ExecutionStarted']);
    const second = await aws.states.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1, nextToken: first.nextToken }),
    );
    expect(second.events?.[0]).toMatchObject({ type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Greet' } });

    const waiting = system.engine.start({ stateMachineArn: `${STATES}:stateMachine:asking`, input: {} });
    await aws.states.send(new StopExecutionCommand({ executionArn: waiting.executionArn, cause: 'enough' }));
    expect(system.engine.describe(waiting.executionArn)).toMatchObject({ status: 'ABORTED', cause: 'enough' });
    const unknown = aws.states.send(new DescribeExecutionCommand({ executionArn: `${STATES}:execution:flow:none` }));
    await expect(unknown).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
  });
});

describe('a function', () => {
  it('has an environment of its own, and nothing of this process', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name): Promise<unknown> => JSON.parse(await system.functions.invoke(name, '{}'))),
    );
    expect(one).toMatchObject({
      ...{ ONLY_ONE: 'rows', EXTRA: 'from the caller', AWS_LAMBDA_FUNCTION_NAME: 'one', COUNT: '1' },
      ...{ AWS_ENDPOINT_URL_DYNAMODB: system.url, AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA[0-9A-F]{16}$/) },
    });
    expect(one).not.toHaveProperty('ONLY_TWO');
    expect(one).not.toHaveProperty('PATH');
    expect(two).toMatchObject({ ONLY_TWO: '2', COUNT: '1' });
  });

  it('is told the time of the one clock', async () => {
    expect(JSON.parse(await system.functions.invoke('greet', '{"who":"you"}'))).toEqual({
      ...{ hello: 'you', at: clock.now(), remaining: true },
    });
  });

  it('loses no invocation when more come than it has threads', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => system.functions.invoke('misbehave', `{"how":${i}}`)),
    );
    expect(all).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  it.each([
    ['hang', 'Sandbox.Timedout'],
    ['exit', 'Runtime.ExitError'],
    ['crash', 'Runtime.ExitError'],
    ['large', 'Function.ResponseSizeTooLarge'],
  ])('that does %s fails with %s, and the next invocation works', async (how, errorType) => {
    await expect(system.functions.invoke('misbehave', JSON.stringify({ how }))).rejects.toMatchObject({
      fault: { errorType },
    });
    expect(await system.functions.invoke('misbehave', '{"how":"well"}')).toBe('"well"');
  });

  it('leaves its output in its log file, also when it is ended, and a queue its messages', () => {
    const log = (name: string) => readFileSync(join(dataDir, 'log', `${name}.log`), 'utf8');
    expect(log('greet')).toContain('greeting job-1\n');
    expect(log('misbehave')).toContain('about to hang\n');
    expect(log('dead')).toContain('"ErrorMessage":"never"');
  });
});

describe('a schedule', () => {
  it('reaches its target at every tick', async () => {
    const before = bodies('App-Unread').length;
    await clock.advance(180_000);
    await system.settled();
    expect(bodies('App-Unread').slice(before)).toEqual([{ tick: true }, { tick: true }, { tick: true }]);
  });
});

describe('a route', () => {
  it('hands a form on as base64, in the format of API Gateway', async () => {
    const response = await fetch(`${system.url}/web/hook?x=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'X-Custom': 'yes' },
      body: 'payload=%7B%7D',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('yes');
    expect(response.headers.get('set-cookie')).toBe('a=1');
    expect(await response.json()).toEqual({
      ...{ raw: Buffer.from('payload=%7B%7D').toString('base64'), base64: true, path: '/web/hook' },
      ...{ version: '2.0', at: clock.now() },
    });
  });

  it('hands JSON on as text', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${system.url}/web/hook`, { method: 'POST', headers, body: '{"a":"ü"}' });
    expect(await response.json()).toMatchObject({ raw: '{"a":"ü"}', base64: false });
  });
});

describe('the services on the port', () => {
  it('keep items with conditions and an index', async () => {
    const Item = { PK: { S: 'a' }, SK: { S: 'b' }, listing: { S: 'ALL' }, p: { N: '0.12345678901234567' } };
    const put = new PutItemCommand({ TableName: 'rows', Item, ConditionExpression: 'attribute_not_exists(PK)' });
    await aws.dynamo.send(put);
    await expect(aws.dynamo.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const found = await aws.dynamo.send(
      new QueryCommand({
        ...{ TableName: 'rows', IndexName: 'listing', KeyConditionExpression: 'listing = :all' },
        ExpressionAttributeValues: { ':all': { S: 'ALL' } },
      }),
    );
    expect(found.Items).toEqual([Item]);
    const { Table } = await aws.dynamo.send(new DescribeTableCommand({ TableName: 'rows' }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  });

  it('refuse what they would have to drop', async () => {
    const put = new PutItemCommand({
      ...{ TableName: 'rows', Item: { PK: { S: 'a' }, SK: { S: 'c' } } },
      Expected: { PK: { Exists: false } },
    });
    await expect(aws.dynamo.send(put)).rejects.toThrow(/Expected is not supported/);
  });

  it('read a secret by name or ARN, and neither an earlier version nor one that is not there', async () => {
    const secret = await aws.secrets.send(new GetSecretValueCommand({ SecretId: 'app/signing' }));
    expect(secret.SecretString).toBe('sesame');
    expect(await aws.secrets.send(new GetSecretValueCommand({ SecretId: secret.ARN }))).toMatchObject({
      Name: 'app/signing',
    });
    const earlier = new GetSecretValueCommand({ SecretId: 'app/signing', VersionStage: 'AWSPREVIOUS' });
    await expect(aws.secrets.send(earlier)).rejects.toMatchObject({ name: 'ValidationException' });
    const missing = aws.secrets.send(new GetSecretValueCommand({ SecretId: 'none' }));
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
