/** How often a `response_url` works and how long it lives: Slack's numbers. */
const RESPONSE_URL_USES = 5;
const RESPONSE_URL_MS = 30 * 60_000;
/** A trigger lives 3 seconds and works once. */
const TRIGGER_MS = 3_000;
/** Used and expired entries are kept to say why they do not work, up to this many. */
const KEPT = 500;

/** Where a response through a `response_url` goes. */
export interface ResponseTarget {
  channel: string;
  ts: string;
  user: string;
}

export class ResponseUrls {
  readonly #known = new Map<string, { target: ResponseTarget; left: number; until: number }>();

  add(id: string, target: ResponseTarget, nowMs: number): void {
    forgetOldest(this.#known);
    this.#known.set(id, { target, left: RESPONSE_URL_USES, until: nowMs + RESPONSE_URL_MS });
  }

  /** Uses the URL once. Null if it is unknown, used up or too old. */
  use(id: string, nowMs: number): ResponseTarget | null {
    const entry = this.#known.get(id);
    if (!entry || entry.left < 1 || nowMs > entry.until) return null;
    entry.left -= 1;
    return entry.target;
  }
}

export class Triggers {
  readonly #known = new Map<string, { user: string; until: number; used: boolean }>();

  add(id: string, user: string, nowMs: number): void {
    forgetOldest(this.#known);
    this.#known.set(id, { user, until: nowMs + TRIGGER_MS, used: false });
  }

  /** Exchanges a trigger for the user whose dialog it opens, or Slack's error code. */
  exchange(id: string, nowMs: number): { user: string } | { error: string } {
    const trigger = this.#known.get(id);
    if (!trigger) return { error: 'invalid_trigger_id' };
    if (trigger.used) return { error: 'exchanged_trigger_id' };
    if (nowMs > trigger.until) return { error: 'expired_trigger_id' };
    trigger.used = true;
    return { user: trigger.user };
  }
}

/** Limit on posts per channel, with a burst. */
export interface RateLimit {
  perSecond: number;
  burst: number;
}

/** A token bucket per channel, filled at the rate, as deep as the burst. */
export class RateLimits {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #limit: RateLimit | null;

  constructor(limit: RateLimit | null) {
    this.#limit = limit;
  }

  /** Null if the message may pass; otherwise the whole seconds of Retry-After. */
  secondsToWait(channel: string, nowMs: number): number | null {
    if (!this.#limit) return null;
    const { perSecond, burst } = this.#limit;
    const last = this.#buckets.get(channel) ?? { tokens: burst, at: nowMs };
    const tokens = Math.min(burst, last.tokens + (Math.max(0, nowMs - last.at) / 1_000) * perSecond);
    const passes = tokens >= 1;
    this.#buckets.set(channel, { tokens: passes ? tokens - 1 : tokens, at: nowMs });
    return passes ? null : Math.max(1, Math.ceil((1 - tokens) / perSecond));
  }
}

function forgetOldest(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size >= KEPT && oldest !== undefined) known.delete(oldest);
}
