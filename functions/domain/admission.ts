import type * as z from 'zod';
import { JobSubmittedEvent, OutcomeEvent, QueueSnapshotEvent } from '../../schemas/events/collector.ts';
import type { Job } from '../../schemas/machines/job-workflow.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { arrayPart, canonicalInstant } from './round.ts';
import { type QueueSnapshot, snapshotOf } from './snapshot.ts';
import { GATE } from './thresholds.ts';

export type RefusalCode =
  | 'notAnEvent'
  | 'unknownVersion'
  | 'malformed'
  | 'unknownCluster'
  | 'submittedInTheFuture'
  | 'outcomeInTheFuture'
  | 'snapshotInTheFuture';

export interface Refusal {
  ok: false;
  code: RefusalCode;
  /** Names the field and what it should be; values come from outside and are never repeated. */
  detail: string;
}

export type Admission = { ok: true; job: Job } | Refusal;
/** The outcome is null when the event says nothing about its round. */
export type OutcomeAdmission = { ok: true; outcome: Outcome | null } | Refusal;

/**
 * Decides whether an event describes a job we can trust. Anything else is refused as a whole: guessing at a half-readable
 * job could end in an action on another one. The job comes back as its round: an array under the array's own id, and the
 * submission time in canonical form.
 */
export function admit(event: unknown, now: Date): Admission {
  const parsed = JobSubmittedEvent.safeParse(event);
  if (!parsed.success) return unreadable(parsed.error);
  const job = parsed.data.detail;
  const { jobId } = arrayPart(job.jobId);
  return (
    ahead({ submittedAt: job.submittedAt }, 'submittedInTheFuture', clockOf(parsed.data, now)) ?? {
      ok: true,
      job: { ...job, jobId, submittedAt: canonicalInstant(job.submittedAt) },
    }
  );
}

/**
 * The same for later events about a job. A time ahead of the clock is refused here too: local time stamped as UTC would
 * teach long waits forever, and one label from the year 2099 would make everything after it look old.
 */
export function admitOutcome(event: unknown, now: Date): OutcomeAdmission {
  const parsed = OutcomeEvent.safeParse(event);
  if (!parsed.success) return unreadable(parsed.error);
  const times = Object.entries(parsed.data.detail).filter(([name]) => name.endsWith('At'));
  const clock = clockOf(parsed.data, now);
  return ahead(Object.fromEntries(times), 'outcomeInTheFuture', clock) ?? { ok: true, outcome: outcomeOf(parsed.data) };
}

/** The snapshot is null when it is too old: the events since then say more. */
export type SnapshotAdmission = { ok: true; snapshot: QueueSnapshot | null } | Refusal;

/** The same for a collector's snapshot of a whole queue. */
export function admitSnapshot(event: unknown, now: Date): SnapshotAdmission {
  const parsed = QueueSnapshotEvent.safeParse(event);
  if (!parsed.success) return unreadable(parsed.error);
  const { observedAt } = parsed.data.detail;
  const tooOld = now.getTime() - Date.parse(observedAt) > GATE.snapshotSeconds * 1000;
  const snapshot = tooOld ? null : snapshotOf(parsed.data);
  return ahead({ observedAt }, 'snapshotInTheFuture', now) ?? { ok: true, snapshot };
}

type Delivered = Pick<z.infer<typeof JobSubmittedEvent>, 'time' | 'replay-name'>;

/**
 * The clock by which the times of an event are judged. For one replayed from the archive it is that of its first delivery:
 * what was refused then as ahead of the clock is no truer for having been overtaken by it.
 */
function clockOf({ time, 'replay-name': replay }: Delivered, now: Date): Date {
  const first = replay === undefined || time === undefined ? Number.NaN : Date.parse(time);
  return first < now.getTime() ? new Date(first) : now;
}

function ahead(times: Record<string, unknown>, code: RefusalCode, now: Date): Refusal | null {
  for (const [name, instant] of Object.entries(times)) {
    const seconds = (Date.parse(String(instant)) - now.getTime()) / 1000;
    if (!(seconds > GATE.aheadSeconds)) continue;
    const detail = `detail.${name} is ${Math.round(seconds)} s ahead of the clock: use UTC, not local time`;
    return { ok: false, code, detail };
  }
  return null;
}

function unreadable({ issues }: z.ZodError): Refusal {
  const detail = issues
    .slice(0, 5)
    .map((issue) => `${issue.path.slice(0, 6).map(String).join('.').slice(0, 80)}: ${issue.message.slice(0, 120)}`)
    .join('; ');
  return { ok: false, code: refusalCode(issues), detail };
}

function refusalCode(issues: z.core.$ZodIssue[]): RefusalCode {
  if (issues.some((issue) => issue.path.length < 2 && issue.code !== 'unrecognized_keys')) return 'notAnEvent';
  if (issues.some((issue) => issue.path.join('.') === 'detail.schemaVersion')) return 'unknownVersion';
  return 'malformed';
}
