import type { HistoryEvent } from '../../runtime/engine/history.ts';
import type { Said } from './milestones.ts';
import type { Plan } from './plan.ts';

const MONITOR = 'drift-monitor';
/** Three of its runs. */
const MISSING_MS = 15 * 60_000;
const FAILURES: ReadonlySet<string> = new Set(['ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted']);

/**
 * Says when the drift monitor fails or does not run, and when it is well again: nothing else would notice, and without it labels
 * come late and evidence grows stale.
 */
export class MonitorWatch {
  readonly #say: (said: Said, at: number) => void;
  readonly #startedAt: number;
  readonly #clockKind: Plan['clockKind'];
  #last: number;
  #trouble: 'failed' | 'missing' | null = null;

  /**
   * @param startedAt when the watch begins, ms: a run before that was not seen
   * @param clockKind a simulated clock passes many minutes during a single run, so only on a real one is a run ever missing
   */
  constructor(say: (said: Said, at: number) => void, startedAt: number, clockKind: Plan['clockKind']) {
    this.#say = say;
    this.#clockKind = clockKind;
    this.#startedAt = startedAt;
    this.#last = startedAt;
  }

  /** @param machine of the execution that the event is from */
  observe(machine: string, event: Pick<HistoryEvent, 'type' | 'timestamp' | 'error' | 'cause'>): void {
    const { type, timestamp } = event;
    // What an earlier start left behind was said then.
    if (timestamp < this.#startedAt) return;
    this.look(timestamp);
    if (!machine.endsWith(MONITOR)) return;
    if (type === 'ExecutionStarted') this.#last = Math.max(this.#last, timestamp);
    if (type === 'ExecutionSucceeded') this.#well(timestamp);
    if (FAILURES.has(type)) this.#failed(event);
  }

  /** @param now on the system's clock, ms */
  look(now: number): void {
    if (this.#clockKind === 'simulated' || this.#trouble === 'missing' || now - this.#last <= MISSING_MS) return;
    this.#trouble = 'missing';
    const minutes = Math.floor((now - this.#last) / 60_000);
    const text = `the drift monitor has not run for ${minutes} minutes: labels come late, and evidence grows stale`;
    this.#say({ tone: 'bad', text }, now);
  }

  #failed({ type, timestamp, error, cause }: Pick<HistoryEvent, 'type' | 'timestamp' | 'error' | 'cause'>): void {
    if (this.#trouble === 'failed') return;
    this.#trouble = 'failed';
    const why = [error ?? type, cause].filter((part) => part !== undefined).join(': ');
    const text = `the drift monitor failed (${why.slice(0, 300)}): it tries again within 5 minutes; what it could not visit stops acting`;
    this.#say({ tone: 'bad', text }, timestamp);
  }

  #well(at: number): void {
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#say({ tone: 'good', text: 'the drift monitor has visited every cluster again' }, at);
  }
}
