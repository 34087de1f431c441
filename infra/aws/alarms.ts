import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IConstruct } from 'constructs';
import { SYSTEM } from './names.ts';

const RUNBOOK = 'Runbook: README.md#operating-it';
const PERIOD = Duration.minutes(5);

/**
 * Step Functions and EventBridge retry, so a single failed invocation is noise. A failure that retries cannot fix fails
 * the execution or ends in a dead-letter queue, and those alarm at the first occurrence.
 */
const FUNCTION_ERRORS = 3;
/** The sweeper runs every minute and counts the runs it could not finish. */
const SWEEPS_IN_PERIOD = 5;

/** Three runs of the slowest schedule watched; where nothing ran, there is no data point at all. */
const MISSING: Partial<AlarmProps> = {
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  evaluationPeriods: 3,
  treatMissingData: TreatMissingData.BREACHING,
};

/** An alarm for everything that can fail silently, and the topic that notifies people. */
export class Alarms extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, email: string | undefined) {
    super(scope, id);
    const account = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const key = new Key(this, 'Key', {
      description: 'Encrypts the alarm topic of the VGAC agents.',
      enableKeyRotation: true,
      // It protects messages on their way, nothing that is kept.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Without this CloudWatch publishes to an encrypted topic in vain, and every alarm would be mute.
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccountEncrypt',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: ['*'],
        conditions: account,
      }),
    );
    this.topic = new Topic(this, 'Topic', { displayName: 'VGAC agents', enforceSSL: true, masterKey: key });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccountPublish',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topic.topicArn],
        conditions: account,
      }),
    );
    if (email) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** Alarms every machine, function, queue and API under `scope`, so that a new one cannot be forgotten. */
  watchEverything(scope: IConstruct): void {
    for (const construct of scope.node.findAll()) {
      if (construct instanceof StateMachine) this.watchMachine(construct);
      else if (construct instanceof LambdaFunction) this.watchFunction(construct);
      else if (construct instanceof Queue) this.watchQueue(nameOf(construct), construct);
      else if (construct instanceof HttpApi) this.watchApi(construct);
    }
  }

  /** Any message in `queue` needs someone's attention. */
  watchQueue(name: string, queue: IQueue): void {
    const depth = queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM });
    this.alarm(`${name}Depth`, depth, 1, `There are messages in ${name}: an event could not be delivered or read.`);
  }

  /** A metric that functions emit themselves, with the service as its only dimension. */
  watchCount(name: string, service: string, meaning: string): void {
    const metric = new Metric({
      namespace: SYSTEM,
      metricName: name,
      dimensionsMap: { service },
      period: PERIOD,
      statistic: Stats.SUM,
    });
    // One failed run is noise, such as Slack being down for a minute; five minutes of failed runs are not.
    this.alarm(name, metric, SWEEPS_IN_PERIOD, meaning);
  }

  /** Something that runs on a schedule has not run: what does not start cannot fail, and raises no other alarm. */
  watchPulse(name: string, runs: IMetric, meaning: string): void {
    this.alarm(`${name}Missing`, runs, 1, meaning, MISSING);
  }

  private watchMachine(machine: StateMachine): void {
    const name = nameOf(machine);
    const counted = { period: PERIOD, statistic: Stats.SUM };
    this.alarm(`${name}Failed`, machine.metricFailed(counted), 1, `Executions of ${name} failed.`);
    this.alarm(`${name}TimedOut`, machine.metricTimedOut(counted), 1, `Executions of ${name} timed out.`);
    this.alarm(`${name}Throttled`, machine.metricThrottled(counted), 1, `Executions of ${name} were throttled.`);
  }

  private watchFunction(target: LambdaFunction): void {
    const errors = target.metricErrors({ period: PERIOD, statistic: Stats.SUM });
    this.alarm(`${nameOf(target)}Errors`, errors, FUNCTION_ERRORS, `${nameOf(target)} keeps failing.`);
  }

  private watchApi(api: HttpApi): void {
    const errors = api.metricServerError({ period: PERIOD, statistic: Stats.SUM });
    this.alarm(`${nameOf(api)}ServerErrors`, errors, 1, `${nameOf(api)} answered with 5xx: clicks may be lost.`);
  }

  private alarm(
    id: string,
    metric: IMetric,
    threshold: number,
    meaning: string,
    missing: Partial<AlarmProps> = {},
  ): void {
    new Alarm(this, id, {
      metric,
      threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...missing,
      alarmDescription: `${meaning} ${RUNBOOK}`,
    }).addAlarmAction(new SnsAction(this.topic));
  }
}

/** The path inside the stack, without the ids that only group constructs: `JobWorkflow`, `JobSubmittedDeadLetters`. */
function nameOf(construct: IConstruct): string {
  const inStack = construct.node.path.split('/').slice(Stack.of(construct).node.path.split('/').length);
  return inStack.filter((part) => part !== 'Machine').join('');
}
