/** A request got no response. Whether the other side carried it out is unknown. */
export class NoAnswer extends Error {
  override name = 'NoAnswer' as const;
}

/**
 * Sends one request, once. Redirects are not followed: our headers are meant for the configured host, not for wherever it
 * points.
 * @param timeoutMs for the whole response, including its body
 * @throws NoAnswer on a network error or timeout; its message quotes neither address nor header
 */
export function sendOnce(url: string, request: RequestInit, timeoutMs: number): Promise<Response> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  return noAnswerFrom(() => fetch(url, { ...request, redirect: 'manual', signal }));
}

/** The same for reading the response: the time may run out, or the connection break, in the middle of a body. */
export async function noAnswerFrom<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isTransport(error)) throw error;
    const what = error.name === 'TimeoutError' ? 'no answer in time' : `network error${codeOf(error)}`;
    throw new NoAnswer(what, { cause: error });
  }
}

/** fetch and its body stream throw TypeError for the network and DOMException for the time limit. */
function isTransport(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name));
}

function codeOf({ cause }: Error): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
}
