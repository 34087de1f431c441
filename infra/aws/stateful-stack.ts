import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AnyPrincipal, ArnPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { COLLECTOR_SOURCE, NAMED_SOURCES, sourceOf } from '../../schemas/events/collector.ts';
import { LISTED } from '../../schemas/items/listing.ts';
import { collectorSources } from './collector-events.ts';
import type { CollectorPrincipal, SystemConfig } from './config.ts';
import { DeadLetterQueue } from './constructs/dead-letter-queue.ts';
import { BUS_NAME, secretNames, TABLE_NAME } from './names.ts';

/**
 * Must be shorter than the 180 days that job rows with their claims live: a replay must find every claim still there.
 */
const ARCHIVE_LIFE = Duration.days(90);

interface StatefulStackProps extends StackProps {
  config: SystemConfig;
}

/** Everything that must survive a redeployment: the table, the bus with its archive, the secrets, the quarantine. */
export class StatefulStack extends Stack {
  readonly table: Table;
  readonly bus: EventBus;
  /** Events that do not even name a job. */
  readonly quarantine: Queue;
  readonly slackBotToken: CfnSecret;
  readonly slackSigningSecret: CfnSecret;

  constructor(scope: Construct, id: string, { config, ...props }: StatefulStackProps) {
    super(scope, id, props);
    this.table = this.createTable();
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: BUS_NAME,
      description: 'Receives job events from VGAC collectors and carries the decisions of the agents.',
    });
    this.bus.archive('Archive', {
      eventPattern: { source: collectorSources() },
      retention: ARCHIVE_LIFE,
      description: 'Collector events, for replay after an incident.',
    });
    if (config.collectorPrincipals.length > 0) this.admitOnly(config.collectorPrincipals);
    new CfnOutput(this, 'BusArn', { value: this.bus.eventBusArn, description: 'Where collectors put job events.' });
    this.quarantine = new DeadLetterQueue(this, 'Quarantine');

    const names = secretNames(config.stage);
    this.slackBotToken = this.createSecret('SlackBotToken', names.slackBotToken, 'Bot token of the Slack app.');
    this.slackSigningSecret = this.createSecret(
      'SlackSigningSecret',
      names.slackSigningSecret,
      'Signing secret of the Slack app: proves that a click came from Slack.',
    );
    if (config.vgac.apiKey) this.createSecret('VgacApiKey', names.vgacApiKey, 'API key for VGAC.');
    if (config.slack.webhookFallback) {
      this.createSecret('SlackWebhookUrl', names.slackWebhookUrl, 'Incoming webhook, for notices when the bot fails.');
    }
  }

  private createTable(): Table {
    const table = new Table(this, 'Table', {
      tableName: TABLE_NAME,
      partitionKey: { name: 'PK', type: AttributeType.STRING },
      sortKey: { name: 'SK', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: 'listing',
      partitionKey: { name: 'listing', type: AttributeType.STRING },
      sortKey: { name: 'listing_key', type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...LISTED],
    });
    // Only keys of rows that may be settled: the fold reads each row again, consistently.
    table.addGlobalSecondaryIndex({
      indexName: 'unfolded',
      partitionKey: { name: 'unfolded', type: AttributeType.STRING },
      sortKey: { name: 'unfolded_due', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }

  /** Each collector may put events of its own source, and nothing else; nobody else any of theirs, whatever a role allows. */
  private admitOnly(collectors: readonly CollectorPrincipal[]): void {
    const putEvents = { actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] };
    for (const [source, arns] of Map.groupBy(collectors, ({ name }) => sourceOf(name))) {
      const roles = arns.map(({ arn }) => arn);
      const sid = `Collectors${source.slice(NAMED_SOURCES.length).replaceAll('-', 'Dash')}`;
      this.bus.addToResourcePolicy(
        new PolicyStatement({
          sid: `${sid}PutTheirEvents`,
          ...putEvents,
          principals: roles.map((arn) => new ArnPrincipal(arn)),
          conditions: { 'ForAllValues:StringEquals': { 'events:source': source } },
        }),
      );
      this.bus.addToResourcePolicy(
        new PolicyStatement({
          sid: `${sid}PutNothingElse`,
          effect: Effect.DENY,
          ...putEvents,
          principals: [new AnyPrincipal()],
          conditions: {
            'ForAnyValue:StringNotEquals': { 'events:source': source },
            ArnEquals: { 'aws:PrincipalArn': roles },
          },
        }),
      );
    }
    this.bus.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyElsePretendsToBeACollector',
        effect: Effect.DENY,
        ...putEvents,
        principals: [new AnyPrincipal()],
        conditions: {
          'ForAnyValue:StringLike': { 'events:source': [COLLECTOR_SOURCE, `${NAMED_SOURCES}*`] },
          ArnNotEquals: { 'aws:PrincipalArn': collectors.map(({ arn }) => arn) },
          // EventBridge itself replays the archive.
          Bool: { 'aws:PrincipalIsAWSService': 'false' },
        },
      }),
    );
  }

  /**
   * Empty until an operator sets its value, so that a function can say what is missing instead of being denied
   * access.
   */
  private createSecret(id: string, name: string, description: string): CfnSecret {
    const secret = new CfnSecret(this, id, { name, description });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Issued by Slack or VGAC, and only they can rotate it; functions pick up a new value within five minutes.',
    });
    return secret;
  }
}
