import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { RouteSpec } from '../assembly/specs.ts';
import type { Clock } from '../clock/clock.ts';
import type { FunctionHost } from '../functions/host.ts';
import { FunctionFailed } from '../functions/worker-thread.ts';

interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

/** The routes of the API Gateway HTTP API; `match` gives the handler of a route, if there is one. */
export interface HttpApi {
  match(method: string, path: string): ((request: HttpRequest) => Promise<HttpResponse>) | undefined;
}

interface HttpApiOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly account: string;
  readonly host: FunctionHost;
  readonly report: (message: string) => void;
}

const Structured = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** An HTTP API hands these on as text; any other body, a form included, is base64, as on AWS. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b)/;

/** Serves routes by Lambda proxy integration, payload format 2.0. */
export function createHttpApi(
  routes: readonly RouteSpec[],
  { clock, newId, account, host, report }: HttpApiOptions,
): HttpApi {
  const invoke = async (route: RouteSpec, request: HttpRequest): Promise<HttpResponse> => {
    try {
      const result: unknown = JSON.parse(await host.invoke(route.functionArn, JSON.stringify(eventOf(route, request))));
      return responseOf(result);
    } catch (error) {
      if (!(error instanceof FunctionFailed)) throw error;
      report(`${route.method} ${route.path} failed with ${error.fault.errorType}`);
      return json(500, '{"message":"Internal Server Error"}');
    }
  };

  const eventOf = ({ method, path, apiId }: RouteSpec, { url, headers, body }: HttpRequest) => {
    const { pathname, search, searchParams } = new URL(url, 'http://localhost');
    const { cookie, ...others } = headers;
    const isBase64Encoded = body.length > 0 && !TEXT.test(headers['content-type'] ?? '');
    const now = clock.now();
    return {
      ...{ version: '2.0', routeKey: `${method} ${path}`, rawPath: pathname, rawQueryString: search.slice(1) },
      ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
      headers: Object.fromEntries(
        Object.entries(others).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
      ),
      ...(search === '' ? {} : { queryStringParameters: Object.fromEntries(searchParams) }),
      requestContext: {
        ...{ accountId: account, apiId, domainName: headers.host, domainPrefix: apiId, requestId: newId() },
        http: {
          method,
          path: pathname,
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: headers['user-agent'] ?? '',
        },
        ...{ routeKey: `${method} ${path}`, stage: '$default', time: new Date(now).toUTCString(), timeEpoch: now },
      },
      ...(body.length === 0 ? {} : { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
      isBase64Encoded,
    };
  };

  return {
    match(method, path) {
      const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
      return route === undefined ? undefined : (request) => invoke(route, request);
    },
  };
}

/** A result with a status code is the response; anything else is its body, as JSON. */
function responseOf(result: unknown): HttpResponse {
  if (typeof result !== 'object' || result === null || !('statusCode' in result))
    return json(200, JSON.stringify(result));
  const parsed = Structured.safeParse(result);
  if (!parsed.success) return json(500, '{"message":"Internal Server Error"}');
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=utf-8',
      ...lowered,
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function json(status: number, text: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}
