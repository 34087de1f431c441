import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { StatefulStack } from '../../../infra/aws/stateful-stack.ts';
import { assembleWithoutCode, PROD, resources } from './prod-like.ts';

let stack: StatefulStack;
let stateful: Template;
beforeAll(() => {
  // stateless-stack.test.ts has CDK check the same templates against CloudFormation's schemas; once is enough.
  vi.stubEnv('CDK_VALIDATION', 'false');
  stack = assembleWithoutCode(PROD).stateful;
  stateful = Template.fromStack(stack);
});

describe('bus', () => {
  it('keeps what collectors sent for less long than claims live', () => {
    stateful.hasResourceProperties('AWS::Events::EventBus', { Name: 'vgac' });
    stateful.hasResourceProperties('AWS::Events::Archive', {
      RetentionDays: 90,
      EventPattern: { source: ['vgac.collectors'] },
    });
  });

  it('admits the configured collectors, with collector events only', () => {
    stateful.hasResourceProperties('AWS::Events::EventBusPolicy', {
      Statement: Match.objectLike({
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Principal: { AWS: PROD.collectorPrincipals },
        Condition: { 'ForAllValues:StringEquals': { 'events:source': 'vgac.collectors' } },
      }),
    });
  });

  it('denies collector events to everybody else', () => {
    stateful.hasResourceProperties('AWS::Events::EventBusPolicy', {
      Statement: Match.objectLike({
        Effect: 'Deny',
        Action: 'events:PutEvents',
        Principal: { AWS: '*' },
        Condition: Match.objectLike({
          'ForAnyValue:StringEquals': { 'events:source': 'vgac.collectors' },
          ArnNotEquals: { 'aws:PrincipalArn': PROD.collectorPrincipals },
        }),
      }),
    });
    stateful.resourceCountIs('AWS::Events::EventBusPolicy', 2);
  });
});

describe('table', () => {
  it('is on demand, recoverable, kept, and expires jobs', () => {
    stateful.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'vgac-agentic',
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  it.each([
    ['listing', 'listing_key'],
    ['unfolded', 'unfolded_due'],
  ])('has the index %s', (index, sortKey) => {
    stateful.hasResourceProperties('AWS::DynamoDB::Table', {
      GlobalSecondaryIndexes: Match.arrayWith([
        Match.objectLike({
          IndexName: index,
          KeySchema: [
            { AttributeName: index, KeyType: 'HASH' },
            { AttributeName: sortKey, KeyType: 'RANGE' },
          ],
        }),
      ]),
    });
  });
});

describe('secrets', () => {
  it('are in Secrets Manager under the stage, without a value in the template', () => {
    const secrets = resources(stack, 'AWS::SecretsManager::Secret', z.looseObject({ Name: z.string() }));
    expect([...secrets.values()].map(({ Name }) => Name).sort()).toEqual(
      ['slack/bot-token', 'slack/signing-secret', 'slack/webhook-url', 'vgac/api-key'].map(
        (name) => `vgac-agentic/prod/${name}`,
      ),
    );
    for (const secret of secrets.values()) expect(Object.keys(secret).sort()).toEqual(['Description', 'Name']);
  });
});
