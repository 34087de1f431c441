import { ArnFormat, Duration, RemovalPolicy, type Stack, Token, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { AGENTIC_SOURCE } from '../../../schemas/events/emitted.ts';
import type { SystemConfig } from '../config.ts';
import type { HandlerSpec, Reach } from '../handlers.ts';
import { invokeModel } from '../model-access.ts';
import { SYSTEM, secretNames } from '../names.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { fileStem } from './stem.ts';

/** What functions may be allowed to touch. */
interface Surroundings {
  config: SystemConfig;
  table: Table;
  bus: EventBus;
  slackBotToken: CfnSecret;
  slackSigningSecret: CfnSecret;
}

interface HandlerFunctionProps {
  spec: HandlerSpec;
  code: Code;
  surroundings: Surroundings;
}

/**
 * One handler with its own role, log group and settings, all derived from its entry in handlers.ts.
 *
 * Gotchas: EventBridge invokes functions asynchronously, so an event that a function cannot process does not return
 * to the rule; such a function has its own dead-letter queue, and its rule uses the same one. No concurrency is
 * reserved: conditional writes make overlapping runs safe, and new accounts have little concurrency to spare.
 * `taskTokens` is granted by the stack, once the machine exists.
 */
export class HandlerFunction extends LambdaFunction {
  private readonly spec: HandlerSpec;

  constructor(scope: Construct, id: string, { spec, code, surroundings }: HandlerFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${SYSTEM}-${fileStem(id)}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      functionName: `${SYSTEM}-${fileStem(id)}`,
      description: spec.purpose,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code,
      role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      logGroup,
      tracing: Tracing.ACTIVE,
      memorySize: spec.memoryMb ?? 512,
      timeout: Duration.seconds(spec.timeoutSeconds ?? 30),
      environment: {
        // A stack trace names a line of the source, not of the bundle.
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: fileStem(id),
        POWERTOOLS_METRICS_NAMESPACE: SYSTEM,
        POWERTOOLS_LOG_LEVEL: 'INFO',
        // Events carry task tokens and signatures.
        POWERTOOLS_LOGGER_LOG_EVENT: 'false',
        POWERTOOLS_TRACER_CAPTURE_RESPONSE: 'false',
        ...environment(spec, surroundings),
      },
      ...(spec.folder === 'events' && { deadLetterQueue: new DeadLetterQueue(scope, `${id}DeadLetters`) }),
    });
    this.spec = spec;
    this.addToRolePolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.grantTable(spec, surroundings.table);
    for (const reach of spec.reaches ?? []) this.grantReach(reach, surroundings);
    Validations.of(this.role ?? this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords do not support resource-level permissions.',
    });
  }

  /** Allows it to resume executions of `machine` if its entry lists `taskTokens`. */
  answerTokensOf(machine: StateMachine): void {
    if (!this.spec.reaches?.includes('taskTokens')) return;
    this.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: [machine.stateMachineArn],
      }),
    );
  }

  private grantTable({ rows = [], indexes = [] }: HandlerSpec, table: Table): void {
    for (const { keys, actions, blind } of rows) {
      this.addToRolePolicy(
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [table.tableArn],
          conditions: {
            ...leadingKeys(keys),
            ...(blind && { StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' } }),
          },
        }),
      );
    }
    for (const { index, keys } of indexes) {
      this.addToRolePolicy(
        new PolicyStatement({
          actions: ['dynamodb:Query'],
          resources: [`${table.tableArn}/index/${index}`],
          conditions: leadingKeys(keys),
        }),
      );
    }
  }

  private grantReach(reach: Reach, { config, bus, slackBotToken, slackSigningSecret }: Surroundings): void {
    const names = secretNames(config.stage);
    if (reach === 'events') this.addToRolePolicy(emitOn(bus));
    if (reach === 'vgac') this.grantSecretsNamed(names.anyVgacKey, 'Each cluster may have its own key for VGAC.');
    if (reach === 'schedulers') {
      this.grantSecretsNamed(
        names.anyScheduler,
        'One credential per scheduler, named in the configuration of clusters.',
      );
    }
    if (reach === 'explanations' && config.explanations.modelId) {
      for (const statement of invokeModel(this.stack, config.explanations.modelId)) this.addToRolePolicy(statement);
    }
    if (reach === 'slack') this.grantSecret(slackBotToken.ref);
    if (reach === 'slackSignature') this.grantSecret(slackSigningSecret.ref);
    if (reach === 'slackWebhook' && config.slack.webhookFallback) {
      this.grantSecret(secretArn(this.stack, `${names.slackWebhookUrl}-??????`));
    }
  }

  private grantSecretsNamed(pattern: string, reason: string): void {
    this.grantSecret(secretArn(this.stack, pattern));
    // cdk-nag writes values known only at deployment in angle brackets.
    const known = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
    const place = `${known(this.stack.region, 'Region')}:${known(this.stack.account, 'AccountId')}`;
    const finding = `arn:<AWS::Partition>:secretsmanager:${place}:secret:${pattern}`;
    Validations.of(this.role ?? this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${finding}]`, reason });
  }

  private grantSecret(arn: string): void {
    this.addToRolePolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [arn] }));
  }
}

/** Allows emitting events of this system and no others: a function cannot pose as a collector. */
export function emitOn(bus: EventBus): PolicyStatement {
  return new PolicyStatement({
    actions: ['events:PutEvents'],
    resources: [bus.eventBusArn],
    conditions: { 'ForAllValues:StringEquals': { 'events:source': AGENTIC_SOURCE } },
  });
}

function leadingKeys(pattern: string) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] } };
}

function secretArn(stack: Stack, name: string): string {
  return stack.formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Settings follow from what a function reaches: it does not see the name of a secret it cannot read. */
function environment({ rows, indexes, reaches = [] }: HandlerSpec, { config, table, bus }: Surroundings) {
  const names = secretNames(config.stage);
  const settings: Record<Reach, Record<string, string>> = {
    events: { EVENT_BUS_NAME: bus.eventBusName },
    vgac: {
      VGAC_API_BASE_URL: config.vgac.baseUrl,
      VGAC_TIMEOUT_SECONDS: String(config.vgac.timeoutSeconds),
      VGAC_API_KEY_NAME: config.vgac.apiKey ? names.vgacApiKey : '',
    },
    schedulers: {},
    slack: {
      SLACK_API_BASE_URL: config.slack.baseUrl,
      SLACK_BOT_TOKEN_NAME: names.slackBotToken,
    },
    slackChannel: { SLACK_DEFAULT_CHANNEL: config.slack.channel },
    slackWebhook: { SLACK_WEBHOOK_URL_NAME: config.slack.webhookFallback ? names.slackWebhookUrl : '' },
    slackSignature: {
      SLACK_SIGNING_SECRET_NAME: names.slackSigningSecret,
      SLACK_TEAM_ID: config.slack.teamId,
      SLACK_APP_ID: config.slack.appId,
    },
    newClusters: { NEW_CLUSTERS_PER_DAY: String(config.newClustersPerDay) },
    taskTokens: {},
    explanations: {
      EXPLANATION_MODEL_ID: config.explanations.modelId,
      EXPLANATIONS_PER_DAY: String(config.explanations.perDay),
    },
  };
  return Object.assign(
    rows || indexes ? { DYNAMODB_TABLE_NAME: table.tableName } : {},
    ...reaches.map((reach) => settings[reach]),
  );
}
