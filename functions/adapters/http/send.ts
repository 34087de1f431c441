/** A request that brought no answer. Whether the other side did what it was asked is unknown. */
export class NoAnswer extends Error {
  override name = 'NoAnswer' as const;
}

/**
 * Sends one request, once. A redirect is an answer like any other: what a header holds belongs to the configured host, not to wherever
 * it points.
 * @param timeoutMs for the whole answer, its body included
 * @throws NoAnswer on a network error or when the time is up; its message quotes neither address nor header
 */
export function sendOnce(url: string, request: RequestInit, timeoutMs: number): Promise<Response> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  return noAnswerFrom(() => fetch(url, { ...request, redirect: 'manual', signal }));
}

/** The same for reading what was answered: the time may be up, or the connection break, in the middle of a body. */
export async function noAnswerFrom<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!isTransport(error)) throw error;
    const what = error.name === 'TimeoutError' ? 'no answer in time' : `network error${codeOf(error)}`;
    throw new NoAnswer(what, { cause: error });
  }
}

/** What fetch and its body stream throw: TypeError for the network, DOMException for the time limit. */
function isTransport(error: unknown): error is Error {
  return error instanceof TypeError || (error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name));
}

function codeOf({ cause }: Error): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
}
