// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of CloudFormation.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Resources = Record<string, { Type: string; Properties?: Record<string, unknown>; Condition?: string }>;

export interface StackFixture {
  resources: Resources;
  outputs?: Record<string, unknown>;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'embedded-'));

/** Writes an assembly as `cdk synth` does; `functions` are index.mjs texts by asset name. */
export function writeAssembly(stacks: Record<string, StackFixture>, functions: Record<string, string> = {}): string {
  const directory = temporaryFolder();
  const files: Record<string, unknown> = {};
  for (const [name, source] of Object.entries(functions)) {
    mkdirSync(join(directory, `asset.${name}`));
    writeFileSync(join(directory, `asset.${name}`, 'index.mjs'), source);
    files[name] = {
      source: { path: `asset.${name}`, packaging: 'zip' },
      destinations: { here: { bucketName: 'assets', objectKey: `${name}.zip` } },
    };
  }
  const artifacts: Record<string, unknown> = {};
  for (const [name, { resources, outputs = {} }] of Object.entries(stacks)) {
    artifacts[name] = { type: 'aws:cloudformation:stack', properties: { templateFile: `${name}.template.json` } };
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    writeJson(join(directory, `${name}.template.json`), {
      Resources: { MightyRole: mightyRole, ...resources },
      Outputs: outputs,
    });
    writeJson(join(directory, `${name}.assets.json`), { files });
  }
  writeJson(join(directory, 'manifest.json'), { artifacts });
  return directory;
}

/** A role that may do anything, for fixtures that are about something else. */
const mightyRole: Resources[string] = {
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'mighty',
    Policies: [
      {
        PolicyName: 'All',
        PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
      },
    ],
  },
};
export const MIGHTY = 'arn:aws:iam::000000000000:role/mighty';

/** A function whose code is the asset of that name. */
export function lambda(asset: string, properties: Record<string, unknown> = {}): Resources[string] {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: `${asset}.zip` },
      Role: MIGHTY,
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 20,
      ...properties,
    },
  };
}

export const queue = (): Resources[string] => ({ Type: 'AWS::SQS::Queue' });

export const table = (name: string): Resources[string] => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'PK', KeyType: 'HASH' },
      { AttributeName: 'SK', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['PK', 'SK', 'listing'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'listing',
        KeySchema: [{ AttributeName: 'listing', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  },
});

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
