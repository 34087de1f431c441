import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authorize } from '../access/authorize.ts';
import { AwsError } from './aws-error.ts';
import { type Answer, answerOf, callService, Refused, type Services } from './calls.ts';
import type { Credentials } from './credentials.ts';
import type { HttpApi } from './http-api.ts';
import { authenticate } from './signature.ts';

/** Who may sign requests. Without `authorize` everything is allowed: the human at this machine. */
export interface Caller {
  readonly credentials: Credentials;
  readonly authorize?: Authorize | undefined;
}

/** What answers on the port: AWS services by the prefix of `x-amz-target`, and the routes of the HTTP API. */
interface Handlers {
  /** Besides the owner of the data folder. */
  readonly callers: readonly Caller[];
  readonly services: Services;
  readonly httpApi: HttpApi;
}

export interface WireServer {
  /** e.g. `http://127.0.0.1:4566`. */
  readonly url: string;
  /** Until this is called every request is answered with 503. */
  serve(handlers: Handlers): void;
  /** Answers a call that came by a channel which says itself who calls: there is no signature to check. */
  call(authorize: Authorize, target: string, body: string): Promise<Answer>;
  close(): Promise<void>;
}

const MAX_AWS_BODY_BYTES = 16 * 1024 * 1024;
const MAX_HTTP_API_BODY_BYTES = 1024 * 1024;

interface WireOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly credentials: Credentials;
  readonly newId: () => string;
  /** Told of faults of our own, never of what a caller sent. */
  readonly report: (message: string) => void;
}

/**
 * Opens the one port, on the loopback interface only. A web page cannot use it: a request with an `Origin` or a foreign
 * `Host` is refused whatever it asks for, and AWS calls need the data folder's key, its signature and AWS's content type.
 */
export async function openWire({ port, credentials, newId, report }: WireOptions): Promise<WireServer> {
  let handlers: Handlers | null = null;
  const callers = new Map<string, Caller>([[credentials.accessKeyId, { credentials }]]);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refused)
        return send(response, error.status, 'application/json', JSON.stringify({ message: error.message }));
      report(`answering a request failed: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
      return send(response, 500, 'application/json', '{"message":"Internal Server Error"}');
    });
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    checkCaller(request, boundPort());
    if (handlers === null) throw new Refused(503, 'starting');
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') return answerAws(handlers.services, target, request, response);
    const { method = 'GET', url = '/' } = request;
    const route = handlers.httpApi.match(method, new URL(`http://localhost${url}`).pathname);
    if (route === undefined) throw new Refused(404, 'Not Found');
    const body = await readBody(request, MAX_HTTP_API_BODY_BYTES);
    const { status, headers, body: text } = await route({ method, url, headers: request.headers, body });
    response.writeHead(status, headers).end(text);
  };

  const answerAws = async (services: Services, target: string, request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '/', headers } = request;
    const version = /^(application\/x-amz-json-1\.[01])(; ?charset=utf-8)?$/i.exec(headers['content-type'] ?? '')?.[1];
    const { status, errorType, text } = await answerOf(
      target,
      async () => {
        const { caller, checkSignature } = authenticate({ method, url, headers }, callers);
        if (version === undefined || method !== 'POST') {
          throw new AwsError('UnsupportedMediaTypeException', 'use POST with application/x-amz-json-1.0 or 1.1', 415);
        }
        const body = await readBody(request, MAX_AWS_BODY_BYTES);
        checkSignature(body);
        return callService(services, target, body.toString(), caller.authorize ?? null);
      },
      report,
    );
    response.setHeader('x-amzn-requestid', newId());
    if (errorType !== null) response.setHeader('x-amzn-errortype', errorType);
    send(response, status, version ?? 'application/x-amz-json-1.0', text);
  };

  // Longer than clients keep an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 65_000;
  let listensOn = port;
  const boundPort = () => listensOn;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      const address: AddressInfo | string | null = server.address();
      if (address !== null && typeof address === 'object') listensOn = address.port;
      resolve();
    });
  });
  return {
    url: `http://127.0.0.1:${boundPort()}`,
    serve: (ready) => {
      handlers = ready;
      for (const caller of ready.callers) callers.set(caller.credentials.accessKeyId, caller);
    },
    call: (authorize, target, body) =>
      answerOf(
        target,
        async () => {
          if (handlers === null) throw new AwsError('ServiceUnavailable', 'starting', 503);
          return callService(handlers.services, target, body, authorize);
        },
        report,
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function checkCaller({ headers }: IncomingMessage, port: number): void {
  // Pages send no Origin where they want no answer, e.g. for an image; a browser still says that a page asks.
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) {
    throw new Refused(403, 'requests from web pages are refused');
  }
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) {
    throw new Refused(403, 'the Host header must name this machine');
  }
}

/** Reads up to `limit` bytes; more is refused with 413 without keeping them. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks.length = 0;
        reject(new Refused(413, `the body exceeds ${limit} bytes`));
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  if (response.headersSent) return;
  // What is refused early has not been read: the connection cannot be used again.
  if (status === 413 || status === 403) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }).end(body);
}
