import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** Set by the bundler: true only in the build that runs on one machine. */
declare const EMBEDDED_BUILD: boolean;

type Settings = Required<Pick<DynamoDBClientConfig, 'requestHandler' | 'signer'>>;

/** The part of an SDK client used here. */
interface Client {
  readonly middlewareStack: { remove(name: string): boolean };
}

/** The SDK's middleware for connections, a third of the cost of a call. Retries and endpoints stay. */
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
 * Settings for every SDK client: none on AWS. On one machine each function's thread has its own channel to the services,
 * which identifies the caller, so there is no connection and nothing to sign.
 */
export function clientSettings(): Settings | Record<string, never> {
  return channel() ?? {};
}

/** Strips a client of its connection middleware where there is no connection. On AWS it stays whole. */
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
