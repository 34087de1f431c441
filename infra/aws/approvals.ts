import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { AGENTIC_SOURCE } from '../../schemas/events/emitted.ts';
import { GuardedRule } from './constructs/guarded-rule.ts';
import { SYSTEM } from './names.ts';
import type { Parts } from './parts.ts';

/** People click, seldom and a few at a time; whoever calls more often is not Slack. */
const THROTTLE = { rateLimit: 20, burstLimit: 40 };

/** The way of a human answer into an execution: the URL that Slack calls, and the sweeper behind it. */
export function approvals(scope: Construct, { config, stateful, functions }: Parts): void {
  endpoints(scope, functions);
  new GuardedRule(scope, 'AnsweredOutsideSlack', {
    description: 'Somebody answered on the console or the command line: the sweeper resumes the execution at once.',
    on: {
      bus: stateful.bus,
      pattern: { source: [AGENTIC_SOURCE], detailType: ['ApprovalDecided'], detail: { via: ['console', 'cli'] } },
    },
    // The sweeper comes by every minute anyway.
    maxEventAge: Duration.minutes(1),
    retryAttempts: 1,
    deadLetterQueue: functions.ApprovalSweeper.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.ApprovalSweeper, delivery),
  });
  new GuardedRule(scope, 'QuestionOvertaken', {
    description: 'A question went void: the sweeper resumes an execution whose token nobody else at hand may answer.',
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
      description: 'A human is asked: explains the request in words, beside the journey of the job.',
      on: { bus: stateful.bus, pattern: { source: [AGENTIC_SOURCE], detailType: ['ApprovalRequested'] } },
      // The card says all there is to say without it.
      maxEventAge: Duration.minutes(5),
      retryAttempts: 2,
      deadLetterQueue: functions.ExplainApproval.deadLetterQueue,
      target: (delivery) => new LambdaFunction(functions.ExplainApproval, delivery),
    });
  }
  new GuardedRule(scope, 'ApprovalSweeperSchedule', {
    description: 'Runs approval-sweeper every minute.',
    on: { schedule: Schedule.rate(Duration.minutes(1)) },
    // The next tick does all that a lost one would have done.
    maxEventAge: Duration.minutes(1),
    retryAttempts: 1,
    deadLetterQueue: functions.ApprovalSweeper.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.ApprovalSweeper, delivery),
  });
  new GuardedRule(scope, 'UndoRequested', {
    description: 'A person asked to undo what was done.',
    on: { bus: stateful.bus, pattern: { source: [AGENTIC_SOURCE], detailType: ['UndoRequested'] } },
    // The sweeper asks again every minute for as long as it is not done.
    maxEventAge: Duration.minutes(5),
    retryAttempts: 2,
    deadLetterQueue: functions.UndoEffect.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.UndoEffect, delivery),
  });
  new GuardedRule(scope, 'DailyDigestSchedule', {
    description: 'Posts the daily digests, in the European morning.',
    on: { schedule: Schedule.cron({ minute: '0', hour: '6' }) },
    // A digest that is begun is posted once, however often this is tried.
    maxEventAge: Duration.hours(2),
    retryAttempts: 3,
    deadLetterQueue: functions.DailyDigest.deadLetterQueue,
    target: (delivery) => new LambdaFunction(functions.DailyDigest, delivery),
  });
}

/** Slack's signature opens one door, IAM the other: who answers outside of Slack is who IAM says it is. */
function endpoints(scope: Construct, { SlackWebhook, AnswerApproval }: Parts['functions']): void {
  const api = new HttpApi(scope, 'SlackApi', {
    apiName: `${SYSTEM}-slack`,
    description: 'Receives the clicks on approval cards, and the answers from outside of Slack.',
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
        'Slack cannot sign for an authorizer; the handler verifies its signature over the raw body before all else.',
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
      // Neither body nor headers: the one names people, the others carry the signature.
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
    description: 'Write this into the Slack app, Interactivity, Request URL.',
    value: `${stage.url}${path.slice(1)}`,
  });
  new CfnOutput(scope, 'ApprovalsUrl', {
    description: 'Where npm run approve answers with your AWS credentials: VGAC_APPROVALS_URL.',
    value: `${stage.url}${answerPath.slice(1)}`,
  });
}
