import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** Set by the bundler: true only in the build that runs on one machine. */
declare const EMBEDDED_BUILD: boolean;

type Settings = Required<Pick<DynamoDBClientConfig, 'requestHandler' | 'signer'>>;

/**
 * Settings for every SDK client: none on AWS. On one machine each function's thread has its own channel to the services,
 * which identifies the caller, so there is no connection and nothing to sign.
 */
export function clientSettings(): Settings | Record<string, never> {
  return channel() ?? {};
}

function channel(): Settings | null {
  if (typeof EMBEDDED_BUILD !== 'undefined' && EMBEDDED_BUILD) {
    const found: unknown = Reflect.get(globalThis, Symbol.for('embedded.aws'));
    if (isChannel(found)) return found;
  }
  return null;
}

function isChannel(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && 'requestHandler' in value && 'signer' in value;
}
