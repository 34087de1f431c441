import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Credentials } from './credentials.ts';
import type { HttpRequest } from './http-api.ts';

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8}\/[\w-]+\/[\w-]+\/aws4_request),\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Finds who signed a request (Signature Version 4,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html), for plain paths without a query:
 * calls of AWS's JSON protocols use no others. Age is not checked: whoever could replay a request on the loopback
 * interface could read the key file as well.
 * @param find the holder of a key, by its id
 * @param read reads the body; not called for a caller without a key
 * @throws AwsError as AWS does for a missing signature, an unknown key or a wrong signature
 */
export async function authenticate<T extends { readonly credentials: Credentials }>(
  { method, url, headers }: Omit<HttpRequest, 'body'>,
  find: (accessKeyId: string) => T | undefined,
  read: () => Promise<Buffer>,
): Promise<{ caller: T; body: Buffer }> {
  const refused = (type: string, message: string) => new AwsError(type, message, 403);
  if (headers.authorization === undefined) {
    throw refused('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  const [, keyId, scope = '', names = '', signature = ''] = HEADER.exec(headers.authorization) ?? [];
  if (keyId === undefined) {
    throw refused('IncompleteSignatureException', 'The Authorization header is not of Signature Version 4');
  }
  const caller = find(keyId);
  if (caller === undefined) {
    throw refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const body = await read();
  const header = (name: string) => `${headers[name] ?? ''}`.trim().replace(/ +/g, ' ');
  const signed = names.split(';');
  const lines = signed.map((name) => `${name}:${header(name)}`);
  const canonical = [method, url, '', ...lines, '', names, sha256(body)].join('\n');
  const timestamp = header('x-amz-date');
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const right = timingSafeEqual(hmac(signingKey(caller.credentials, scope), toSign), Buffer.from(signature, 'hex'));
  const needed = ['host', 'x-amz-date', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const complete = needed.every((name) => signed.includes(name)) && timestamp.startsWith(scope.slice(0, 8));
  if (right && complete) return { caller, body };
  throw refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  );
}

/** The last signing key of each caller: it takes four hashes, and is the same all day for one service. */
const lastKeys = new WeakMap<Credentials, { readonly scope: string; readonly key: Buffer }>();

function signingKey(credentials: Credentials, scope: string): Buffer {
  const last = lastKeys.get(credentials);
  if (last?.scope === scope) return last.key;
  const key = scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${credentials.secretAccessKey}`));
  lastKeys.set(credentials, { scope, key });
  return key;
}

const sha256 = (data: Buffer | string) => hash('sha256', data, 'hex');
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
