import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack's own window against replays. */
const WINDOW_SECONDS = 300;
/** A click carries the whole card; ours are far below this. Larger bodies are not even hashed. */
const MAX_BODY_BYTES = 256 * 1024;

interface SignedRequest {
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
 * @param now decides the 300 s window
 */
export function whyNotSlack({ method, headers, body }: SignedRequest, signingSecret: string, now: Date): string | null {
  if (method !== 'POST') return 'method';
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return 'body size';
  const [mediaType] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (mediaType?.trim() !== 'application/x-www-form-urlencoded') return 'content type';
  const timestamp = headers['x-slack-request-timestamp'] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp';
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return 'outside the window';
  const given = Buffer.from(headers['x-slack-signature'] ?? '', 'utf8');
  const expected = Buffer.from(slackSignature(signingSecret, timestamp, body), 'utf8');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'signature';
  return null;
}
