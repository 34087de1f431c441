import { createHash } from 'node:crypto';
import * as z from 'zod';
import { PolicyDocument } from './policy.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
  /** URL of the one port, without a trailing slash. */
  readonly endpoint: string;
}

/** How other resources refer to a resource. */
export interface Identity {
  readonly name: string;
  readonly arn: string;
}

/** A resource type that this runtime implements. */
export interface Kind<T extends object = object> {
  readonly type: string;
  /** Property with the explicit name. */
  readonly named: string;
  /** Builds its ARN, where that is more than service and name. */
  readonly arnOf: ((name: string, place: Place, busName: string) => string) | undefined;
  /** What `Ref` returns, where it is not the name. */
  readonly refOf: ((name: string, place: Place) => string) | undefined;
  /** The properties in use. Any other is refused by name. */
  readonly schema: z.ZodType<T>;
}

/** Every kind by its type. */
export const KINDS = new Map<string, Kind>();
function kind<S extends z.ZodRawShape>(
  type: string,
  named: string,
  [arnOf, refOf]: readonly [Kind['arnOf']?, Kind['refOf']?],
  used: S,
) {
  const made = { type, named, arnOf, refOf, schema: z.strictObject(used) };
  KINDS.set(type, made);
  return made;
}

/** Properties that change nothing on one machine. */
export const IGNORED_PROPERTIES: ReadonlySet<string> = new Set([
  'Description',
  'Tags',
  'Architectures',
  'AssumeRolePolicyDocument',
  'Path',
  'GenerateSecretString',
  'LoggingConfig',
  'LoggingConfiguration',
  'TracingConfig',
  'TracingConfiguration',
  'SqsManagedSseEnabled',
  'BillingMode',
  'DeletionProtectionEnabled',
  'PointInTimeRecoverySpecification',
  // Expired items stay: nothing deletes them on one machine, and on AWS deletion may lag by days.
  'TimeToLiveSpecification',
]);

/** Logs, alarms, resource policies and the like: they do not affect what runs on one machine. */
export const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::Events::Archive',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::KMS::Key',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
]);

/** Builds ARNs from a service, the prefix before the name, and the name. */
export const arn =
  (service: string, prefix = '') =>
  (name: string, { region, account }: Place) =>
    `arn:aws:${service}:${region}:${account}:${prefix}${name}`;
const roleArn = (name: string, { account }: Place) => `arn:aws:iam::${account}:role/${name}`;
const machineArn = arn('states', 'stateMachine:');
const ruleArn = (name: string, place: Place, busName: string) =>
  arn('events', busName === 'default' ? 'rule/' : `rule/${busName}/`)(name, place);
// AWS appends six random characters to the ARN.
const secretArn = (name: string, place: Place) => arn('secretsmanager', 'secret:')(`${name}-${digest(name, 6)}`, place);
const queueUrl = (name: string, { endpoint, account }: Place) => `${endpoint}/${account}/${name}`;

const whole = z.coerce.number().int();
/** A string, or a value that CloudFormation converts to one. */
export const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

export const Machine = kind('AWS::StepFunctions::StateMachine', 'StateMachineName', [machineArn, machineArn], {
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), Text).default({}),
  RoleArn: z.string(),
});

export const LambdaFunction = kind('AWS::Lambda::Function', 'FunctionName', [arn('lambda', 'function:')], {
  Role: z.string(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string().regex(/^[\w./-]+\.\w+$/),
  Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run here'),
  Environment: z.strictObject({ Variables: z.record(z.string(), Text) }).default({ Variables: {} }),
  Timeout: whole.min(1).max(900).default(3),
  MemorySize: whole.min(128).max(10_240).default(128),
  DeadLetterConfig: z.strictObject({ TargetArn: z.string() }).optional(),
});

export const Role = kind('AWS::IAM::Role', 'RoleName', [roleArn], {
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument })).default([]),
});
export const Policy = kind('AWS::IAM::Policy', 'PolicyName', [], { PolicyDocument, Roles: z.array(z.string()) });

export const EventBus = kind('AWS::Events::EventBus', 'Name', [arn('events', 'event-bus/')], {});
const Target = z.strictObject({
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
});
export const Rule = kind('AWS::Events::Rule', 'Name', [ruleArn], {
  EventBusName: z.string().default('default').transform(busNameOf),
  EventPattern: z.unknown().optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(Target).default([]),
});

export const Queue = kind('AWS::SQS::Queue', 'QueueName', [arn('sqs'), queueUrl], {
  MessageRetentionPeriod: whole.min(60).default(345_600),
});

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.string() })).min(1);
export const Table = kind('AWS::DynamoDB::Table', 'TableName', [arn('dynamodb', 'table/')], {
  KeySchema,
  AttributeDefinitions: z.array(z.unknown()).min(1),
  GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string(), KeySchema, Projection: z.unknown() })).optional(),
});

export const Api = kind('AWS::ApiGatewayV2::Api', 'Name', [], { ProtocolType: z.literal('HTTP') });
export const Route = kind('AWS::ApiGatewayV2::Route', '', [], {
  ApiId: z.string(),
  RouteKey: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/[\w./-]*$/, 'must be METHOD /plain/path'),
  Target: z.string().regex(/^integrations\//),
  AuthorizationType: z.enum(['NONE', 'AWS_IAM']).default('NONE'),
});
export const Integration = kind('AWS::ApiGatewayV2::Integration', '', [], {
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
});

/** The value is supplied at startup; it is never in a template. */
export const Secret = kind('AWS::SecretsManager::Secret', 'Name', [secretArn, secretArn], {});

/** Bus name from a name or an ARN. */
export function busNameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:.*:event-bus\//, '');
}

export function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
