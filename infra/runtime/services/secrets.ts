import * as z from 'zod';
import type { Service } from '../access/calls.ts';
import { operation } from '../access/operation.ts';
import { AwsError } from '../aws-error.ts';

// There are no earlier versions: a request for one is refused rather than given the current one.
const Asked = z.strictObject({ SecretId: z.string().min(1), VersionStage: z.literal('AWSCURRENT').optional() });

/**
 * Secrets Manager on the wire: reads values, nothing else. Secrets are named in the template, get their values at
 * startup, and are held in memory only. `report` receives the names without a value.
 */
export function secretsManager(
  declared: readonly { readonly name: string; readonly arn: string }[],
  values: Readonly<Record<string, string>>,
  report: (message: string) => void,
): Service {
  const all = new Map(Object.entries(values));
  for (const { name } of declared) if (!all.has(name)) report(`secret ${name} has no value`);
  return {
    GetSecretValue: operation(Asked, ({ SecretId: id }) => {
      const { name, arn } = declared.find((secret) => secret.name === id || secret.arn === id) ?? { name: id, arn: id };
      const value = all.get(name);
      if (value !== undefined) return { ARN: arn, Name: name, SecretString: value, VersionStages: ['AWSCURRENT'] };
      const message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
      throw new AwsError('ResourceNotFoundException', message);
    }),
  };
}
