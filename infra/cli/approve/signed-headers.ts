import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { Refused } from '../refused.ts';

type Credentials = ConstructorParameters<typeof SignatureV4>[0]['credentials'];
type Bytes = string | ArrayBuffer | ArrayBufferView;

interface Digest {
  update(data: Buffer): unknown;
  digest(): Buffer;
}

/** SHA-256 as the signer asks for it: with a secret it is an HMAC. */
class Sha256 {
  readonly #secret: Buffer | undefined;
  #hash: Digest;

  constructor(secret?: Bytes) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
    this.#hash = this.#begin();
  }

  update(data: Bytes): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Digest {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(data: Bytes): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

/**
 * Headers that sign a POST of JSON to an API behind IAM. The region is the one in the API's name.
 * @throws Refused for a URL that is not one of API Gateway's own, or has a query: credentials are used for nothing else
 */
export async function signedHeaders(
  url: URL,
  body: string,
  credentials: Credentials,
  now: Date,
): Promise<Record<string, string>> {
  const region = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(url.hostname)?.[1];
  if (url.protocol !== 'https:' || region === undefined || url.search !== '') {
    throw new Refused(
      `${url.origin} is no API on AWS: use the output ApprovalsUrl, https://ID.execute-api.REGION.amazonaws.com/PATH.`,
    );
  }
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { 'content-type': 'application/json', host: url.host },
    body,
  };
  return (await signer.sign(request, { signingDate: now })).headers;
}

/** Headers that sign a call of the system on this machine, with the key of its data folder. */
export async function signedCall(
  url: URL,
  target: string,
  body: string,
  credentials: Credentials,
  now: Date,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service: 'vgac', region: 'us-east-1', credentials, sha256: Sha256 });
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: { 'content-type': 'application/x-amz-json-1.0', host: url.host, 'x-amz-target': target },
    body,
  };
  const { host: _, ...headers } = (await signer.sign(request, { signingDate: now })).headers;
  return headers;
}
