import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The replay window that Slack recommends. */
const WINDOW_SECONDS = 300;
/** A click contains the whole card; ours are far smaller. Larger bodies are not even hashed. */
const MAX_BODY_BYTES = 256 * 1024;
/** Slack sends a dozen short headers. */
const MAX_HEADERS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
/** During a rotation both the new and the previous signing secret are valid. */
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
 * Why a request is not from Slack, or null if it is. The caller gets the same answer for every reason.
 * @param signingSecret as stored: one, or during a rotation the new and the previous one, separated by a comma or a line
 *   break; both are tried, so that timing does not reveal which matched
 * @param now decides the 300 s window
 */
export function whyNotSlack({ method, headers, body }: SignedRequest, signingSecret: string, now: Date): string | null {
  if (method !== 'POST') return 'method';
  if (tooManyHeaders(headers)) return 'headers';
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return 'body size';
  const [mediaType] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (mediaType?.trim() !== 'application/x-www-form-urlencoded') return 'content type';
  // The signature covers the raw body, so nothing may decode it first.
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
 * A digest that recognises a verified request when it comes again, and the time from which its age refuses it anyway.
 * Independent of the secret, so that a request signed with either of two is the same request.
 */
export function requestOnce({ headers, body }: SignedRequest): { digest: string; staleAt: Date } {
  const timestamp = headers['x-slack-request-timestamp'] ?? '';
  const digest = createHash('sha256').update(`${timestamp}:`).update(body).digest('hex');
  return { digest, staleAt: new Date((Number(timestamp) + WINDOW_SECONDS) * 1000) };
}

/** More than two would be an unfinished rotation, so the rest is ignored. */
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
