import type { JobItem } from '../../schemas/items/job.ts';
import { GATE } from './thresholds.ts';

/** What became of a job, according to its events. */
export interface Label {
  /** Whether it waited longer than T; null when censored, that is, when the way its wait ended shows neither. */
  readonly longWait: boolean | null;
  /** When that was known, ISO 8601. */
  readonly labelAt: string;
  /** The wait itself, once started. */
  readonly waitSeconds: number | null;
}

export type LabelEvents = Pick<JobItem, 'submitted_at' | 'started_at' | 'ended_at' | 'cancelled_at'>;

/**
 * The label of a job from the events so far, in any order of arrival (DESIGN.md section 5); null while it is open.
 *
 * Started by submit + T: short, known at the start. Not started by then: long, known at submit + T. Cancelled before
 * either: censored. Ended without a start: short if by submit + T, else censored. While an event may still be in transit
 * (no start seen at submit + T, or before a late end) the label waits for a grace period of 60 s.
 *
 * @param longWaitSeconds T
 */
export function labelOf(row: LabelEvents, longWaitSeconds: number, now: Date): Label | null {
  const submitted = Date.parse(row.submitted_at);
  const deadline = submitted + longWaitSeconds * 1000;
  // Collectors' clocks differ: clamp, since nothing happens to a job before it is submitted.
  const notBefore = (text: string | undefined): number | null => {
    const at = time(text);
    return at === null ? null : Math.max(submitted, at);
  };
  const started = notBefore(row.started_at);
  const ended = notBefore(row.ended_at);
  const cancelled = notBefore(row.cancelled_at);
  const settled = now.getTime() - GATE.labelGraceSeconds * 1000;

  if (cancelled !== null && cancelled < deadline && (started === null || cancelled < started)) {
    if (ended === null || cancelled <= ended) return label(null, cancelled);
  }
  if (started !== null) {
    const waitSeconds = (started - submitted) / 1000;
    return started <= deadline ? label(false, started, waitSeconds) : label(true, deadline, waitSeconds);
  }
  if (ended !== null && ended <= deadline) return label(false, ended);
  if (ended !== null) return ended <= settled ? label(null, ended) : null;
  return deadline <= settled ? label(true, deadline) : null;
}

/** Whether later events imply another label than the stored one. Contradictions are counted and never refolded. */
export function contradicts(stored: boolean | null, fresh: Label | null): boolean {
  return fresh !== null && fresh.longWait !== stored;
}

function label(longWait: boolean | null, at: number, waitSeconds: number | null = null): Label {
  return { longWait, labelAt: new Date(at).toISOString(), waitSeconds };
}

function time(text: string | undefined): number | null {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
