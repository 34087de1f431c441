import type { FunctionSpec } from '../assembly/specs.ts';
import { INVOCATIONS_PER_THREAD } from './host.ts';

interface Surroundings {
  /** Where the services of this machine are. */
  readonly url: string;
  readonly region: string;
  /** Who the function is when it calls them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What Lambda itself puts into the environment of a function, and where its services are. */
export function lambdaEnvironment(
  { name, memoryMb }: FunctionSpec,
  { url, region, credentials }: Surroundings,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    AWS_ENDPOINT_URL_SFN: url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memoryMb}`,
    // Several invocations share a thread; what keeps values for one of them looks here.
    AWS_LAMBDA_MAX_CONCURRENCY: `${INVOCATIONS_PER_THREAD}`,
    TZ: ':UTC',
  };
}
