import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

const GEOGRAPHIC = /^(us|eu|apac|jp|au|ca|us-gov)\./;

/**
 * Allows invoking one model and no other. A foundation model is invoked in its region. An inference profile needs the
 * profile and the models it routes to, these only through it: for a `global.` profile also by the ARN without a
 * region, for a geographic one in any region it chooses. Source: Amazon Bedrock user guide, "Prerequisites for
 * inference profiles".
 */
export function invokeModel(stack: Stack, modelId: string): PolicyStatement[] {
  const arn = (region: string, account: string, resource: string) =>
    `arn:${stack.partition}:bedrock:${region}:${account}:${resource}`;
  const actions = ['bedrock:InvokeModel'];
  const global = modelId.startsWith('global.');
  if (!global && !GEOGRAPHIC.test(modelId)) {
    return [new PolicyStatement({ actions, resources: [arn(stack.region, '', `foundation-model/${modelId}`)] })];
  }
  const profile = arn(stack.region, stack.account, `inference-profile/${modelId}`);
  const model = `foundation-model/${modelId.slice(modelId.indexOf('.') + 1)}`;
  return [
    new PolicyStatement({ actions, resources: [profile] }),
    new PolicyStatement({
      actions,
      resources: global ? [arn(stack.region, '', model), arn('', '', model)] : [arn('*', '', model)],
      conditions: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
    }),
  ];
}
