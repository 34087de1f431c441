const LIMIT_BYTES = 1_000_000;

/**
 * Reads a body as text, but never more than 1 MB of it (after decompression): the rest is cancelled, not buffered.
 * @throws what `tooLarge` makes
 */
export async function readLimited(response: Response, tooLarge: () => Error): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  // Leaving the loop by an exception cancels the stream.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LIMIT_BYTES) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
