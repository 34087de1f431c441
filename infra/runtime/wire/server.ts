import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type Answer, type Call, refusalOf } from '../access/calls.ts';
import { AwsError } from '../aws-error.ts';
import type { Credentials } from './credentials.ts';
import type { HttpApi, HttpResponse } from './http-api.ts';
import { authenticate } from './signature.ts';

interface Caller {
  readonly credentials: Credentials;
  readonly who: string | null;
}

/** What serves the port. */
interface Handlers {
  /** Who signs with the key of this id; `who` identifies the caller of a call. */
  readonly callerOf: (accessKeyId: string) => Caller | undefined;
  readonly call: Call;
  readonly httpApi: HttpApi;
}

interface WireOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly newId: () => string;
  /** Receives our own failures, never a caller's. */
  readonly report: (message: string) => void;
}

const MAX_AWS_BODY_BYTES = 16 * 1024 * 1024;
const MAX_HTTP_API_BODY_BYTES = 1024 * 1024;
const AWS_JSON = /^(application\/x-amz-json-1\.[01])(; ?charset=utf-8)?$/i;

/**
 * Opens the one port, on the loopback interface only. A web page cannot use it: a request with an `Origin` or a
 * foreign `Host` is refused whatever it asks for, and AWS calls need a key of this machine, its signature and AWS's
 * content type.
 */
export async function openWire({ port, newId, report }: WireOptions) {
  let handlers: Handlers | null = null;
  const respond = async (request: IncomingMessage): Promise<HttpResponse> => {
    const { method = '', url = '/', headers } = request;
    refuseForeignRequests(headers, bound);
    if (handlers === null) throw new AwsError('ServiceUnavailable', 'starting', 503);
    const { 'x-amz-target': target, 'content-type': type = '' } = headers;
    if (typeof target !== 'string') {
      return handlers.httpApi({ method, url, headers, body: await readBody(request, MAX_HTTP_API_BODY_BYTES) });
    }
    const version = AWS_JSON.exec(type)?.[1];
    if (method !== 'POST' || version === undefined) {
      throw new AwsError('UnsupportedMediaTypeException', 'use POST with application/x-amz-json-1.0 or 1.1', 415);
    }
    const { call, callerOf } = handlers;
    const read = () => readBody(request, MAX_AWS_BODY_BYTES);
    const { caller, body } = await authenticate({ method, url, headers }, callerOf, read);
    return inHttp(await call(caller.who, target, body.toString()), version);
  };
  const inHttp = ({ status, text: body }: Answer, type = 'application/json'): HttpResponse => ({
    status,
    headers: { 'content-type': type, 'x-amzn-requestid': newId() },
    body,
  });
  const server = createServer((request, response) => {
    const send = ({ status, headers, body }: HttpResponse) =>
      void response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    respond(request)
      .then(send)
      .catch((error) => send(inHttp(refusalOf('a request', error, report))));
  });
  // Longer than clients keep an idle connection, so that none is closed while a request arrives.
  server.keepAliveTimeout = 65_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    /** e.g. `http://127.0.0.1:4566`. */
    url: `http://127.0.0.1:${bound}`,
    /** Until this is called, every request is answered with 503. */
    serve(ready: Handlers): void {
      handlers = ready;
    },
    async close(): Promise<void> {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function refuseForeignRequests(
  { host, origin, 'sec-fetch-site': site = 'none' }: IncomingHttpHeaders,
  port: number,
): void {
  const refused = (message: string) => new AwsError('AccessDeniedException', message, 403);
  // Pages send no Origin when they do not read the response, e.g. for an image; browsers still send Sec-Fetch-Site.
  if (origin !== undefined || site !== 'none') throw refused('requests from web pages are refused');
  if (host === `127.0.0.1:${port}` || host === `localhost:${port}`) return;
  throw refused('the Host header must name this machine');
}

/** Reads up to `limit` bytes; anything larger is refused with 413 and not kept. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    }
  } catch (cause) {
    throw new AwsError('IncompleteBody', 'the connection closed before the body was complete', 400, { cause });
  }
  if (size > limit) throw new AwsError('RequestEntityTooLargeException', `the body exceeds ${limit} bytes`, 413);
  return Buffer.concat(chunks);
}
