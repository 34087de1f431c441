/** Keys that carry credentials. Their values are hidden, and so is the same text anywhere else. */
const SECRET_KEYS =
  /^(task_?token|token|authorization|x-slack-signature|client_?secret|signing_?secret|bot_?token|api_?key|password)$/i;

export const REDACTED = '[redacted]';

/** Shorter values are not credentials; hiding them everywhere would blank out harmless words. */
const SHORTEST_SECRET = 8;

/**
 * Hides credentials in what the console shows: by key name, and by value wherever a value once seen under such a key, or
 * passed as known, occurs inside any text. Learns while it reads, so pass it a whole execution at once.
 */
export class Redactor {
  readonly #known = new Set<string>();

  constructor(known: Iterable<string> = []) {
    for (const value of known) this.learn(value);
  }

  learn(value: string): void {
    if (value.length >= SHORTEST_SECRET) this.#known.add(value);
  }

  /** A copy without credentials. */
  redact(value: unknown): unknown {
    this.#collect(value);
    return this.#clean(value);
  }

  #collect(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#collect(item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (SECRET_KEYS.test(key) && typeof item === 'string') this.learn(item);
        else this.#collect(item);
      }
    } else if (typeof value === 'string') {
      // Payloads may be JSON inside JSON.
      for (const [, , token] of value.matchAll(/\\*"(task_?token|token)\\*"\s*:\s*\\*"([^"\\]{8,2048})/gi)) {
        if (token !== undefined) this.learn(token);
      }
    }
  }

  #clean(value: unknown): unknown {
    if (typeof value === 'string') return this.#cleanText(value);
    if (Array.isArray(value)) return value.map((item) => this.#clean(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        this.#cleanText(key),
        SECRET_KEYS.test(key) && item !== null && item !== undefined ? REDACTED : this.#clean(item),
      ]),
    );
  }

  #cleanText(text: string): string {
    let clean = text;
    for (const secret of this.#known) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
    return clean;
  }
}
