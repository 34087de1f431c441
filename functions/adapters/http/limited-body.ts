const LIMIT_BYTES = 1_000_000;

/**
 * Reads a body as text, at most 1 MB of it (after decompression): the rest is dropped, not buffered.
 * @throws what `tooLarge` creates
 */
export async function readLimited(response: Response, tooLarge: () => Error): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.byteLength;
    if (size > LIMIT_BYTES) {
      drop(reader);
      throw tooLarge();
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Frees a connection whose body nobody reads. Not awaited: the other side cleans up in its own time. */
export function drop(body: { cancel(): Promise<void> } | null): void {
  body?.cancel().catch(() => undefined);
}
