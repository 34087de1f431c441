import { readLimited } from '../http/limited-body.ts';

/** The part of the SDK's requests that goes over HTTP. */
interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  method: string;
  headers: Record<string, string>;
  body?: string;
}

/** The model's endpoint returned more than any explanation needs. */
export class AnswerTooLarge extends Error {
  override name = 'AnswerTooLarge' as const;
}

/**
 * Sends the SDK's requests with `fetch`, over HTTP/1.1: the SDK's own handler for Bedrock uses HTTP/2 and keeps a
 * session open, which is broken when a frozen Lambda thaws. Reads at most one megabyte of a response.
 */
export function plainHttp() {
  return {
    handle: async (request: SdkRequest, { abortSignal }: { abortSignal?: unknown } = {}) => {
      const { protocol, hostname, port, path, method, headers, body } = request;
      const response = await fetch(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`, {
        method,
        headers: withoutHost(headers),
        ...(body !== undefined && { body }),
        redirect: 'error',
        ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
      });
      const text = await readLimited(response, () => new AnswerTooLarge('more than 1 MB'));
      return {
        response: {
          statusCode: response.status,
          headers: Object.fromEntries(response.headers),
          body: new TextEncoder().encode(text),
        },
      };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

/** `fetch` writes these itself. */
function withoutHost(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['host', 'content-length'].includes(name.toLowerCase())),
  );
}
