import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { command } from '../../functions/domain/command.ts';
import { AGENTIC_SOURCE } from '../../schemas/events/emitted.ts';
import { GuardedRule } from './constructs/guarded-rule.ts';
import { SYSTEM } from './names.ts';
import type { Parts } from './parts.ts';

/** People click rarely and a few at a time; anything that calls more often is not Slack. */
const THROTTLE = { rateLimit: 20, burstLimit: 40 };

/** How a human answer reaches an execution: the URL that Slack calls, and the sweeper behind it. */
export function approvals(scope: Construct, { config, stateful, functions }: Parts): void {
  endpoints(scope, functions);
  new GuardedRule(scope, 'AnsweredOutsideSlack', {
    description: 'A person answered on the console or the command line: the sweeper resumes the execution at once.',
    on: {
      bus: stateful.bus,
      pattern: { source: [AGENTIC_SOURCE], detailType: ['ApprovalDecided'], detail: { via: ['console', 'cli'] } },
    },
    // The sweeper runs every minute anyway.
    maxEventAge: Duration.minutes(1),
    retryAttempts: 1,
    deadLetterQueue: functions.ApprovalSweeper.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.ApprovalSweeper, delivery),
  });
  new GuardedRule(scope, 'QuestionOvertaken', {
    description:
      'A question became void: the sweeper resumes the execution, since whoever voided it may not read its token.',
    on: {
      bus: stateful.bus,
      pattern: { source: [AGENTIC_SOURCE], detailType: ['ApprovalDecided'], detail: { decision: ['void'] } },
    },
    maxEventAge: Duration.minutes(1),
    retryAttempts: 1,
    deadLetterQueue: functions.ApprovalSweeper.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.ApprovalSweeper, delivery),
  });
  if (config.explanations.modelId) {
    new GuardedRule(scope, 'ApprovalExplanation', {
      description: 'A human is asked: explains the request in words, outside the job workflow.',
      on: { bus: stateful.bus, pattern: { source: [AGENTIC_SOURCE], detailType: ['ApprovalRequested'] } },
      // The card is complete without it.
      maxEventAge: Duration.minutes(5),
      retryAttempts: 2,
      deadLetterQueue: functions.ExplainApproval.deadLetterQueue,
      target: (delivery) => new LambdaFunction(functions.ExplainApproval, delivery),
    });
  }
  new GuardedRule(scope, 'ApprovalSweeperSchedule', {
    description: 'Runs approval-sweeper every minute.',
    on: { schedule: Schedule.rate(Duration.minutes(1)) },
    // The next tick does everything a lost one would have done.
    maxEventAge: Duration.minutes(1),
    retryAttempts: 1,
    deadLetterQueue: functions.ApprovalSweeper.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.ApprovalSweeper, delivery),
  });
  new GuardedRule(scope, 'UndoRequested', {
    description: 'A person asked to undo an effect.',
    on: { bus: stateful.bus, pattern: { source: [AGENTIC_SOURCE], detailType: ['UndoRequested'] } },
    // The sweeper repeats the request every minute until it is done.
    maxEventAge: Duration.minutes(5),
    retryAttempts: 2,
    deadLetterQueue: functions.UndoEffect.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.UndoEffect, delivery),
  });
  new GuardedRule(scope, 'DailyDigestSchedule', {
    description: 'Posts the daily digests, in the morning in Europe.',
    on: { schedule: Schedule.cron({ minute: '0', hour: '6' }) },
    // A digest is posted once, however often this is retried.
    maxEventAge: Duration.hours(2),
    retryAttempts: 3,
    deadLetterQueue: functions.DailyDigest.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.DailyDigest, delivery),
  });
}

/**
 * One route is authenticated by Slack's signature, the other by IAM, which identifies people who answer outside
 * Slack.
 */
function endpoints(scope: Construct, { SlackWebhook, AnswerApproval }: Parts['functions']): void {
  const api = new HttpApi(scope, 'SlackApi', {
    apiName: `${SYSTEM}-slack`,
    description: 'Receives the clicks on approval cards, and the answers given outside Slack.',
    createDefaultStage: false,
  });
  const path = '/slack/interactions';
  const routes = api.addRoutes({
    path,
    methods: [HttpMethod.POST],
    integration: new HttpLambdaIntegration('SlackWebhook', SlackWebhook),
  });
  const answerPath = '/approvals/answer';
  api.addRoutes({
    path: answerPath,
    methods: [HttpMethod.POST],
    integration: new HttpLambdaIntegration('AnswerApproval', AnswerApproval),
    authorizer: new HttpIamAuthorizer(),
  });
  for (const route of routes) {
    Validations.of(route).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'Slack cannot sign for an authorizer; the handler verifies its signature over the raw body before anything else.',
    });
  }
  const stage = new HttpStage(scope, 'SlackApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: THROTTLE,
    accessLogSettings: {
      destination: new LogGroupLogDestination(
        new LogGroup(scope, 'SlackApiLogs', {
          logGroupName: `/aws/vendedlogs/apis/${SYSTEM}-slack`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
      // Neither body nor headers: the body names people, the headers carry the signature.
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: AccessLogField.contextRequestId(),
          requestTime: AccessLogField.contextRequestTime(),
          sourceIp: AccessLogField.contextIdentitySourceIp(),
          routeKey: AccessLogField.contextRouteKey(),
          status: AccessLogField.contextStatus(),
          responseLatency: AccessLogField.contextResponseLatency(),
          integrationError: AccessLogField.contextIntegrationErrorMessage(),
        }),
      ),
    },
  });
  new CfnOutput(scope, 'SlackInteractionsUrl', {
    description: 'Enter this in the Slack app under Interactivity, Request URL.',
    value: `${stage.url}${path.slice(1)}`,
  });
  new CfnOutput(scope, 'ApprovalsUrl', {
    description: `Set VGAC_APPROVALS_URL to this: ${command('approve')} answers here with your AWS credentials.`,
    value: `${stage.url}${answerPath.slice(1)}`,
  });
}
