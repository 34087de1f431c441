// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of CloudFormation.
import { describe, expect, it } from 'vitest';
import { loadAssembly } from '../../../../infra/runtime/assembly/load.ts';
import { UnsupportedAssembly } from '../../../../infra/runtime/assembly/unsupported-assembly.ts';
import { lambda, MIGHTY, queue, type Resources, table, writeAssembly } from '../assembly-fixture.ts';

const PLACE = { account: '000000000000', region: 'us-east-1', endpoint: 'http://127.0.0.1:4566' };

function problemsOf(resources: Resources, functions: Record<string, string> = { code: '' }): readonly string[] {
  try {
    loadAssembly(writeAssembly({ Stack: { resources } }, functions), PLACE);
  } catch (error) {
    if (error instanceof UnsupportedAssembly) return error.problems;
    throw error;
  }
  return [];
}

describe('an assembly', () => {
  it('is made concrete across stacks: names, ARNs, URLs and texts', () => {
    const directory = writeAssembly(
      {
        State: {
          resources: {
            Table: table('items'),
            Queue: queue(),
            Token: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'slack/bot-token' } },
          },
          outputs: {
            Table: { Value: { Ref: 'Table' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Table' } } },
            Queue: { Value: { Ref: 'Queue' }, Export: { Name: 'State:Queue' } },
            Token: { Value: { Ref: 'Token' }, Export: { Name: 'State:Token' } },
          },
        },
        Work: {
          resources: {
            Do: lambda('code', {
              Environment: {
                Variables: {
                  TABLE: { 'Fn::ImportValue': 'State:Table' },
                  QUEUE: { 'Fn::ImportValue': 'State:Queue' },
                  ACCOUNT: { Ref: 'AWS::AccountId' },
                  JOINED: { 'Fn::Join': ['-', [{ Ref: 'AWS::Region' }, 'b']] },
                  SECRET: { 'Fn::ImportValue': 'State:Token' },
                  SUB: { 'Fn::Sub': '${AWS::Partition}/${Bus.Arn}' },
                },
              },
            }),
            Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'jobs' } },
            Machine: {
              Type: 'AWS::StepFunctions::StateMachine',
              Properties: {
                StateMachineName: 'flow',
                RoleArn: MIGHTY,
                DefinitionString: '{"StartAt":"Do","States":{"Do":{"Arn":"${DoArn}"}}}',
                DefinitionSubstitutions: { DoArn: { 'Fn::GetAtt': ['Do', 'Arn'] } },
              },
            },
            // Nothing of it is read.
            Topic: { Type: 'AWS::SNS::Topic', Properties: { Unknown: { 'Fn::Whatever': [] } } },
          },
        },
      },
      { code: 'export const handler = () => 1;' },
    );
    const assembly = loadAssembly(directory, PLACE);
    expect(assembly.functions[0]).toMatchObject({
      name: 'Work-Do',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Work-Do',
      timeoutSeconds: 20,
      exportName: 'handler',
      environment: {
        TABLE: 'items',
        QUEUE: 'http://127.0.0.1:4566/000000000000/State-Queue',
        ACCOUNT: '000000000000',
        JOINED: 'us-east-1-b',
        SUB: 'aws/arn:aws:events:us-east-1:000000000000:event-bus/jobs',
      },
    });
    expect(assembly.functions[0]?.environment.SECRET).toMatch(/:secret:slack\/bot-token-[0-9a-f]{6}$/);
    expect(assembly.machines[0]?.definition).toEqual({
      StartAt: 'Do',
      States: { Do: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:Work-Do' } },
    });
  });

  it('is refused with every resource type it does not know, by name', () => {
    const problems = problemsOf({
      Stream: { Type: 'AWS::Kinesis::Stream' },
      Custom: { Type: 'Custom::S3AutoDeleteObjects' },
    });
    expect(problems).toEqual([
      'Stack/Stream (AWS::Kinesis::Stream): resource type is not supported',
      'Stack/Custom (Custom::S3AutoDeleteObjects): resource type is not supported',
    ]);
  });

  it.each<[string, Resources, RegExp]>([
    ['a property nobody runs', { F: lambda('code', { VpcConfig: {} }) }, /Stack\/F .*VpcConfig/],
    ['another runtime', { F: lambda('code', { Runtime: 'python3.13' }) }, /Runtime: only Node/],
    ['code that is not there', { F: lambda('gone') }, /gone\.zip is not an asset/],
    ['a module that is not there', { F: lambda('code', { Handler: 'main.handler' }) }, /contains no main/],
    ['a condition', { Q: { ...queue(), Condition: 'Prod' } }, /conditions are not supported/],
    [
      'an unknown intrinsic',
      { F: lambda('code', { MemorySize: { 'Fn::If': ['X', 1, 2] } }) },
      /Fn::If is not supported/,
    ],
    ['a pattern operator', rule({ EventPattern: { source: [{ wildcard: 'a*' }] } }), /source: operator wildcard/],
    ['a schedule', rule({ ScheduleExpression: 'cron(0 0 L * ? *)' }), /cron\(0 0 L/],
    ['a target elsewhere', rule({ Targets: [{ Id: 'T', Arn: 'arn:aws:sns:x' }] }), /target arn:aws:sns:x is not/],
    [
      'a machine that a rule starts as nobody',
      {
        ...machine('{}'),
        ...rule({ Targets: [{ Id: 'T', Arn: { Ref: 'Machine' } }] }),
      },
      /Stack\/Rule .*: target T is a state machine without a RoleArn/,
    ],
    ['a role that is not there', { F: lambda('code', { Role: 'arn:x' }) }, /its role arn:x is not in this assembly/],
    [
      'a dead-letter queue that its role may not send to',
      {
        ...role({}),
        Q: queue(),
        F: lambda('code', {
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Q', 'Arn'] } },
        }),
      },
      /Stack\/F .*: its role does not allow sqs:SendMessage on arn:aws:sqs:/,
    ],
    ['a policy of AWS', role({ ManagedPolicyArns: ['arn:x'] }), /"ManagedPolicyArns"/],
    ['all but an action', role({ Policies: [policy({ NotAction: 'a:b', Resource: '*' })] }), /"NotAction"/],
    ['an input path', rule({ Targets: [{ Id: 'T', Arn: 'arn:x', InputPath: '$.detail' }] }), /"InputPath"/],
    ['a boundary', role({ PermissionsBoundary: 'arn:x' }), /"PermissionsBoundary"/],
    ['a condition key it is not told', allowing({ Bool: { 'aws:ViaAWSService': 'true' } }), /key aws:ViaAWSService/],
    [
      'a condition operator',
      allowing({ IpAddress: { 'events:source': '10.0.0.0/8' } }),
      /operator IpAddress is not supported/,
    ],
    [
      'a policy variable',
      allowing({ StringLike: { 'dynamodb:LeadingKeys': '${aws:PrincipalArn}' } }),
      /policy variables are not supported/,
    ],
    [
      'a resource that is no ARN',
      role({ Policies: [policy({ Action: 'a:b', Resource: 'arn:aws:sqs:*' })] }),
      /Resource\.0: must be \* or an ARN/,
    ],
    ['a bus that is not there', rule({ EventBusName: 'other' }), /bus other is not in this assembly/],
    ['a missing substitution', machine('{"a":"${Nobody}"}'), /\$\{Nobody\} has no substitution/],
    ['one that every object seems to have', machine('{"a":"${constructor}"}'), /constructor\} has no substitution/],
  ])('is refused for %s', (_, resources, problem) => {
    expect(problemsOf(resources).join('\n')).toMatch(problem);
  });
});

function rule(properties: Record<string, unknown>): Resources {
  return { Rule: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['x'] }, ...properties } } };
}

function machine(definition: string): Resources {
  const properties = { DefinitionString: definition, RoleArn: MIGHTY };
  return { Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: properties } };
}

function role(properties: Record<string, unknown>): Resources {
  return { Role: { Type: 'AWS::IAM::Role', Properties: properties } };
}

function allowing(condition: unknown): Resources {
  return role({ Policies: [policy({ Action: 'dynamodb:*', Resource: '*', Condition: condition })] });
}

function policy(statement: object) {
  return { PolicyName: 'P', PolicyDocument: { Statement: { Effect: 'Allow', ...statement } } };
}
