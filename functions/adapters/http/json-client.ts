import type * as z from 'zod';
import { parseJson } from '../../../schemas/parse-json.ts';
import { drop, readLimited } from './limited-body.ts';
import { persist } from './persist.ts';
import { retryAfterMs } from './retry-after.ts';
import { NoAnswer, noAnswerFrom, sendOnce } from './send.ts';

export interface HttpSettings {
  readonly baseUrl: string;
  /** Sent as a Bearer token; null sends none. Never logged, never part of an error. */
  readonly apiKey: string | null;
  /** One attempt, body included. */
  readonly timeoutSeconds: number;
  /** All attempts and the waits between them; below the 30 s of a Task, so that the caller sees our error. */
  readonly totalSeconds?: number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number;
  /** Wall clock in ms since the epoch. */
  readonly now?: () => number;
}

/** The port's own error types. The texts passed in contain a method, a path and a cause, never a key, a query or a body. */
export interface Failures {
  readonly unavailable: (message: string, cause?: unknown) => Error;
  readonly refused: (message: string, status: number | null) => Error;
  readonly malformed: (message: string) => Error;
}

export interface JsonCall<S extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly answer: S;
  /** False sends once, since a lost response leaves open whether it was done. Only a 429, which means "not done", is retried. */
  readonly repeatable?: boolean;
}

export type JsonClient = <S extends z.ZodType>(call: JsonCall<S>) => Promise<z.infer<S>>;

const ATTEMPTS = 3;
const TOTAL_SECONDS = 25;
const FIRST_BACKOFF_MS = 250;

/**
 * JSON over HTTP to an outside service, with a time limit, retries with backoff, a size limit and a schema.
 * Retries network errors, timeouts, 5xx and 429 (at most 3 attempts, `Retry-After` honoured); nothing else.
 * @throws what `failures` creates: unavailable after the retries, refused on 3xx and 4xx, malformed on an invalid body
 */
export function jsonClient(settings: HttpSettings, failures: Failures): JsonClient {
  const base = baseOf(settings.baseUrl, failures);
  const headers = headersOf(settings.apiKey, failures);
  const now = settings.now ?? Date.now;
  const patience = {
    attempts: ATTEMPTS,
    totalMs: (settings.totalSeconds ?? TOTAL_SECONDS) * 1_000,
    sleep: settings.sleep,
    now,
  };
  const backoffMs = (number: number) => FIRST_BACKOFF_MS * 2 ** (number - 1) * (0.5 + settings.random() / 2);

  return async (call) => {
    const label = `${call.method} ${call.path}`;
    const repeatable = call.repeatable ?? true;
    const url = `${base}${call.path}${call.query ? `?${new URLSearchParams(call.query)}` : ''}`;
    const request = requestOf(call, headers);
    const text = await persist<string>(async (number, leftMs) => {
      try {
        const response = await sendOnce(url, request, Math.min(settings.timeoutSeconds * 1_000, leftMs));
        if (response.ok) {
          const tooLarge = () => failures.malformed(`${label}: answer too large`);
          return { answer: await noAnswerFrom(() => readLimited(response, tooLarge)) };
        }
        drop(response.body);
        const { status } = response;
        if (status < 500 && status !== 429) throw failures.refused(`${label}: HTTP ${status}`, status);
        const asked = retryAfterMs(response.headers.get('retry-after'), now());
        // 429 means that nothing was done.
        const again = status === 429 || repeatable;
        return {
          failed: failures.unavailable(`${label}: HTTP ${status}`),
          waitMs: again ? (asked ?? backoffMs(number)) : null,
        };
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        const failed = failures.unavailable(`${label}: ${error.message}`, error.cause);
        return { failed, waitMs: repeatable ? backoffMs(number) : null };
      }
    }, patience);
    return parsed(text, call.answer, label, failures);
  };
}

function requestOf({ method, body }: JsonCall<z.ZodType>, headers: Record<string, string>): RequestInit {
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function baseOf(text: string, failures: Failures): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw failures.refused('the base URL is not an http(s) URL', null);
  if (url.username || url.password) throw failures.refused('the base URL must not hold a user or password', null);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function headersOf(key: string | null, failures: Failures): Record<string, string> {
  if (key === null || key === '') return { accept: 'application/json' };
  // fetch would quote the whole header, key included, in its own error.
  if (!/^[\x21-\x7e]+$/.test(key)) throw failures.refused('the API key holds characters that no header may hold', null);
  return { accept: 'application/json', authorization: `Bearer ${key}` };
}

function parsed<S extends z.ZodType>(text: string, schema: S, label: string, failures: Failures): z.infer<S> {
  let body: unknown;
  try {
    body = parseJson(text);
  } catch {
    // The parser's own message quotes the body, which may echo what we sent.
    throw failures.malformed(`${label}: answer is not JSON`);
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw failures.malformed(`${label}: ${issues.join('; ')}`);
}
