import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import { assemble, newApp } from '../../../infra/aws/app.ts';
import type { SystemConfig } from '../../../infra/aws/config.ts';

/** Everything that an operator can set, set. */
export const PROD: SystemConfig = {
  stage: 'prod',
  env: { account: '123456789012', region: 'eu-central-1' },
  collectorPrincipals: [
    { arn: 'arn:aws:iam::123456789012:role/vgac-collector' },
    { arn: 'arn:aws:iam::210987654321:role/clusters/vgac-collector', name: 'slurm-east' },
  ],
  alarmEmail: 'gpu-oncall@example.com',
  slack: {
    channel: '#gpu-alerts',
    baseUrl: 'https://slack.com/api',
    webhookFallback: true,
    teamId: 'T02ABCDEF',
    appId: 'A02ABCDEF',
  },
  vgac: { baseUrl: 'https://vgac.example.com', timeoutSeconds: 10, apiKey: true },
  newClustersPerDay: 20,
  explanations: { modelId: 'global.anthropic.claude-haiku-5-5', perDay: 200 },
};

/** The system's stacks with stand-in code, since bundling has its own test. */
export function assembleWithoutCode(config: SystemConfig) {
  const directory = mkdtempSync(join(tmpdir(), 'vgac-agentic-test-'));
  writeFileSync(join(directory, 'index.mjs'), 'export const handler = async () => undefined;');
  const app = newApp(mkdtempSync(join(tmpdir(), 'vgac-agentic-assembly-')));
  return { app, ...assemble(app, config, () => Code.fromAsset(directory)) };
}

const Resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const Some = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((one) => [one])]);

export const Statement = z.object({
  Effect: z.string(),
  Action: Some(z.string()).pipe(z.array(z.string())),
  Resource: Some(z.unknown()).pipe(z.array(z.unknown())).optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.infer<typeof Statement>;

const Policy = z.object({
  PolicyDocument: z.object({ Statement: z.array(Statement) }),
  Roles: z.array(z.object({ Ref: z.string() })),
});

/** All resources of one type, parsed: logical id -> properties. */
export function resources<T extends z.ZodType>(stack: Stack, type: string, schema: T): Map<string, z.infer<T>> {
  const found = Object.entries(Template.fromStack(stack).toJSON().Resources ?? {})
    .map(([id, raw]) => ({ id, ...Resource.parse(raw) }))
    .filter((resource) => resource.Type === type);
  return new Map(found.map(({ id, Properties }) => [id, schema.parse(Properties)]));
}

/** Role -> what it allows, without the hash that CDK appends to a name: `ActRole`, `JobWorkflowRole`. */
export function permissions(stack: Stack): Map<string, Statement[]> {
  const byRole = new Map<string, Statement[]>();
  for (const { PolicyDocument, Roles } of resources(stack, 'AWS::IAM::Policy', Policy).values()) {
    for (const { Ref } of Roles) {
      const role = withoutHash(Ref);
      byRole.set(role, [...(byRole.get(role) ?? []), ...PolicyDocument.Statement]);
    }
  }
  return byRole;
}

export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
