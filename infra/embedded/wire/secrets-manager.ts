import * as z from 'zod';
import type { Secrets } from '../services/secrets.ts';
import { AwsError } from './aws-error.ts';
import type { Service } from './calls.ts';
import { parseInput } from './input.ts';

const GetSecretValue = z.object({ SecretId: z.string().min(1) });

/** Secrets Manager on the wire: reading values, nothing else. */
export function secretsManager(secrets: Secrets): Service {
  return {
    GetSecretValue(input) {
      const secret = secrets.read(parseInput(GetSecretValue, input).SecretId);
      if (secret === undefined) {
        throw new AwsError(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        );
      }
      return { ARN: secret.arn, Name: secret.name, SecretString: secret.value, VersionStages: ['AWSCURRENT'] };
    },
  };
}
