import * as z from 'zod';

/**
 * How this stand-in can be told to misbehave. Faults of the Web API and of response URLs: `down` (503), `slow`
 * (answers after `seconds`), `429` (Retry-After `seconds`), `ok_false:<code>`, `garbage` (200, but not JSON),
 * `lose_answer` (does it, then answers 500), `drop_response_url` (response URLs answer 404). Faults of clicks:
 * `expired_trigger` (triggers have expired before they arrive), `redeliver` (each click arrives twice),
 * `old_signature` (six minutes old), `wrong_signature`.
 */
export const Mode = z.union([
  z.enum([
    'well',
    'down',
    'slow',
    '429',
    'garbage',
    'lose_answer',
    'drop_response_url',
    'expired_trigger',
    'redeliver',
    'old_signature',
    'wrong_signature',
  ]),
  z.templateLiteral(['ok_false:', z.string().regex(/^[a-z_]{1,60}$/)]),
]);
export type Mode = z.infer<typeof Mode>;

export const Misbehave = z.strictObject({
  mode: Mode,
  /** Only for this method, e.g. `chat.update` or `response_url`. Default: all of them. */
  method: z.string().max(60).optional(),
  /** How many times. Default: until changed. */
  times: z.number().int().min(1).max(10_000).optional(),
  /** For `slow` and `429`. Default 5 and 1. */
  seconds: z.number().min(0).max(3_600).optional(),
});
type Misbehave = z.infer<typeof Misbehave>;

/** The current fault of Slack. One at a time; a new one replaces the old. */
export class Misbehaviour {
  #now: Misbehave = { mode: 'well' };

  get mode(): Mode {
    return this.#now.mode;
  }

  set(next: Misbehave): void {
    this.#now = { ...next };
  }

  /**
   * The fault that applies to this call, which counts as one of its times. Null if there is none or it does not
   * apply.
   */
  hit(method: string, applies: (mode: Mode) => boolean): Misbehave | null {
    const { mode, method: only, times } = this.#now;
    if (mode === 'well' || !applies(mode) || (only !== undefined && only !== method)) return null;
    const met = this.#now;
    if (times !== undefined) this.#now = times > 1 ? { ...met, times: times - 1 } : { mode: 'well' };
    return met;
  }
}
