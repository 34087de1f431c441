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

const Headers = z.record(
  z.string().transform((name) => name.toLowerCase()),
  z.union([z.string(), z.number(), z.boolean()]).transform(String),
);
const Structured = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: Headers.default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** An HTTP API hands these on as text; any other body, a form included, is base64, as on AWS. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b)/;

/** Serves routes by Lambda proxy integration, payload format 2.0. */
export function createHttpApi(routes: readonly RouteSpec[], options: HttpApiOptions): HttpApi {
  const { clock, newId, account, host, report } = options;
  const eventOf = ({ method, path, apiId }: RouteSpec, { url, headers, body }: HttpRequest) => {
    const { pathname, search, searchParams } = new URL(`http://localhost${url}`);
    const { cookie, host: domainName, 'user-agent': userAgent = '' } = headers;
    const isBase64Encoded = body.length > 0 && !TEXT.test(headers['content-type'] ?? '');
    const [routeKey, now] = [`${method} ${path}`, clock.now()];
    return {
      ...{ version: '2.0', routeKey, rawPath: pathname, rawQueryString: search.slice(1) },
      ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
      headers: Object.fromEntries(
        Object.entries({ ...headers, cookie: undefined }).map(([name, value]) => [name, value?.toString()]),
      ),
      ...(search === '' ? {} : { queryStringParameters: Object.fromEntries(searchParams) }),
      requestContext: {
        ...{ accountId: account, apiId, domainName, domainPrefix: apiId, requestId: newId() },
        http: { method, path: pathname, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent },
        ...{ routeKey, stage: '$default', time: new Date(now).toUTCString(), timeEpoch: now },
      },
      ...(body.length === 0 ? {} : { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
      isBase64Encoded,
    };
  };
  return {
    match(method, path) {
      const route = routes.find((candidate) => candidate.method === method && candidate.path === path);
      if (route === undefined) return undefined;
      return async (request) => {
        try {
          return responseOf(await host.invoke(route.functionArn, JSON.stringify(eventOf(route, request))));
        } catch (error) {
          if (!(error instanceof FunctionFailed)) throw error;
          report(`${route.method} ${route.path} failed with ${error.fault.errorType}`);
          return json(500, '{"message":"Internal Server Error"}');
        }
      };
    },
  };
}

/** A result with a status code is the response; anything else is its body, as JSON. */
function responseOf(text: string): HttpResponse {
  const result: unknown = JSON.parse(text);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) return json(200, text);
  const parsed = Structured.safeParse(result);
  if (!parsed.success) return json(500, '{"message":"Internal Server Error"}');
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const more = cookies.length > 0 ? { 'set-cookie': cookies } : {};
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...headers, ...more },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function json(status: number, text: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}
