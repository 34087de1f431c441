import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { Credentials } from './credentials.ts';

export interface SignedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request,\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Finds who sends a request before its body is read, and gives the check of the body's signature (Signature Version
 * 4, https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
 * Age is not checked: whoever could replay a request on the loopback interface could read the key file as well.
 * @throws AwsError MissingAuthenticationTokenException, UnrecognizedClientException; InvalidSignatureException later
 */
export function authenticate<T extends { readonly credentials: Credentials }>(
  request: SignedRequest,
  callers: ReadonlyMap<string, T>,
): { caller: T; checkSignature: (body: Buffer) => void } {
  const authorization = request.headers.authorization;
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token', 403);
  }
  const [, keyId, date, region, service, names, signature] = HEADER.exec(authorization) ?? [];
  if (!keyId || !date || !region || !service || !names || !signature) {
    throw new AwsError('IncompleteSignatureException', 'The Authorization header is not of Signature Version 4', 403);
  }
  const caller = callers.get(keyId);
  if (caller === undefined) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  const checkSignature = (body: Buffer) => {
    const timestamp = headerText(request.headers, 'x-amz-date');
    const signed = names.split(';');
    const scope = `${date}/${region}/${service}/aws4_request`;
    const canonical = [
      request.method,
      ...canonicalUrl(request.url),
      ...signed.map((name) => `${name}:${headerText(request.headers, name)}`),
      '',
      names,
      sha256(body),
    ].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(Buffer.from(canonical))].join('\n');
    const key = signingKey(caller.credentials, date, region, service);
    const complete = ['host', 'x-amz-date'].every((name) => signed.includes(name)) && timestamp.startsWith(date);
    if (!complete || !sameText(hmac(key, toSign).toString('hex'), signature)) {
      throw new AwsError(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided.',
        403,
      );
    }
  };
  return { caller, checkSignature };
}

/** Keys of one day, region and service: the same for thousands of requests, and four hashes each. */
const signingKeys = new WeakMap<Credentials, Map<string, Buffer>>();
const MOST_KEYS = 64;

function signingKey(credentials: Credentials, ...parts: [date: string, region: string, service: string]): Buffer {
  const known = signingKeys.get(credentials) ?? new Map<string, Buffer>();
  signingKeys.set(credentials, known);
  const scope = parts.join('/');
  const kept = known.get(scope);
  if (kept !== undefined) return kept;
  const key = [...parts, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${credentials.secretAccessKey}`));
  // A caller names the scope before the signature is checked.
  if (known.size >= MOST_KEYS) known.clear();
  known.set(scope, key);
  return key;
}

/** Path and query of the canonical request: each part encoded once more than it came, the query sorted. */
function canonicalUrl(url: string): [path: string, query: string] {
  // What every AWS call of the JSON protocol uses.
  if (url === '/') return ['/', ''];
  const { pathname, searchParams } = new URL(`http://localhost${url}`);
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  return [pathname.split('/').map(encode).join('/'), query.join('&')];
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name] ?? '';
  return (Array.isArray(value) ? value.join(',') : value).trim().replace(/ +/g, ' ');
}

const sha256 = (data: Buffer) => hash('sha256', data, 'hex');
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Compares in constant time, lengths included. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(a), digest(b));
}
