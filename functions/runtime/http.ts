import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod';
import { clockFrom, invocationTime } from './clock.ts';
import { type Invocation, publish, readEnvironment } from './task.ts';

/** The parts of an API Gateway v2 event that a handler may use. `body` is the raw body as bytes. */
export interface HttpRequest {
  method: string;
  path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  /** What the gateway proved about the caller; absent on an open route. */
  authorizer?: unknown;
}

const HttpEvent = z.object({
  rawPath: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({ http: z.object({ method: z.string() }), authorizer: z.unknown().optional() }),
});

/**
 * Makes a Lambda handler for one URL. The handler gets the body as the raw bytes that were signed.
 * An event that is not an HTTP event gets a bare 400.
 */
export function http<E extends Record<string, z.ZodType>>(
  { env }: { env: E },
  work: (request: HttpRequest, invocation: Invocation<E>) => Promise<APIGatewayProxyStructuredResultV2>,
) {
  const log = new Logger();
  const metrics = new Metrics();
  return async (event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    log.addContext(context);
    try {
      const parsed = HttpEvent.safeParse(event);
      if (!parsed.success) return { statusCode: 400 };
      const { rawPath, headers, body, isBase64Encoded, requestContext } = parsed.data;
      const request = {
        method: requestContext.http.method,
        path: rawPath,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
        body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
        authorizer: requestContext.authorizer,
      };
      const now = invocationTime(context);
      return await work(request, {
        env: readEnvironment(env, process.env),
        now,
        clock: clockFrom(now),
        log,
        metrics,
      });
    } finally {
      publish(metrics);
    }
  };
}

/** A response whose body is JSON. */
export function json(statusCode: number, body: unknown): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
