/**
 * The wait that a `Retry-After` header asks for, in milliseconds: from seconds or an HTTP date (RFC 9110, 10.2.3).
 * Null when it is absent or unreadable; never negative.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // An HTTP date names its zone; without that check Date.parse would take "2.5" or "-1" for a date.
  if (!/\bGMT$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
