import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { RouteSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { FunctionHost } from '../functions/host.ts';
import { FunctionFailed } from '../functions/worker-thread.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | string;
}

/** Answers requests as an API Gateway HTTP API does. */
export type HttpApi = (request: HttpRequest) => Promise<HttpResponse>;

interface HttpApiOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly account: string;
  readonly host: FunctionHost;
  readonly report: (message: string) => void;
}

const Structured = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** As on AWS, an HTTP API passes these on as text, and any other body, including a form, as base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b)/;

/** Serves routes by Lambda proxy integration, payload format 2.0. */
export function createHttpApi(routes: readonly RouteSpec[], options: HttpApiOptions): HttpApi {
  const { clock, newId, account, host, report } = options;
  return async ({ method, url, headers: { cookie, ...headers }, body }) => {
    const { pathname, search, searchParams } = new URL(`http://localhost${url}`);
    const route = routes.find((candidate) => candidate.method === method && candidate.path === pathname);
    if (route === undefined) return json(404, '{"message":"Not Found"}');
    const { apiId, functionArn } = route;
    const routeKey = `${method} ${pathname}`;
    const isBase64Encoded = body.length > 0 && !TEXT.test(headers['content-type'] ?? '');
    // JSON omits what is undefined, as an HTTP API does.
    const event = {
      version: '2.0',
      routeKey,
      rawPath: pathname,
      rawQueryString: search.slice(1),
      headers,
      cookies: cookie?.split('; '),
      queryStringParameters: search === '' ? undefined : Object.fromEntries(searchParams),
      requestContext: {
        accountId: account,
        apiId,
        domainName: headers.host,
        domainPrefix: apiId,
        requestId: newId(),
        routeKey,
        stage: '$default',
        timeEpoch: clock.now(),
        http: {
          method,
          path: pathname,
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: headers['user-agent'] ?? '',
        },
      },
      body: body.length === 0 ? undefined : body.toString(isBase64Encoded ? 'base64' : 'utf8'),
      isBase64Encoded,
    };
    try {
      return responseOf(await host.invoke(functionArn, JSON.stringify(event)));
    } catch (error) {
      if (!(error instanceof FunctionFailed)) throw error;
      report(`${routeKey} failed with ${error.fault.errorType}`);
      return json(500, '{"message":"Internal Server Error"}');
    }
  };
}

/** A result with a status code is the response; anything else is its body, as JSON. */
function responseOf(text: string): HttpResponse {
  const result: unknown = JSON.parse(text);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) return json(200, text);
  const parsed = Structured.safeParse(result);
  if (!parsed.success) return json(500, '{"message":"Internal Server Error"}');
  const { statusCode: status, headers, cookies, body, isBase64Encoded } = parsed.data;
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), `${value}`]);
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=utf-8', 'set-cookie': cookies, ...Object.fromEntries(named) },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function json(status: number, body: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
