import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../../../../infra/runtime/system.ts';
import { manualClock } from '../../../fixtures/manual-clock.ts';
import { temporaryFolder } from '../assembly-fixture.ts';
import { systemAssembly } from '../system-fixture.ts';

const run = promisify(execFile);
const works = (command: string, args: readonly string[]) =>
  run(command, args).then(
    () => true,
    () => false,
  );
const [hasCli, hasBoto] = await Promise.all([works('aws', ['--version']), works('python3', ['-c', 'import boto3'])]);
/** Each call is a process of its own, which on a busy machine takes seconds to start. */
const SLOW = { timeout: 120_000 };
const FLOW = 'arn:aws:states:us-east-1:000000000000:stateMachine:flow';
const ASKING = 'arn:aws:states:us-east-1:000000000000:stateMachine:asking';

let system: System;
let environment: Record<string, string>;
beforeAll(async () => {
  const dataDir = temporaryFolder();
  system = await startSystem({
    ...{ assemblyDir: systemAssembly(), dataDir, port: 0, clock: manualClock(0), inMemory: true },
    ...{ secrets: { 'app/signing': 'sesame' }, log: () => {} },
  });
  environment = {
    PATH: process.env.PATH ?? '',
    HOME: dataDir,
    AWS_SHARED_CREDENTIALS_FILE: join(dataDir, 'credentials'),
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: system.url,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});
afterAll(() => system.close());

describe('the AWS CLI as it is (skipped where there is none)', () => {
  const aws = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await run('aws', [...args, '--output', 'json'], { env: environment });
    return stdout === '' ? null : JSON.parse(stdout);
  };

  it.runIf(hasCli)('starts an execution and reads it', SLOW, async () => {
    const input = '{"detail":{"jobId":"by-hand"}}';
    const started = aws(
      'stepfunctions',
      'start-execution',
      '--state-machine-arn',
      FLOW,
      '--name',
      'cli',
      '--input',
      input,
    );
    await expect(started).resolves.toMatchObject({ executionArn: expect.stringMatching(/:flow:cli$/) });
    await system.settled();
    const executionArn = FLOW.replace(':stateMachine:', ':execution:').concat(':cli');
    const [history, missing] = await Promise.all([
      aws(
        'stepfunctions',
        'get-execution-history',
        '--execution-arn',
        executionArn,
        '--page-size',
        '3',
        '--reverse-order',
      ),
      aws('stepfunctions', 'describe-state-machine', '--state-machine-arn', `${FLOW}-none`).catch(String),
    ]);
    // The CLI follows the pages itself.
    const [last] = Object(history).events;
    expect(last).toMatchObject({ type: 'ExecutionSucceeded', id: Object(history).events.length });
    expect(missing).toContain('(StateMachineDoesNotExist) when calling the DescribeStateMachine operation');
  });
});

const SCRIPT = `
import json, os, boto3
from botocore.exceptions import ClientError
states, events, table = boto3.client('stepfunctions'), boto3.client('events'), boto3.resource('dynamodb').Table('rows')
secrets = boto3.client('secretsmanager')
table.put_item(Item={'PK': 'boto', 'SK': 'ROW', 'listing': 'ALL', 'n': 3})
out = {'item': table.get_item(Key={'PK': 'boto', 'SK': 'ROW'})['Item']['listing']}
out['query'] = table.query(IndexName='listing', KeyConditionExpression=boto3.dynamodb.conditions.Key('listing').eq('ALL'))['Count']
out['failed'] = events.put_events(Entries=[
    {'EventBusName': 'jobs', 'Source': 's', 'DetailType': 't', 'Detail': '{}'},
    {'EventBusName': 'jobs', 'Source': 's', 'DetailType': 't', 'Detail': '{'}])['Entries'][1]['ErrorCode']
arns = [states.start_execution(stateMachineArn='${ASKING}', name='boto-%d' % i)['executionArn'] for i in range(3)]
pages = states.get_paginator('list_executions').paginate(stateMachineArn='${ASKING}', PaginationConfig={'PageSize': 2})
out['listed'] = [e['name'] for page in pages for e in page['executions']]
out['stopped'] = states.stop_execution(executionArn=arns[0], error='E')['stopDate'].year
states.send_task_heartbeat(taskToken=os.environ['TOKEN'])
try: states.send_task_success(taskToken='x', output='1')
except states.exceptions.InvalidToken as error: out['token'] = error.response['Error']['Code']
try: states.describe_execution(executionArn=arns[0] + 'x')
except ClientError as error: out['missing'] = error.response['Error']['Message']
out['secret'] = secrets.get_secret_value(SecretId='app/signing')['SecretString']
print(json.dumps(out))
`;

describe('boto3 as it is (skipped where there is none)', () => {
  it.runIf(hasBoto)('drives every service on the port', SLOW, async () => {
    system.engine.start({ stateMachineArn: ASKING, name: 'asked', input: {} });
    await system.settled();
    const TOKEN = JSON.parse(system.queues.peek('quarantine').at(-1)?.body ?? '{}').token;
    const { stdout } = await run('python3', ['-c', SCRIPT], { env: { ...environment, TOKEN } });
    expect(JSON.parse(stdout)).toEqual({
      ...{ item: 'ALL', query: 1, failed: 'MalformedDetail', stopped: 1970, token: 'InvalidToken', secret: 'sesame' },
      listed: ['boto-2', 'boto-1', 'boto-0', 'asked'],
      missing: `Execution Does Not Exist: '${ASKING.replace('stateMachine', 'execution')}:boto-0x'`,
    });
  });
});
