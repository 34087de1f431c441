import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** Set by the bundler: true only in the build that runs on one machine. */
declare const EMBEDDED_BUILD: boolean;

type Settings = Required<Pick<DynamoDBClientConfig, 'requestHandler' | 'signer'>>;

/**
 * What every SDK client of this system is made with: nothing on AWS. On one machine the thread of a function has a
 * channel of its own to the services, which says who calls; then there is no connection, and nothing to sign.
 */
export function clientSettings(): Settings | Record<string, never> {
  if (typeof EMBEDDED_BUILD !== 'undefined' && EMBEDDED_BUILD) {
    const channel: unknown = Reflect.get(globalThis, Symbol.for('embedded.aws'));
    if (isChannel(channel)) return channel;
  }
  return {};
}

function isChannel(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && 'requestHandler' in value && 'signer' in value;
}
