import * as z from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import type { Service } from '../wire/calls.ts';
import { operation } from '../wire/operation.ts';

/** The secrets of this machine: named in the template, valued at start, held in memory only. */
export function createSecrets(
  declared: readonly { readonly name: string; readonly arn: string }[],
  values: Readonly<Record<string, string>>,
) {
  const all = new Map(Object.entries(values));
  /** Secrets Manager on the wire: reading values, nothing else. */
  const service: Service = {
    GetSecretValue: operation(z.object({ SecretId: z.string().min(1) }), ({ SecretId: id }) => {
      const { name, arn } = declared.find((secret) => secret.name === id || secret.arn === id) ?? { name: id, arn: id };
      const value = all.get(name);
      if (value !== undefined) return { ARN: arn, Name: name, SecretString: value, VersionStages: ['AWSCURRENT'] };
      const words = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
      throw new AwsError('ResourceNotFoundException', words);
    }),
  };
  /** Names that the assembly declares and nobody gave a value. */
  const missing = declared.map(({ name }) => name).filter((name) => !all.has(name));
  return { service, missing };
}
