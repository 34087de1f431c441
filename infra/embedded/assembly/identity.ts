import { createHash } from 'node:crypto';
import type { Place } from './intrinsics.ts';

/** What `Ref` and `Fn::GetAtt` of one resource are once it exists. */
export interface Identity {
  readonly name: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Kind {
  /** Property that holds the name an author chose, if any. */
  readonly nameProperty?: string;
  readonly maxName: number;
  readonly identify: (name: string, place: Place, properties: Readonly<Record<string, unknown>>) => Identity;
}

const arn = ({ region, account }: Place, service: string, rest: string) =>
  `arn:aws:${service}:${region}:${account}:${rest}`;

/** Resource types this runtime gives life to. */
const LIVE: Readonly<Record<string, Kind>> = {
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    maxName: 80,
    identify: (name, place) => {
      const self = arn(place, 'states', `stateMachine:${name}`);
      return { name, ref: self, attributes: { Arn: self, Name: name } };
    },
  },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    maxName: 64,
    identify: (name, place) => ({ name, ref: name, attributes: { Arn: arn(place, 'lambda', `function:${name}`) } }),
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    maxName: 64,
    identify: (name, { account }) => ({ name, ref: name, attributes: { Arn: `arn:aws:iam::${account}:role/${name}` } }),
  },
  'AWS::IAM::Policy': { maxName: 128, identify: (name) => ({ name, ref: name, attributes: {} }) },
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    maxName: 128,
    identify: (name, { account }) => {
      const self = `arn:aws:iam::${account}:policy/${name}`;
      return { name, ref: self, attributes: { PolicyArn: self } };
    },
  },
  'AWS::Lambda::EventInvokeConfig': { maxName: 64, identify: (name) => ({ name, ref: name, attributes: {} }) },
  'AWS::Events::EventBus': {
    nameProperty: 'Name',
    maxName: 256,
    identify: (name, place) => ({
      name,
      ref: name,
      attributes: { Arn: arn(place, 'events', `event-bus/${name}`), Name: name },
    }),
  },
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    maxName: 64,
    identify: (name, place, { EventBusName }) => {
      const bus = typeof EventBusName === 'string' ? busNameOf(EventBusName) : 'default';
      const path = bus === 'default' ? name : `${bus}/${name}`;
      const ref = bus === 'default' ? name : `${bus}|${name}`;
      return { name, ref, attributes: { Arn: arn(place, 'events', `rule/${path}`) } };
    },
  },
  'AWS::Scheduler::Schedule': {
    nameProperty: 'Name',
    maxName: 64,
    identify: (name, place) => ({
      name,
      ref: name,
      attributes: { Arn: arn(place, 'scheduler', `schedule/default/${name}`) },
    }),
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    maxName: 80,
    identify: (name, place) => {
      const url = `${place.endpoint}/${place.account}/${name}`;
      return { name, ref: url, attributes: { Arn: arn(place, 'sqs', name), QueueName: name, QueueUrl: url } };
    },
  },
  'AWS::DynamoDB::Table': table(),
  'AWS::DynamoDB::GlobalTable': table(),
  'AWS::ApiGatewayV2::Api': {
    maxName: 128,
    identify: (name, place) => ({ name, ref: name, attributes: { ApiId: name, ApiEndpoint: place.endpoint } }),
  },
  'AWS::ApiGatewayV2::Route': { maxName: 128, identify: (name) => ({ name, ref: name, attributes: {} }) },
  'AWS::ApiGatewayV2::Integration': { maxName: 128, identify: (name) => ({ name, ref: name, attributes: {} }) },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    maxName: 256,
    identify: (name, place) => {
      // AWS ends the ARN in six random characters; CDK cuts them off again to get the name.
      const self = arn(place, 'secretsmanager', `secret:${name}-${digest(name, 6)}`);
      return { name, ref: self, attributes: { Id: self } };
    },
  },
};

function table(): Kind {
  return {
    nameProperty: 'TableName',
    maxName: 255,
    identify: (name, place) => ({ name, ref: name, attributes: { Arn: arn(place, 'dynamodb', `table/${name}`) } }),
  };
}

/** Logs, alarms, resource policies and the like: on one machine they change nothing about what runs. */
const INERT: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Events::Archive',
  'AWS::Events::EventBusPolicy',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::ResourcePolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::ResourcePolicy',
]);

export const isInert = (type: string): boolean => INERT.has(type);
export const isKnown = (type: string): boolean => isInert(type) || Object.hasOwn(LIVE, type);
export const nameProperty = (type: string): string | undefined => LIVE[type]?.nameProperty;

/**
 * Names a resource. A name nobody chose is the stack's and the logical id, the same in every run, so that a kept
 * data folder finds its tables again.
 */
export function identify(
  type: string,
  stackName: string,
  logicalId: string,
  chosenName: string | undefined,
  place: Place,
  properties: Readonly<Record<string, unknown>>,
): Identity {
  const kind = LIVE[type];
  if (kind !== undefined) {
    return kind.identify(chosenName ?? shorten(`${stackName}-${logicalId}`, kind.maxName), place, properties);
  }
  const [, service = ''] = type.toLowerCase().split('::');
  const name = `${stackName}-${logicalId}`;
  const self = arn(place, service, name);
  return { name, ref: service === 'sns' ? self : name, attributes: { Arn: self } };
}

/** Bus name from a name or an ARN. */
export function busNameOf(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:')
    ? nameOrArn.slice(nameOrArn.indexOf(':event-bus/') + ':event-bus/'.length)
    : nameOrArn;
}

function shorten(name: string, max: number): string {
  return name.length <= max ? name : `${name.slice(0, max - 9)}-${digest(name, 8)}`;
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
