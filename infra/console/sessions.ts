import { createHash, randomBytes } from 'node:crypto';
import { LINK_MINUTES, SESSION_HOURS } from './session-times.ts';

const CODE_MS = LINK_MINUTES * 60_000;
const SESSION_MS = SESSION_HOURS * 3_600_000;
/** How long a spent code is remembered, so that whoever opens its link learns why it does not work. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Nobody needs so many; beyond that, the oldest are dropped. */
const MOST = 1_000;

/** Whom a session belongs to. */
export interface Holder {
  /** Slack id under which this session answers on the page; null where it answers nothing. */
  readonly person: string | null;
  /** The owner of this machine, who may also click in the Slack stand-in as anybody. */
  readonly owner: boolean;
}

export interface Session extends Holder {
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export type Exchange =
  | { readonly outcome: 'opened'; readonly secret: string; readonly session: Session }
  | { readonly outcome: 'used' | 'expired' | 'unknown' };

interface Code extends Session {
  used: boolean;
}

interface Time {
  /** Milliseconds since the epoch, of the people at the page. */
  now(): number;
}

/**
 * Who has signed in to the page. A link carries a code that opens one session, once and soon; the session's secret is in a
 * cookie that no script reads. Both are kept here by their hash and in memory only: a restart ends every session.
 */
export class Sessions {
  readonly #codes = new Map<string, Code>();
  readonly #sessions = new Map<string, Session>();
  readonly #time: Time;
  readonly #newSecret: () => string;

  constructor(time: Time, newSecret = () => randomBytes(32).toString('base64url')) {
    this.#time = time;
    this.#newSecret = newSecret;
  }

  /** A new one-time code; whoever exchanges it is this holder. A credential. */
  newCode(holder: Holder): string {
    const now = this.#time.now();
    prune(this.#codes, now - REMEMBERED_MS);
    const code = this.#newSecret();
    this.#codes.set(digest(code), { ...holder, until: now + CODE_MS, used: false });
    return code;
  }

  exchange(given: string): Exchange {
    const now = this.#time.now();
    const code = this.#codes.get(digest(given));
    if (code === undefined) return { outcome: 'unknown' };
    if (code.used) return { outcome: 'used' };
    if (now >= code.until) return { outcome: 'expired' };
    code.used = true;
    prune(this.#sessions, now);
    const { person, owner } = code;
    const session = { person, owner, until: now + SESSION_MS };
    const secret = this.#newSecret();
    this.#sessions.set(digest(secret), session);
    return { outcome: 'opened', secret, session };
  }

  /** The session with this secret; null if there is none, or no longer. */
  find(secret: string): Session | null {
    const session = this.#sessions.get(digest(secret));
    return session !== undefined && this.#time.now() < session.until ? session : null;
  }

  end(secret: string): void {
    this.#sessions.delete(digest(secret));
  }
}

/** Removes what ended before `since`, and makes room for one more. Entries are in the order in which they were made. */
function prune(kept: Map<string, { readonly until: number }>, since: number): void {
  for (const [key, { until }] of kept) {
    if (until > since && kept.size < MOST) return;
    kept.delete(key);
  }
}

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
