import { afterAll, describe, expect, it } from 'vitest';
import { createAuthorize } from '../../../../infra/runtime/access/authorize.ts';
import { loadAssembly } from '../../../../infra/runtime/assembly/load.ts';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { lambda, queue, type Resources, table, temporaryFolder, writeAssembly } from '../assembly-fixture.ts';
import { systemAssembly } from '../system-fixture.ts';

/** A handler with the stock clients, which answers with what it got or with the error it saw. */
const HANDLER = `
  import { DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand, BatchGetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '${import.meta.resolve('@aws-sdk/client-dynamodb')}';
  import { EventBridgeClient, PutEventsCommand } from '${import.meta.resolve('@aws-sdk/client-eventbridge')}';
  import { SecretsManagerClient, GetSecretValueCommand } from '${import.meta.resolve('@aws-sdk/client-secrets-manager')}';
  import { SFNClient, SendTaskSuccessCommand, StartExecutionCommand } from '${import.meta.resolve('@aws-sdk/client-sfn')}';
  const db = new DynamoDBClient({}), events = new EventBridgeClient({}), secrets = new SecretsManagerClient({});
  const states = new SFNClient({});
  const commands = {
    get: (i) => db.send(new GetItemCommand(i)), query: (i) => db.send(new QueryCommand(i)), scan: (i) => db.send(new ScanCommand(i)),
    batchGet: (i) => db.send(new BatchGetItemCommand(i)), put: (i) => db.send(new PutItemCommand(i)),
    transact: (i) => db.send(new TransactWriteItemsCommand(i)),
    events: (i) => events.send(new PutEventsCommand(i)), secret: (i) => secrets.send(new GetSecretValueCommand(i)),
    answer: (i) => states.send(new SendTaskSuccessCommand(i)), start: (i) => states.send(new StartExecutionCommand(i)),
  };
  export const handler = async ({ call, input }) => {
    try { await commands[call](input); return 'done'; }
    catch (error) { return error.name + ': ' + error.message; }
  };`;

const ACCOUNT = '000000000000';
const TABLE = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/rows`;
const BUS = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/jobs`;
const SECRET = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:app/signing`;
const WAITING = `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:waiting`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:letters`;

const leading = (pattern: string) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] } });
/** One statement per thing that the handler may do. */
const STATEMENTS: Record<string, unknown> = {
  get: { Action: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], Resource: TABLE, Condition: leading('A#*') },
  check: { Action: 'dynamodb:ConditionCheckItem', Resource: TABLE },
  delete: { Action: 'dynamodb:DeleteItem', Resource: TABLE, Condition: leading('A#*') },
  query: { Action: 'dynamodb:Query', Resource: `${TABLE}/index/listing`, Condition: leading('OPEN') },
  events: {
    Action: 'events:PutEvents',
    Resource: BUS,
    Condition: { 'ForAllValues:StringEquals': { 'events:source': 'ours' } },
  },
  secret: { Action: 'secretsmanager:GetSecretValue', Resource: `${SECRET}-??????` },
  answer: { Action: 'states:SendTaskSuccess', Resource: { Ref: 'Waiting' } },
};
const systems: System[] = [];

/** A system whose function and machine may do what the given statements say. */
async function systemWith(statements: readonly unknown[], machineStatements: readonly unknown[] = []): Promise<System> {
  const attached = (role: string, given: readonly unknown[]): Resources => ({
    [role]: { Type: 'AWS::IAM::Role', Properties: { RoleName: role, AssumeRolePolicyDocument: {} } },
    [`${role}Policy`]: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'P',
        Roles: [{ Ref: role }],
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }, ...given] },
      },
    },
  });
  const resources: Resources = {
    ...attached('caller', statements),
    ...attached('flow', machineStatements),
    Table: table('rows'),
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'jobs' } },
    Letters: { ...queue(), Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'app/signing' } },
    Caller: lambda('caller', { FunctionName: 'caller', Role: { 'Fn::GetAtt': ['caller', 'Arn'] } }),
    Waiting: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'waiting',
        RoleArn: { 'Fn::GetAtt': ['flow', 'Arn'] },
        DefinitionString: JSON.stringify({
          QueryLanguage: 'JSONata',
          StartAt: 'Ask',
          States: {
            Ask: {
              Type: 'Task',
              Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
              Arguments: { QueueUrl: '{% $states.input.url %}', MessageBody: '{% $states.context.Task.Token %}' },
              Next: 'Call',
            },
            Call: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke',
              Arguments: { FunctionName: 'caller', Payload: { call: 'none' } },
              Output: '{% $states.result.Payload %}',
              End: true,
            },
          },
        }),
      },
    },
  };
  const system = await startSystem({
    ...{ assemblyDir: writeAssembly({ App: { resources } }, { caller: HANDLER }), dataDir: temporaryFolder() },
    ...{ port: 0, clock: manualClock(0), inMemory: true, secrets: { 'app/signing': 'sesame' }, log: () => {} },
  });
  systems.push(system);
  return system;
}
afterAll(() => Promise.all(systems.map((system) => system.close())));

const allow = (names: readonly string[]) => names.map((name) => ({ Effect: 'Allow', ...Object(STATEMENTS[name]) }));
const key = (pk: string) => ({ PK: { S: pk }, SK: { S: 'ROW' } });
const listing = (value: string, more = {}) => ({
  ...{ TableName: 'rows', IndexName: 'listing', KeyConditionExpression: '#l = :l' },
  ...{ ExpressionAttributeNames: { '#l': 'listing' }, ExpressionAttributeValues: { ':l': { S: value } } },
  ...more,
});
const transaction = (pk: string) => ({
  TransactItems: [
    { ConditionCheck: { TableName: 'rows', Key: key('B#1'), ConditionExpression: 'attribute_not_exists(PK)' } },
    { Delete: { TableName: 'rows', Key: key(pk) } },
  ],
});
const event = (source: string, bus = 'jobs') => ({
  Entries: [{ EventBusName: bus, Source: source, DetailType: 'T', Detail: '{}' }],
});

/** Calls that each need one statement, with what is missing without it. */
const calls: [statement: string, call: string, input: unknown, action: string, resource: string][] = [
  ['get', 'get', { TableName: 'rows', Key: key('A#1') }, 'dynamodb:GetItem', TABLE],
  ['get', 'get', { TableName: TABLE, Key: key('A#1') }, 'dynamodb:GetItem', TABLE],
  ['get', 'batchGet', { RequestItems: { rows: { Keys: [key('A#1')] } } }, 'dynamodb:BatchGetItem', TABLE],
  ['check', 'transact', transaction('A#1'), 'dynamodb:ConditionCheckItem', TABLE],
  ['delete', 'transact', transaction('A#1'), 'dynamodb:DeleteItem', TABLE],
  ['query', 'query', listing('OPEN'), 'dynamodb:Query', `${TABLE}/index/listing`],
  ['events', 'events', event('ours'), 'events:PutEvents', BUS],
  ['secret', 'secret', { SecretId: 'app/signing' }, 'secretsmanager:GetSecretValue', SECRET],
  ['answer', 'answer', { taskToken: 'none', output: '1' }, 'states:SendTaskSuccess', WAITING],
];
const run = async (system: System, call: string, input: unknown): Promise<unknown> =>
  JSON.parse(await system.functions.invoke('caller', JSON.stringify({ call, input })));
const denied = (action: string, resource: string) =>
  `AccessDeniedException: User: arn:aws:sts::${ACCOUNT}:assumed-role/caller/caller is not authorized to perform: ${action} on resource: ${resource}`;

describe('what a handler may call', () => {
  it('is what the statements of its role allow', async () => {
    const system = await systemWith(allow(Object.keys(STATEMENTS)));
    for (const [, call, input] of calls) {
      const expected = call === 'answer' ? expect.stringMatching(/^InvalidToken: /) : 'done';
      expect([call, await run(system, call, input)]).toEqual([call, expected]);
    }
  });

  it.each(Object.keys(STATEMENTS))('is refused in the words of AWS without its statement: %s', async (missing) => {
    const system = await systemWith(allow(Object.keys(STATEMENTS).filter((name) => name !== missing)));
    const concerned = calls.filter(([statement]) => statement === missing);
    expect(concerned.length).toBeGreaterThan(0);
    for (const [, call, input, action, resource] of concerned) {
      const answer = await run(system, call, input);
      expect(answer).toMatch(denied(action, resource));
      expect(answer).toMatch(`because no identity-based policy allows the ${action} action`);
    }
  });

  it('ends where the conditions of its statements end', async () => {
    const system = await systemWith(allow(Object.keys(STATEMENTS)));
    const beyond: [call: string, input: unknown, action: string, resource: string][] = [
      ['get', { TableName: 'rows', Key: key('B#1') }, 'dynamodb:GetItem', TABLE],
      ['get', { TableName: 'other', Key: key('A#1') }, 'dynamodb:GetItem', `${TABLE.replace('rows', 'other')}`],
      ['batchGet', { RequestItems: { rows: { Keys: [key('A#1'), key('B#1')] } } }, 'dynamodb:BatchGetItem', TABLE],
      ['transact', transaction('B#2'), 'dynamodb:DeleteItem', TABLE],
      ['query', listing('CLOSED'), 'dynamodb:Query', `${TABLE}/index/listing`],
      ['query', listing('OPEN', { KeyConditionExpression: '#l < :l' }), 'dynamodb:Query', `${TABLE}/index/listing`],
      ['query', listing('OPEN', { IndexName: undefined }), 'dynamodb:Query', TABLE],
      ['scan', { TableName: 'rows' }, 'dynamodb:Scan', TABLE],
      ['put', { TableName: 'rows', Item: key('A#1') }, 'dynamodb:PutItem', TABLE],
      ['events', event('theirs'), 'events:PutEvents', BUS],
      ['events', { Entries: [...event('ours').Entries, ...event('theirs').Entries] }, 'events:PutEvents', BUS],
      ['events', event('ours', 'default'), 'events:PutEvents', BUS.replace('jobs', 'default')],
      ['secret', { SecretId: 'other' }, 'secretsmanager:GetSecretValue', SECRET.replace('app/signing', 'other')],
      ['start', { stateMachineArn: WAITING }, 'states:StartExecution', WAITING],
    ];
    for (const [call, input, action, resource] of beyond) {
      expect(await run(system, call, input)).toMatch(denied(action, resource));
    }
  });

  it('is nothing where a Deny says so', async () => {
    const deny = { Effect: 'Deny', Action: 'dynamodb:*', Resource: '*' };
    const system = await systemWith([...allow(['get']), deny]);
    expect(await run(system, 'get', { TableName: 'rows', Key: key('A#1') })).toMatch(
      `${denied('dynamodb:GetItem', TABLE)} with an explicit deny in an identity-based policy`,
    );
  });
});

describe('what a stranger may call', () => {
  it('is nothing', () => {
    const place = { account: ACCOUNT, region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' };
    const authorize = createAuthorize(loadAssembly(systemAssembly(), place), place);
    const who = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:stranger`;
    expect(() => authorize(who, 'dynamodb', 'GetItem', { TableName: 'rows', Key: key('A#1') })).toThrow(
      expect.objectContaining({ type: 'AccessDeniedException', message: expect.stringContaining('nobody') }),
    );
  });
});

describe('what a machine may call', () => {
  const send = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE };
  const invoke = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': ['Caller', 'Arn'] } };
  const outcome = async (statements: readonly unknown[]) => {
    const system = await systemWith([], statements);
    const input = { url: `${system.url}/${ACCOUNT}/letters` };
    const { executionArn } = system.engine.start({ stateMachineArn: WAITING, input });
    await system.settled();
    const [letter] = system.queues.peek('letters');
    if (letter !== undefined) system.engine.sendTaskSuccess(letter.body, {});
    await system.settled();
    return system.engine.describe(executionArn);
  };
  const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/flow/waiting is not authorized to perform`;

  it('is what the statements of its role allow', async () => {
    expect(await outcome([send, invoke])).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('fails the state without its statement', async () => {
    expect(await outcome([invoke])).toMatchObject({
      ...{ status: 'FAILED', error: 'Sqs.AccessDeniedException' },
      cause: expect.stringContaining(`${principal}: sqs:SendMessage on resource: ${QUEUE}`),
    });
    expect(await outcome([send])).toMatchObject({
      ...{ status: 'FAILED', error: 'Lambda.AWSLambdaException' },
      cause: expect.stringContaining(`${principal}: lambda:InvokeFunction on resource: arn:aws:lambda:`),
    });
  });
});
