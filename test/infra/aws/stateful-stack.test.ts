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
      EventPattern: { source: ['vgac.collectors', { prefix: 'vgac.collectors.' }] },
    });
  });

  const PLAIN = 'arn:aws:iam::123456789012:role/vgac-collector';
  const NAMED = 'arn:aws:iam::210987654321:role/clusters/vgac-collector';
  const STRANGER = 'arn:aws:iam::123456789012:role/some-admin';

  it.each([
    ['the collector without a name, of its own', PLAIN, ['vgac.collectors'], 'allowed'],
    ['the collector without a name, of a named one', PLAIN, ['vgac.collectors.slurm-east'], 'denied'],
    ['a named collector, of its own', NAMED, ['vgac.collectors.slurm-east'], 'allowed'],
    ['a named collector, of the plain source', NAMED, ['vgac.collectors'], 'denied'],
    ['a named collector, of another name', NAMED, ['vgac.collectors.slurm-west'], 'denied'],
    ['a named collector, of a name that begins like its own', NAMED, ['vgac.collectors.slurm-east-2'], 'denied'],
    ['a collector, of ours', NAMED, ['vgac.agentic'], 'denied'],
    ['a collector, with one forged entry among its own', NAMED, ['vgac.collectors.slurm-east', 'x'], 'denied'],
    ['a role that may do anything, as the plain source', STRANGER, ['vgac.collectors'], 'denied'],
    ['a role that may do anything, as a named source', STRANGER, ['vgac.collectors.slurm-east'], 'denied'],
    ['a role that may do anything, as a name that nobody has', STRANGER, ['vgac.collectors.x'], 'denied'],
    ['a role of ours, of its own events', STRANGER, ['vgac.agentic'], 'as its role says'],
  ])('judges events put by %s', (_, principal, sources, verdict) => {
    expect(judged(stack, principal, sources)).toBe(verdict);
  });

  it('lets EventBridge replay its archive', () => {
    expect(judged(stack, null, ['vgac.collectors.slurm-east'])).toBe('as its role says');
  });
});

const Texts = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat());
const BusPolicy = z.object({
  Statement: z.object({
    Effect: z.enum(['Allow', 'Deny']),
    Action: z.literal('events:PutEvents'),
    Principal: z.object({ AWS: Texts }),
    Condition: z.record(z.string(), z.record(z.string(), Texts)),
  }),
});

/** What the policy of the bus says, as IAM evaluates it. @param principal null for a service of AWS */
function judged(of: StatefulStack, principal: string | null, sources: readonly string[]): string {
  const like = (text: string) => new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  const hold: Record<string, (expected: readonly string[]) => boolean> = {
    'ForAllValues:StringEquals': (expected) => sources.every((one) => expected.includes(one)),
    'ForAnyValue:StringNotEquals': (expected) => sources.some((one) => !expected.includes(one)),
    'ForAnyValue:StringLike': (expected) => sources.some((one) => expected.some((text) => like(text).test(one))),
    ArnEquals: (expected) => principal !== null && expected.includes(principal),
    ArnNotEquals: (expected) => principal === null || !expected.includes(principal),
    Bool: (expected) => expected.includes(String(principal === null)),
  };
  const effects = [...resources(of, 'AWS::Events::EventBusPolicy', BusPolicy).values()].flatMap(
    ({ Statement: { Effect, Principal, Condition } }) => {
      const isMeant = Principal.AWS.some((one) => one === '*' || one === principal);
      const holds = Object.entries(Condition).every(([operator, keys]) =>
        Object.values(keys).every((expected) => hold[operator]?.(expected) ?? expect.fail(operator)),
      );
      return isMeant && holds ? [Effect] : [];
    },
  );
  if (effects.includes('Deny')) return 'denied';
  return effects.includes('Allow') ? 'allowed' : 'as its role says';
}

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
