import { createHash } from 'node:crypto';
import * as z from 'zod';
import { PolicyDocument } from '../access/policy.ts';
import { compilePattern } from '../bus/patterns.ts';
import { parseExpression } from '../bus/schedule-expression.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
  /** URL of the one port, without a trailing slash. */
  readonly endpoint: string;
}

/** A type of resource that this runtime gives life to. */
export interface Kind<T extends z.ZodType = z.ZodType> {
  readonly type: string;
  /** Property that holds the name an author chose. */
  readonly named?: string;
  readonly arn?: (name: string, place: Place, properties: Readonly<Record<string, unknown>>) => string;
  /** What `Ref` gives; the name by default. */
  readonly ref?: (name: string, place: Place) => string;
  /** What is used of the properties, as this runtime wants it. */
  readonly schema: T;
  /** Properties that change nothing on one machine, besides the name. Any other is refused by name. */
  readonly without: string;
}
const kind = <T extends z.ZodType>(given: Kind<T>) => given;
/** The ARN of a thing by its service, what comes before its name, and its name. */
export const arn =
  (service: string, prefix = '') =>
  (name: string, { region, account }: Place) =>
    `arn:aws:${service}:${region}:${account}:${prefix}${name}`;
const iam = (name: string, { account }: Place) => `arn:aws:iam::${account}:role/${name}`;
// AWS ends the ARN in six random characters.
const secret = (name: string, place: Place) => arn('secretsmanager', 'secret:')(`${name}-${digest(name, 6)}`, place);
const whole = z.coerce.number().int();

export const Machine = kind({
  ...{ type: 'AWS::StepFunctions::StateMachine', named: 'StateMachineName' },
  ...{ arn: arn('states', 'stateMachine:'), ref: arn('states', 'stateMachine:') },
  schema: z.strictObject({
    DefinitionString: z.string(),
    DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    RoleArn: z.string(),
  }),
  without: 'LoggingConfiguration TracingConfiguration Tags',
});

export const LambdaFunction = kind({
  ...{ type: 'AWS::Lambda::Function', named: 'FunctionName', arn: arn('lambda', 'function:') },
  schema: z
    .strictObject({
      Role: z.string(),
      Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
      Handler: z.string().regex(/^[\w./-]+\.\w+$/),
      Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run here'),
      Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()) }).default({ Variables: {} }),
      Timeout: whole.min(1).max(900).default(3),
      MemorySize: whole.min(128).max(10_240).default(128),
      ReservedConcurrentExecutions: whole.min(1).nullable().default(null),
      DeadLetterConfig: z.strictObject({ TargetArn: z.string() }).optional(),
    })
    .transform(({ Code, Handler, Role, Environment, Timeout, MemorySize, ...more }) => ({
      ...{ asset: Code.S3Key, handler: Handler, roleArn: Role, environment: Environment.Variables },
      ...{ timeoutSeconds: Timeout, memoryMb: MemorySize, reservedConcurrency: more.ReservedConcurrentExecutions },
      /** What happens to an asynchronous invocation whose handler throws; the numbers are Lambda's own. */
      async: { attempts: 2, maxAgeSeconds: 21_600, deadLetterArn: more.DeadLetterConfig?.TargetArn ?? null },
    })),
  without: 'Architectures Description Tags TracingConfig LoggingConfig',
});

export const Role = kind({
  ...{ type: 'AWS::IAM::Role', named: 'RoleName', arn: iam },
  schema: z.strictObject({
    Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument })).default([]),
  }),
  without: 'AssumeRolePolicyDocument Path Description Tags',
});

export const Policy = kind({
  type: 'AWS::IAM::Policy',
  schema: z.strictObject({ PolicyDocument, Roles: z.array(z.string()) }),
  without: 'PolicyName',
});

export const EventBus = kind({
  ...{ type: 'AWS::Events::EventBus', named: 'Name', arn: arn('events', 'event-bus/') },
  ...{ schema: z.strictObject({}), without: 'Description Tags' },
});

const Target = z
  .strictObject({
    Id: z.string().min(1),
    Arn: z.string(),
    Input: z.string().nullable().default(null),
    RetryPolicy: z
      .strictObject({
        MaximumRetryAttempts: whole.min(0).max(185).default(185),
        MaximumEventAgeInSeconds: whole.min(60).max(86_400).default(86_400),
      })
      .prefault({}),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
    RoleArn: z.string().optional(),
  })
  .transform(({ Id, Arn, Input, RetryPolicy, DeadLetterConfig, RoleArn }) => ({
    ...{ id: Id, arn: Arn, deadLetterArn: DeadLetterConfig?.Arn ?? null, roleArn: RoleArn ?? null },
    /** JSON that the target gets in place of the event. */
    constant: Input,
    retry: { attempts: RetryPolicy.MaximumRetryAttempts, maxAgeSeconds: RetryPolicy.MaximumEventAgeInSeconds },
  }));

export const Rule = kind({
  ...{ type: 'AWS::Events::Rule', named: 'Name' },
  arn(name, place, { EventBusName }) {
    const bus = typeof EventBusName === 'string' ? busNameOf(EventBusName) : 'default';
    return arn('events', 'rule/')(bus === 'default' ? name : `${bus}/${name}`, place);
  },
  schema: z
    .strictObject({
      EventBusName: z.string().default('default').transform(busNameOf),
      EventPattern: z.unknown().optional(),
      ScheduleExpression: z.string().optional(),
      State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
      Targets: z.array(Target).default([]),
    })
    .transform(({ EventBusName, EventPattern: pattern, ScheduleExpression: schedule, State, Targets }) => ({
      ...{ busName: EventBusName, enabled: State === 'ENABLED', targets: Targets },
      pattern: pattern === undefined ? null : compilePattern(pattern),
      /** The pattern as written, for whoever lists the rules. */
      patternJson: pattern === undefined ? null : JSON.stringify(pattern),
      schedule: schedule === undefined ? null : { expression: schedule, next: parseExpression(schedule) },
    })),
  without: 'Description Tags',
});

export const Queue = kind({
  ...{ type: 'AWS::SQS::Queue', named: 'QueueName', arn: arn('sqs') },
  ref: (name, { endpoint, account }) => `${endpoint}/${account}/${name}`,
  schema: z
    .strictObject({ MessageRetentionPeriod: whole.min(60).default(345_600) })
    .transform(({ MessageRetentionPeriod: retentionSeconds }) => ({ retentionSeconds })),
  without: 'Tags SqsManagedSseEnabled',
});

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.string() })).min(1);
export const Table = kind({
  ...{ type: 'AWS::DynamoDB::Table', named: 'TableName', arn: arn('dynamodb', 'table/') },
  schema: z
    .strictObject({
      KeySchema,
      AttributeDefinitions: z.array(z.unknown()).min(1),
      GlobalSecondaryIndexes: z
        .array(z.object({ IndexName: z.string(), KeySchema, Projection: z.unknown() }))
        .default([]),
    })
    .transform(({ KeySchema: keySchema, AttributeDefinitions, GlobalSecondaryIndexes }) => ({
      ...{ keySchema, attributeDefinitions: AttributeDefinitions, globalSecondaryIndexes: GlobalSecondaryIndexes },
    })),
  // Expired items stay: dynalite deletes nothing by itself, and on AWS deletion may lag by days.
  without: 'BillingMode Tags PointInTimeRecoverySpecification DeletionProtectionEnabled TimeToLiveSpecification',
});

export const Api = kind({
  type: 'AWS::ApiGatewayV2::Api',
  ...{ schema: z.strictObject({ ProtocolType: z.literal('HTTP') }), without: 'Name Description Tags' },
});
export const Route = kind({
  type: 'AWS::ApiGatewayV2::Route',
  schema: z.strictObject({
    ApiId: z.string(),
    RouteKey: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/[\w./-]*$/, 'only METHOD /plain/path'),
    Target: z.string().regex(/^integrations\//),
    AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
  }),
  without: '',
});
export const Integration = kind({
  type: 'AWS::ApiGatewayV2::Integration',
  schema: z.strictObject({
    ApiId: z.string(),
    IntegrationType: z.literal('AWS_PROXY'),
    IntegrationUri: z.string(),
    PayloadFormatVersion: z.literal('2.0'),
  }),
  without: '',
});

export const Secret = kind({
  ...{ type: 'AWS::SecretsManager::Secret', named: 'Name', arn: secret, ref: secret },
  // The value is handed over at start; it is never in a template.
  ...{ schema: z.strictObject({}), without: 'Description Tags GenerateSecretString' },
});

const KINDS = [Machine, LambdaFunction, Role, Policy, EventBus, Rule, Queue, Table, Api, Route, Integration, Secret];
export const KIND_OF: ReadonlyMap<string, Kind> = new Map(KINDS.map((each): [string, Kind] => [each.type, each]));

/** Logs, alarms, resource policies and the like: on one machine they change nothing about what runs. */
export const INERT: ReadonlySet<string> = new Set([
  ...['AWS::ApiGatewayV2::Stage', 'AWS::CDK::Metadata', 'AWS::CloudWatch::Alarm', 'AWS::Events::Archive'],
  ...['AWS::Lambda::Permission', 'AWS::Logs::LogGroup', 'AWS::SNS::Subscription', 'AWS::SNS::Topic'],
  ...['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'],
]);

/** Bus name from a name or an ARN. */
export function busNameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:.*:event-bus\//, '');
}

export function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
