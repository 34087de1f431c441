import type { Answer } from '../access/calls.ts';
import type { FromWorker } from './messages.ts';

/** The part of the SDK's requests that matters here. */
interface SdkRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * The thread's end of the channel to the services of this machine, as a request handler and a signer for the stock
 * SDK clients. Only one function's thread holds this port, so the port identifies the caller: the services check the
 * role of that function, and a signature would add nothing. Clients created without it sign and use the network.
 */
export function createServiceChannel(post: (message: FromWorker) => void) {
  const decoder = new TextDecoder();
  const waiting = new Map<number, (answer: Answer) => void>();
  let numbered = 0;
  const requestHandler = {
    async handle({ headers, body = '' }: SdkRequest) {
      const id = numbered++;
      const { status, text } = await new Promise<Answer>((resolve) => {
        waiting.set(id, resolve);
        const content = typeof body === 'string' ? body : decoder.decode(body);
        post({ kind: 'call', id, target: headers['x-amz-target'] ?? '', body: content });
      });
      return { response: { statusCode: status, headers: {}, body: Buffer.from(text) } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  return {
    settings: { requestHandler, signer: { sign: async <T>(request: T): Promise<T> => request } },
    answered(id: number, answer: Answer): void {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    },
  };
}
