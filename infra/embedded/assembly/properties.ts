import * as z from 'zod';
import { PolicyDocument } from '../access/statement.ts';
import { UnsupportedAssembly } from './unsupported-assembly.ts';

interface Shape<T extends z.ZodType> {
  readonly schema: T;
  /** Properties that are known, and change nothing on one machine. Any other is refused by name. */
  readonly without: readonly string[];
}

const shape = <T extends z.ZodType>(schema: T, ...without: string[]): Shape<T> => ({ schema, without });

const Retry = z.strictObject({
  MaximumRetryAttempts: z.coerce.number().int().min(0).max(185).default(185),
  MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(86_400).default(86_400),
});
const DeadLetter = z.strictObject({ Arn: z.string() });

export const StateMachine = shape(
  z.strictObject({
    DefinitionString: z.string(),
    DefinitionSubstitutions: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    StateMachineType: z.literal('STANDARD').default('STANDARD'),
    RoleArn: z.string(),
  }),
  ...['StateMachineName', 'LoggingConfiguration', 'TracingConfiguration', 'Tags', 'EncryptionConfiguration'],
);

export const LambdaFunction = shape(
  z.strictObject({
    Role: z.string(),
    Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
    Handler: z.string().regex(/^[\w./-]+\.\w+$/),
    Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run here'),
    Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
    Timeout: z.coerce.number().min(1).max(900).default(3),
    MemorySize: z.coerce.number().min(128).max(10_240).default(128),
    ReservedConcurrentExecutions: z.coerce.number().int().min(1).optional(),
    DeadLetterConfig: z.strictObject({ TargetArn: z.string().optional() }).optional(),
    PackageType: z.literal('Zip').optional(),
  }),
  ...['FunctionName', 'Architectures', 'Description', 'Tags', 'TracingConfig', 'LoggingConfig', 'KmsKeyArn'],
  ...['RecursiveLoop', 'RuntimeManagementConfig', 'EphemeralStorage', 'SnapStart'],
);

export const EventInvokeConfig = shape(
  z.strictObject({
    FunctionName: z.string(),
    Qualifier: z.literal('$LATEST'),
    MaximumRetryAttempts: z.coerce.number().int().min(0).max(2).default(2),
    MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(21_600).default(21_600),
    DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }).optional() }).optional(),
  }),
);

const NamedPolicy = z.strictObject({ PolicyName: z.string(), PolicyDocument });

export const Role = shape(
  z.strictObject({
    Policies: z.array(NamedPolicy).default([]),
    ManagedPolicyArns: z.array(z.string()).default([]),
  }),
  ...['AssumeRolePolicyDocument', 'RoleName', 'Path', 'Description', 'MaxSessionDuration', 'Tags'],
);

/** A policy of its own, managed or not. */
export const Policy = shape(
  z.strictObject({ PolicyDocument, Roles: z.array(z.string()).default([]) }),
  ...['PolicyName', 'ManagedPolicyName', 'Path', 'Description', 'Users', 'Groups'],
);

const TargetBase = {
  Id: z.string().min(1),
  Arn: z.string(),
  Input: z.string().optional(),
  InputPath: z.string().optional(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
    .optional(),
  RetryPolicy: Retry.prefault({}),
  DeadLetterConfig: DeadLetter.optional(),
  RoleArn: z.string().optional(),
};

export const Rule = shape(
  z.strictObject({
    EventBusName: z.string().default('default'),
    EventPattern: z.unknown().optional(),
    ScheduleExpression: z.string().optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Targets: z.array(z.strictObject(TargetBase)).default([]),
  }),
  ...['Name', 'Description', 'RoleArn', 'Tags'],
);
export type RuleTarget = z.infer<typeof Rule.schema>['Targets'][number];

export const EventBus = shape(
  z.strictObject({}),
  ...['Name', 'Description', 'Tags', 'Policy', 'KmsKeyIdentifier', 'LogConfig', 'DeadLetterConfig'],
);

export const Schedule = shape(
  z.strictObject({
    ScheduleExpression: z.string(),
    ScheduleExpressionTimezone: z.string().default('UTC'),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Target: z.strictObject({
      Arn: z.string(),
      RoleArn: z.string(),
      Input: z.string().optional(),
      RetryPolicy: Retry.prefault({}),
      DeadLetterConfig: DeadLetter.optional(),
    }),
  }),
  // A flexible window may start at its beginning, which is what happens here.
  ...['Name', 'Description', 'GroupName', 'FlexibleTimeWindow', 'KmsKeyArn'],
);

export const Queue = shape(
  z.strictObject({
    VisibilityTimeout: z.coerce.number().min(0).default(30),
    MessageRetentionPeriod: z.coerce.number().min(60).default(345_600),
    RedrivePolicy: z
      .strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1) })
      .optional(),
  }),
  ...['QueueName', 'Tags', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'],
  ...['MaximumMessageSize', 'RedriveAllowPolicy', 'ReceiveMessageWaitTimeSeconds'],
);

export const Table = shape(
  z.strictObject({
    KeySchema: z.array(z.unknown()).min(1),
    AttributeDefinitions: z.array(z.unknown()).min(1),
    GlobalSecondaryIndexes: z
      .array(z.object({ IndexName: z.string(), KeySchema: z.array(z.unknown()), Projection: z.unknown() }))
      .default([]),
  }),
  ...['TableName', 'BillingMode', 'Tags', 'SSESpecification', 'PointInTimeRecoverySpecification', 'TableClass'],
  ...['DeletionProtectionEnabled', 'Replicas', 'OnDemandThroughput', 'ContributorInsightsSpecification'],
  // Expired items stay: dynalite deletes nothing by itself, and on AWS deletion may lag by days.
  ...['TimeToLiveSpecification', 'ResourcePolicy', 'WriteOnDemandThroughputSettings'],
);

export const Api = shape(
  z.strictObject({ ProtocolType: z.literal('HTTP') }),
  ...['Name', 'Description', 'Tags', 'DisableExecuteApiEndpoint'],
);

export const Route = shape(
  z.strictObject({
    ApiId: z.string(),
    RouteKey: z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/[\w./-]*$/, 'only METHOD /plain/path'),
    Target: z.string().regex(/^integrations\//),
    AuthorizationType: z.literal('NONE').default('NONE'),
  }),
);

export const Integration = shape(
  z.strictObject({
    ApiId: z.string(),
    IntegrationType: z.literal('AWS_PROXY'),
    IntegrationUri: z.string(),
    PayloadFormatVersion: z.literal('2.0'),
  }),
  ...['IntegrationMethod', 'Description', 'TimeoutInMillis'],
);

export const Secret = shape(
  z.strictObject({}),
  // The value is handed over at start; it is never in a template.
  ...['Name', 'Description', 'Tags', 'KmsKeyId', 'GenerateSecretString', 'SecretString', 'ReplicaRegions'],
);

/**
 * Parses the resolved properties of one resource.
 * @throws UnsupportedAssembly naming each property that is wrong or not supported
 */
export function parseProperties<T extends z.ZodType>(
  { schema, without }: Shape<T>,
  properties: Readonly<Record<string, unknown>>,
  where: string,
): z.infer<T> {
  const used = Object.fromEntries(Object.entries(properties).filter(([key]) => !without.includes(key)));
  const parsed = schema.safeParse(used);
  if (parsed.success) return parsed.data;
  throw new UnsupportedAssembly(
    parsed.error.issues.map(({ path, message }) => `${where} ${path.join('.')}: ${message}`.replace(' :', ':')),
  );
}
