import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Slack's own window against replays. */
const WINDOW_SECONDS = 300;
/** A click carries the whole card; ours are far below this. Larger bodies are not even hashed. */
const MAX_BODY_BYTES = 256 * 1024;
/** Slack sends a dozen short headers. */
const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
/** While a signing secret is rotated, the new one and the one before it are valid. */
const SECRETS_AT_ONCE = 2;

export interface SignedRequest {
  method: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
}

/** `v0=` + hex HMAC-SHA256 of `v0:{timestamp}:{body}` over the raw body. Format: api.slack.com, "Verifying requests". */
export function slackSignature(signingSecret: string, timestamp: string, body: Buffer): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/**
 * Why a request is not Slack's, or null when it is. The answer to the caller is the same for every reason.
 * @param signingSecret as it is stored: one, or during a rotation the new one and the one before it, separated by a comma
 *   or a line break; both are tried, so that the time taken does not say which
 * @param now decides the 300 s window
 */
export function whyNotSlack({ method, headers, body }: SignedRequest, signingSecret: string, now: Date): string | null {
  if (method !== 'POST') return 'method';
  if (tooManyHeaders(headers)) return 'headers';
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return 'body size';
  const [mediaType] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (mediaType?.trim() !== 'application/x-www-form-urlencoded') return 'content type';
  // What was signed is what is read: nothing in between may unpack it.
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return 'content encoding';
  const timestamp = headers['x-slack-request-timestamp'] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp';
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return 'outside the window';
  const given = Buffer.from(headers['x-slack-signature'] ?? '', 'utf8');
  const valid = secretsIn(signingSecret).filter((secret) => {
    const expected = Buffer.from(slackSignature(secret, timestamp, body), 'utf8');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return valid.length > 0 ? null : 'signature';
}

/**
 * Name of a verified request, to recognise it when it comes again, and when it would be refused for its age anyway.
 * It does not depend on the secret, so that a request signed with either of two is the same request.
 */
export function requestOnce({ headers, body }: SignedRequest): { digest: string; staleAt: Date } {
  const timestamp = headers['x-slack-request-timestamp'] ?? '';
  const digest = createHash('sha256').update(`${timestamp}:`).update(body).digest('hex');
  return { digest, staleAt: new Date((Number(timestamp) + WINDOW_SECONDS) * 1000) };
}

/** More than two would be a rotation that nobody finished, so the rest is ignored. */
function secretsIn(stored: string): string[] {
  return stored
    .split(/[\r\n,]/)
    .map((secret) => secret.trim())
    .filter(Boolean)
    .slice(0, SECRETS_AT_ONCE);
}

function tooManyHeaders(headers: Record<string, string>): boolean {
  const all = Object.entries(headers);
  const bytes = all.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  return all.length > MAX_HEADERS || bytes > MAX_HEADER_BYTES;
}
