import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** Set by the bundler: true only in the build that runs on one machine. */
declare const EMBEDDED_BUILD: boolean;

type Settings = Required<Pick<DynamoDBClientConfig, 'requestHandler' | 'signer'>>;

/** The part of an SDK client that matters here. */
interface Client {
  readonly middlewareStack: { remove(name: string): boolean };
}

/** What the SDK does for the sake of a connection: a third of the work of a call. Retries and endpoints stay. */
const FOR_A_CONNECTION = [
  'getUserAgentMiddleware',
  'recursionDetectionMiddleware',
  'hostHeaderMiddleware',
  'contentLengthMiddleware',
  'httpAuthSchemeMiddleware',
  'httpSigningMiddleware',
  'loggerMiddleware',
];

/**
 * What every SDK client of this system is made with: nothing on AWS. On one machine the thread of a function has a
 * channel of its own to the services, which says who calls; then there is no connection, and nothing to sign.
 */
export function clientSettings(): Settings | Record<string, never> {
  return channel() ?? {};
}

/** Takes from a client made with these settings what serves a connection, where there is none. On AWS it stays whole. */
export function withoutConnection<C extends Client>(client: C): C {
  if (channel() !== null) for (const name of FOR_A_CONNECTION) client.middlewareStack.remove(name);
  return client;
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
