import { Match, Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HANDLERS } from '../../../infra/aws/handlers.ts';
import type { StatelessStack } from '../../../infra/aws/stateless-stack.ts';
import { assembleWithoutCode, PROD, resources, withoutHash } from './prod-like.ts';

let stack: StatelessStack;
let stateless: Template;
beforeAll(() => {
  stack = assembleWithoutCode(PROD).stateless;
  stateless = Template.fromStack(stack);
});

const refTo = (id: string) => ({ Ref: Match.stringLikeRegexp(`^${id}[0-9A-F]{8}$`) });
const arnOf = (id: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(`^${id}[0-9A-F]{8}$`), 'Arn'] });
const imported = (id: string) => ({ 'Fn::ImportValue': Match.stringLikeRegexp(id) });
const COLLECTOR_ACCOUNTS = ['123456789012', '210987654321'];

const Target = z.object({
  Arn: z.unknown(),
  DeadLetterConfig: z.object({ Arn: z.unknown() }),
  RetryPolicy: z.object({ MaximumRetryAttempts: z.number(), MaximumEventAgeInSeconds: z.number() }),
});

describe('rules', () => {
  it.each([
    ['JobSubmitted', ['JobSubmitted'], refTo('JobWorkflowMachine'), 'JobSubmittedDeadLetters'],
    ['JobOutcome', ['JobStarted', 'JobEnded', 'JobCancelled'], arnOf('IngestOutcome'), 'IngestOutcomeDeadLetters'],
    ['QueueSnapshot', ['QueueSnapshot'], arnOf('IngestSnapshot'), 'IngestSnapshotDeadLetters'],
  ])('%s takes %j from the collectors, in their accounts, on the bus', (_rule, types, target, deadLetters) => {
    stateless.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: imported('Bus'),
      EventPattern: {
        source: ['vgac.collectors', { prefix: 'vgac.collectors.' }],
        account: COLLECTOR_ACCOUNTS,
        'detail-type': types,
      },
      Targets: [Match.objectLike({ Arn: target, DeadLetterConfig: { Arn: arnOf(deadLetters) } })],
    });
  });

  it('hands executions of job-workflow that ended badly to CloseExecution', () => {
    stateless.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: Match.absent(),
      EventPattern: {
        source: ['aws.states'],
        account: ['123456789012'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [refTo('JobWorkflowMachine')] },
      },
      Targets: [
        Match.objectLike({
          Arn: arnOf('CloseExecution'),
          DeadLetterConfig: { Arn: arnOf('CloseExecutionDeadLetters') },
        }),
      ],
    });
  });

  it.each([
    ['rate(5 minutes)', refTo('DriftMonitorMachine'), 'DriftMonitorScheduleDeadLetters'],
    ['rate(1 minute)', arnOf('ApprovalSweeper'), 'ApprovalSweeperDeadLetters'],
  ])('runs at %s what is due then', (schedule, target, deadLetters) => {
    stateless.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: schedule,
      Targets: [Match.objectLike({ Arn: target, DeadLetterConfig: { Arn: arnOf(deadLetters) } })],
    });
  });

  it('all have one target, a retry policy and a dead-letter queue that EventBridge may write to', () => {
    const rules = resources(stack, 'AWS::Events::Rule', z.object({ Targets: z.tuple([Target]) }));
    expect(rules.size).toBe(11);
    for (const { Targets } of rules.values()) {
      expect(Targets[0].RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0);
      stateless.hasResourceProperties('AWS::SQS::QueuePolicy', {
        PolicyDocument: Match.objectLike({
          Statement: Match.arrayWith([
            Match.objectLike({
              Action: 'sqs:SendMessage',
              Principal: { Service: 'events.amazonaws.com' },
              Resource: Targets[0].DeadLetterConfig.Arn,
            }),
          ]),
        }),
      });
    }
  });

  it('share their queue with the function, which EventBridge does not wait for', () => {
    for (const handler of ['IngestOutcome', 'CloseExecution', 'ApprovalSweeper']) {
      stateless.hasResourceProperties('AWS::Lambda::Function', {
        FunctionName: Match.stringLikeRegexp(`^vgac-agentic-${handler.replaceAll(/\B[A-Z]/g, '-$&').toLowerCase()}$`),
        DeadLetterConfig: { TargetArn: arnOf(`${handler}DeadLetters`) },
      });
    }
    const rules = resources(stack, 'AWS::Events::Rule', z.object({ Targets: z.array(Target) }));
    const targets = JSON.stringify([...rules.values()].map(({ Targets }) => Targets.map(({ Arn }) => Arn)));
    const functions = resources(stack, 'AWS::Lambda::Function', z.object({ DeadLetterConfig: z.unknown().optional() }));
    const invoked = [...functions].filter(([id]) => targets.includes(`"${id}"`));
    expect(invoked.length).toBeGreaterThan(2);
    for (const [id, { DeadLetterConfig }] of invoked) expect([id, DeadLetterConfig]).toEqual([id, expect.anything()]);
  });
});

describe('the endpoint for answers', () => {
  it('has one route for Slack, whose signature the handler verifies, and one that only IAM opens', () => {
    stateless.resourceCountIs('AWS::ApiGatewayV2::Route', 2);
    stateless.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: 'POST /slack/interactions',
      AuthorizationType: 'NONE',
    });
    stateless.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: 'POST /approvals/answer',
      AuthorizationType: 'AWS_IAM',
    });
    stateless.hasResourceProperties('AWS::ApiGatewayV2::Integration', { IntegrationUri: arnOf('AnswerApproval') });
  });

  it('wakes up the sweeper when somebody answered outside of Slack', () => {
    stateless.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ 'detail-type': ['ApprovalDecided'], detail: { via: ['console', 'cli'] } }),
      Targets: [Match.objectLike({ Arn: arnOf('ApprovalSweeper') })],
    });
  });

  it('is throttled, with access logs that hold neither body nor headers', () => {
    stateless.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationUri: arnOf('SlackWebhook'),
      PayloadFormatVersion: '2.0',
    });
    const Stage = z.object({
      AccessLogSettings: z.object({ DestinationArn: z.unknown(), Format: z.string() }),
      DefaultRouteSettings: z.object({ ThrottlingBurstLimit: z.number(), ThrottlingRateLimit: z.number() }),
    });
    const [stage] = resources(stack, 'AWS::ApiGatewayV2::Stage', Stage).values();
    expect(stage?.DefaultRouteSettings).toEqual({ ThrottlingBurstLimit: 40, ThrottlingRateLimit: 20 });
    expect(stage?.AccessLogSettings.Format).not.toMatch(/header|body|authorizer/i);
  });
});

describe('machines', () => {
  it('log every state without its data, and are traced', () => {
    stateless.resourceCountIs('AWS::StepFunctions::StateMachine', 3);
    stateless.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: Match.objectLike({ Level: 'ALL', IncludeExecutionData: false }),
      TracingConfiguration: { Enabled: true },
    });
  });
});

describe('functions', () => {
  it('are Node 24 on arm64, traced, with a role and a log group of their own', () => {
    stateless.resourceCountIs('AWS::Lambda::Function', Object.keys(HANDLERS).length);
    const Settings = z.object({
      Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
      LoggingConfig: z.object({ LogGroup: z.object({ Ref: z.string() }) }),
    });
    for (const [id, settings] of resources(stack, 'AWS::Lambda::Function', Settings)) {
      expect(withoutHash(settings.Role['Fn::GetAtt'][0])).toBe(`${withoutHash(id)}Role`);
      expect(withoutHash(settings.LoggingConfig.LogGroup.Ref)).toBe(`${withoutHash(id)}Logs`);
    }
    stateless.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('keep their logs for a limited time', () => {
    stateless.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });
});

describe('alarms', () => {
  const Alarm = z.object({
    MetricName: z.string(),
    AlarmDescription: z.string(),
    AlarmActions: z.array(z.unknown()).length(1),
  });

  it('watch every machine, function, queue and the API', () => {
    const watched = [...resources(stack, 'AWS::CloudWatch::Alarm', Alarm)].map(
      ([id, { MetricName }]) => `${withoutHash(id)} ${MetricName}`,
    );
    const machines = ['JobWorkflow', 'DriftMonitor', 'Recalibration'].flatMap((machine) => [
      `Alarms${machine}Failed ExecutionsFailed`,
      `Alarms${machine}TimedOut ExecutionsTimedOut`,
      `Alarms${machine}Throttled ExecutionThrottled`,
    ]);
    const queues = [
      ...[
        'JobSubmitted',
        'DriftMonitorSchedule',
        'IngestOutcome',
        'IngestSnapshot',
        'CloseExecution',
        'ApprovalSweeper',
        'UndoEffect',
        'ExplainApproval',
        'DailyDigest',
      ].map((owner) => `${owner}DeadLetters`),
      'Quarantine',
    ].map((queue) => `Alarms${queue}Depth ApproximateNumberOfMessagesVisible`);
    const functions = Object.keys(HANDLERS).map((name) => `Alarms${name}Errors Errors`);
    expect(watched.sort()).toEqual(
      [
        ...[...machines, ...queues, ...functions, 'AlarmsSlackApiServerErrors 5xx'],
        'AlarmsApprovalSweepFailed ApprovalSweepFailed',
        'AlarmsFoldFailed FoldFailed',
        'AlarmsDriftMonitorMissing ExecutionsStarted',
        'AlarmsApprovalSweeperMissing Invocations',
      ].sort(),
    );
  });

  it('are not mute: the key of their topic, and the topic, take what CloudWatch publishes for this account alone', () => {
    const [id] = [...resources(stack, 'AWS::KMS::Key', z.object({ EnableKeyRotation: z.literal(true) })).keys()];
    stateless.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [id, 'Arn'] } });
    const ofCloudWatch = {
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': stack.account } },
    };
    stateless.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ ...ofCloudWatch, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] }),
        ]),
      }),
    });
    stateless.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ ...ofCloudWatch, Action: 'sns:Publish' })]),
      }),
    });
  });

  it('go off where what runs on a schedule has not run, for then there is no data', () => {
    for (const [MetricName, Dimensions] of [
      ['ExecutionsStarted', [{ Name: 'StateMachineArn', Value: { Ref: Match.stringLikeRegexp('^DriftMonitor') } }]],
      ['Invocations', [{ Name: 'FunctionName', Value: { Ref: Match.stringLikeRegexp('^ApprovalSweeper') } }]],
    ] as const) {
      stateless.hasResourceProperties('AWS::CloudWatch::Alarm', {
        ...{ MetricName, Dimensions, Statistic: 'Sum', Period: 300, EvaluationPeriods: 3, Threshold: 1 },
        ...{ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' },
      });
    }
  });

  it('link to the runbook, and reach the operator by way of a topic that takes nothing unencrypted', () => {
    for (const { AlarmDescription, AlarmActions } of resources(stack, 'AWS::CloudWatch::Alarm', Alarm).values()) {
      expect(AlarmDescription).toContain('README.md#operating-it');
      expect(AlarmActions).toEqual([{ Ref: expect.stringMatching(/^AlarmsTopic/) }]);
    }
    stateless.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'gpu-oncall@example.com',
    });
    stateless.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
  });
});

describe('cdk-nag', () => {
  it('finds nothing that has no written reason', () => {
    const { app } = assembleWithoutCode(PROD);
    expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
  });

  it('would find a queue without encryption in transit', () => {
    const { app, stateless: careless } = assembleWithoutCode(PROD);
    new Queue(careless, 'Careless');
    const found = new AwsSolutionsChecks().validateScope(app).violations.map(({ ruleName }) => ruleName);
    expect(found).toEqual(expect.arrayContaining(['AwsSolutions-SQS4']));
    expect(() => app.synth()).toThrow('AwsSolutions-SQS4');
  });
});

describe('the local stage', () => {
  it('is the same system without an account, collectors or anybody to wake', () => {
    const local = assembleWithoutCode({ ...PROD, stage: 'local', collectorPrincipals: [] });
    const types = (template: Template) =>
      Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type);
    expect(types(Template.fromStack(local.stateless))).toEqual(types(stateless));
  });
});
