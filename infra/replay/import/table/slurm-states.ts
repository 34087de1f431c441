import type { JobId } from '../job-id.ts';
import type { Departure } from '../label.ts';

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** `123.batch`, `123.0`, `123_4.extern`: a dot in an id that begins with a digit. */
export function isStep({ bytes, from, to }: JobId): boolean {
  const first = bytes[from] ?? 0;
  if (first < ZERO || first > NINE) return false;
  for (let at = from + 1; at < to; at++) if (bytes[at] === DOT) return true;
  return false;
}

/** States by their first word, in lower case: sacct writes `CANCELLED by 1000`, and truncates to `CANCELLED+`. */
export function stateOf(text: string): string {
  return /^[a-z_]*/.exec(text.toLowerCase())?.[0] ?? '';
}

/** Not started yet, whatever its start says: sacct and squeue give the time that the scheduler expects. */
export function stillWaits(state: string): boolean {
  return /^(pd|pend|queue|submit|runnable|wait|hold|held|requeue_hold|special_exit|configuring_wait)/.test(state);
}

export function wasCancelled(state: string): boolean {
  return /^(ca$|cancel|deadline|delet|abort|kill|resv_del|dl$)/.test(state);
}

export function isRunning(state: string): boolean {
  return /^(r$|running|suspended|completing|stopped|resizing|signaling|stage_out|configuring|starting)/.test(state);
}

/** While a job is still running, the end in a file is only an expected one. */
export function hasEnded(state: string): boolean {
  return !stillWaits(state) && !isRunning(state);
}

/** How a job without a start ended. */
export function departureOf(state: string, hasEnd: boolean): Departure {
  if (stillWaits(state)) return 'waiting';
  if (wasCancelled(state)) return 'cancelled';
  if (/^(fail|boot_fail|bf$|launch_fail|reject|requeue)/.test(state)) return 'ended';
  if (state === '') return hasEnd ? 'cancelled' : 'waiting';
  return 'ran';
}
