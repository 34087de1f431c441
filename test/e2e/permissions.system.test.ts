import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { roundKey } from '../../functions/domain/round.ts';
import { synthesize } from '../../infra/cli/start/synthesis.ts';
import { createAuthorize } from '../../infra/runtime/access/authorize.ts';
import { loadAssembly } from '../../infra/runtime/assembly/load.ts';
import { compilePolicy, PolicyDocument, type Statement } from '../../infra/runtime/assembly/policy.ts';
import { readAssembly } from '../../infra/runtime/assembly/read.ts';
import { createResolver } from '../../infra/runtime/assembly/resolve.ts';
import type { Assembly } from '../../infra/runtime/assembly/specs.ts';
import { AwsError } from '../../infra/runtime/aws-error.ts';
import { type System, startSystem } from '../../infra/runtime/system.ts';
import { manualClock } from '../fixtures/manual-clock.ts';

const Granted = z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) });
const Template = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z
        .looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(Granted) }).optional() })
        .optional(),
    }),
  ),
});
const NOW = Date.parse('2026-11-20T08:00:00Z');

let synthesized: string;
const systems: System[] = [];
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-permissions-'));
  ({ directory: synthesized } = await synthesize(folder, {}));
});
afterAll(() => Promise.all(systems.map((system) => system.close())));

/** The synthesized assembly, with one action taken out of the policy of one role. */
function without(role: string, action: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'vgac-assembly-'));
  cpSync(synthesized, directory, { recursive: true });
  let taken = 0;
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.template.json'))) {
    const template = Template.parse(JSON.parse(readFileSync(join(directory, name), 'utf8')));
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type !== 'AWS::IAM::Policy' || !id.startsWith(role)) continue;
      for (const statement of Properties?.PolicyDocument?.Statement ?? []) {
        const actions = [statement.Action].flat();
        statement.Action = actions.filter((one) => one !== action);
        taken += actions.length - statement.Action.length;
      }
    }
    writeFileSync(join(directory, name), JSON.stringify(template));
  }
  expect(taken).toBeGreaterThan(0);
  return directory;
}

/** Submits one job to a system that does not know its cluster, and lets it do what can be done at once. */
async function oneJob(assemblyDir: string): Promise<System> {
  const system = await startSystem({
    ...{ assemblyDir, dataDir: mkdtempSync(join(tmpdir(), 'vgac-data-')), port: 0, clock: manualClock(NOW) },
    ...{ inMemory: true, log: () => {} },
  });
  systems.push(system);
  const detail = {
    ...{ schemaVersion: 1, clusterId: 'lab', platform: 'kubernetes', jobId: 'job-1' },
    ...{ submittedAt: new Date(NOW).toISOString(), request: { gpus: 1, cpuMillis: 1000, memoryGb: 8 } },
  };
  const entry = { EventBusName: 'vgac', Source: 'vgac.collectors', DetailType: 'JobSubmitted' };
  const { FailedEntryCount } = system.putEvents([{ ...entry, Detail: JSON.stringify(detail) }]);
  expect(FailedEntryCount).toBe(0);
  await system.settled();
  return system;
}

/** The row of that job. */
function rowOf(system: System) {
  const submittedAt = new Date(NOW).toISOString();
  return system.dynamo.run('GetItem', {
    TableName: 'vgac-agentic',
    Key: { PK: { S: 'CLUSTER#lab' }, SK: { S: `JOB#${roundKey({ jobId: 'job-1', submittedAt })}` } },
  });
}

/** First failure of the job-workflow for one submitted job, or the first with that error; undefined where there is none. */
function firstFailure(system: System, error?: string) {
  const [execution] = system.engine.list();
  const events = system.engine.history(execution?.executionArn ?? '') ?? [];
  const failed = events.find((event) => event.type === 'TaskFailed' && (error === undefined || event.error === error));
  const state = events.findLast(({ type, id }) => type === 'TaskStateEntered' && id < (failed?.id ?? Infinity));
  return { state: state?.name, error: failed?.error, cause: failed?.cause };
}

describe('the system that is deployed, with one permission taken out of its template', { timeout: 120_000 }, () => {
  it.each([
    ['AdmitJob', 'dynamodb:UpdateItem', 'AccessDeniedException'],
    ['JobWorkflowRole', 'lambda:InvokeFunction', 'Lambda.AWSLambdaException'],
  ])('fails where %s needs %s, in the words of AWS', async (role, action, error) => {
    const failure = firstFailure(await oneJob(without(role, action)));
    expect(failure).toMatchObject({ state: 'AdmitJob', error });
    expect(failure.cause).toContain(`:assumed-role/`);
    expect(failure.cause).toContain(`is not authorized to perform: ${action} on resource: arn:aws:`);
    expect(failure.cause).toContain(`because no identity-based policy allows the ${action} action`);
  });

  it('keeps the event of a job whose execution no rule may start', async () => {
    const system = await oneJob(without('JobWorkflowMachineEventsRole', 'states:StartExecution'));
    expect(system.engine.list()).toEqual([]);
    const letters = system.queues.list().flatMap(({ name }) => system.queues.peek(name));
    expect(letters).toMatchObject([
      {
        body: expect.stringContaining('"jobId":"job-1"'),
        attributes: {
          ERROR_CODE: 'NO_PERMISSIONS',
          ERROR_MESSAGE: expect.stringContaining(
            'is not authorized to perform: states:StartExecution on resource: arn:aws:',
          ),
        },
      },
    ]);
  });

  it.each([
    ['AdmitJob', 'claims, and closes,'],
    ['RecordOutcome', 'closes'],
  ])('%s may not write: close-execution %s the row as failed, and nothing is in quarantine', async (role) => {
    const system = await oneJob(without(role, 'dynamodb:UpdateItem'));
    expect(firstFailure(system, 'AccessDeniedException')).toMatchObject({ state: role });
    expect(system.engine.list()).toMatchObject([{ status: 'FAILED' }]);
    expect(await rowOf(system)).toMatchObject({ Item: { status: { S: 'failed' } } });
    expect(system.queues.list().flatMap(({ name }) => system.queues.peek(name))).toEqual([]);
  });

  it('AdmitJob dies after its claim: the row that it left open is closed as failed', async () => {
    const system = await oneJob(without('AdmitJob', 'dynamodb:Query'));
    const failure = firstFailure(system);
    expect(failure).toMatchObject({ state: 'AdmitJob', error: 'AccessDeniedException' });
    // Its bundle is minified; the source map and the settings of the template lead back to the source.
    expect(failure.cause).toMatch(/functions\/adapters\/tables\/[a-z-]+\.ts:\d+:\d+/);
    expect(system.engine.list()).toMatchObject([{ status: 'FAILED' }]);
    expect(await rowOf(system)).toMatchObject({ Item: { status: { S: 'failed' } } });
  });
});

/** What never reaches this machine's services, and why. */
const NEVER_CALLED: readonly (readonly [RegExp, string])[] = [
  [/^xray:/, 'traces are switched off here'],
  [/^logs:/, 'logs go to files'],
  [/^bedrock:/, 'a model is asked outside of this machine'],
];

describe('every action of every statement of functions, machines and rules', () => {
  const place = { account: '000000000000', region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' };
  const Attached = z.object({ Roles: z.array(z.string()), PolicyDocument });

  /** The call that a statement is there for: on its resource, with what its conditions ask for. */
  function callFor(assembly: Assembly, action: string, resource: string, { Condition }: Statement) {
    const [service = '', operation = ''] = action.split(':');
    const [pattern = 'any'] = Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? [];
    const [TableName = '', index] = resource.replace(/^.*:table\//, '').split('/index/');
    const table = assembly.tables.find(({ name }) => name === TableName);
    const schema = table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index)?.KeySchema;
    const [hash = { AttributeName: '' }] = schema ?? table?.KeySchema ?? [];
    const value = { S: pattern.replaceAll('*', 'x') };
    const Key = { [hash.AttributeName]: value };
    const calls: Record<string, object> = {
      'dynamodb:PutItem': { TableName, Item: Key },
      'dynamodb:BatchGetItem': { RequestItems: { [TableName]: { Keys: [Key] } } },
      'dynamodb:Query': {
        ...{ TableName, IndexName: index, KeyConditionExpression: '#k = :k' },
        ...{ ExpressionAttributeNames: { '#k': hash.AttributeName }, ExpressionAttributeValues: { ':k': value } },
      },
      'events:PutEvents': {
        Entries: [{ EventBusName: resource, Source: Condition['ForAllValues:StringEquals']?.['events:source']?.[0] }],
      },
      'states:StartExecution': { stateMachineArn: resource },
      'secretsmanager:GetSecretValue': { SecretId: resource.replace('*', 'one-aaaaaa').replace('-??????', '-aaaaaa') },
      'sqs:SendMessage': { QueueUrl: resource },
      'lambda:InvokeFunction': { FunctionName: resource },
    };
    const anyItem = service === 'dynamodb' ? { TableName, Key } : { taskToken: 'one' };
    return { service, operation, input: calls[action] ?? anyItem };
  }

  /** Statements of every role of the assembly, concrete: role name -> statements. */
  function statementsByRole(): Map<string, Statement[]> {
    const { stacks } = readAssembly(synthesized);
    const { resolve } = createResolver(stacks, place);
    const found = new Map<string, Statement[]>();
    for (const stack of stacks) {
      for (const { Type, Properties } of Object.values(stack.Resources)) {
        if (Type !== 'AWS::IAM::Policy') continue;
        const { Roles, PolicyDocument } = Attached.parse(resolve(stack, Properties));
        for (const role of Roles) found.set(role, [...(found.get(role) ?? []), ...PolicyDocument]);
      }
    }
    return found;
  }

  it('is denied here once it is taken out, or is never called here', () => {
    const assembly = loadAssembly(synthesized, place);
    const table: { who: string; action: string; outcome: string }[] = [];
    const byRole = statementsByRole();
    const { functions, machines, rules } = assembly;
    const targets = rules.flatMap((rule) => rule.targets.map(({ roleArn }) => ({ name: rule.name, arn: roleArn })));
    const acting = [...functions, ...machines, ...targets.map((one) => ({ ...one, roleArn: one.arn }))];
    for (const { name, arn, roleArn } of acting) {
      if (roleArn === null || arn === null) continue;
      const role = roleArn.slice(roleArn.lastIndexOf('/') + 1);
      const statements = byRole.get(role) ?? [];
      const mayDo = (given: readonly Statement[], action: string, resource: string, statement: Statement) => {
        const roles = [{ name: role, arn: roleArn, policy: compilePolicy(given) }];
        const authorize = createAuthorize({ ...assembly, roles }, place);
        const { service, operation, input } = callFor(assembly, action, resource, statement);
        try {
          authorize(arn, service, operation, input);
          return 'allowed';
        } catch (error) {
          return error instanceof AwsError ? error.type : String(error);
        }
      };
      for (const statement of statements) {
        for (const action of statement.Action) {
          const never = NEVER_CALLED.find(([pattern]) => pattern.test(action));
          for (const resource of never === undefined ? statement.Resource : ['*']) {
            const outcome = () => {
              const before = mayDo(statements, action, resource, statement);
              const without = statements.map((one) =>
                one === statement ? { ...one, Action: one.Action.filter((other) => other !== action) } : one,
              );
              return `${before}, then ${mayDo(without, action, resource, statement)}`;
            };
            table.push({ who: `${name} ${resource}`, action, outcome: never?.[1] ?? outcome() });
          }
        }
      }
    }
    const outcomes = Map.groupBy(table, ({ outcome }) => outcome);
    const denied = outcomes.get('allowed, then AccessDeniedException') ?? [];
    const why = NEVER_CALLED.map(([, reason]) => reason);
    expect(table.filter((row) => !denied.includes(row) && !why.includes(row.outcome))).toEqual([]);
    expect(new Set(denied.map(({ action }) => action))).toEqual(
      new Set([
        ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'Query'].map((one) => `dynamodb:${one}`),
        ...['events:PutEvents', 'secretsmanager:GetSecretValue', 'lambda:InvokeFunction', 'sqs:SendMessage'],
        ...['states:StartExecution', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
      ]),
    );
    // Roles that nobody here acts as would be a hole in this table.
    expect([...byRole.keys()].filter((role) => !acting.some(({ roleArn }) => roleArn?.endsWith(`/${role}`)))).toEqual(
      [],
    );
  });
});
