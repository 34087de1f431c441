import type * as z from 'zod';
import { JobSubmittedEvent, OutcomeEvent, QueueSnapshotEvent, sourceOf } from '../../schemas/events/collector.ts';
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
  | 'snapshotInTheFuture'
  | 'otherCollector';

export interface Refusal {
  ok: false;
  code: RefusalCode;
  /** Names the field and what it should be; values come from outside and are never repeated. */
  detail: string;
}

/** Who says so: the source of the event, which belongs to one collector. */
interface Said {
  ok: true;
  source: string;
}

export type Admission = (Said & { job: Job }) | Refusal;
/** The outcome is null when the event says nothing about its round. */
export type OutcomeAdmission = (Said & { outcome: Outcome | null }) | Refusal;

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
      source: parsed.data.source,
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
  const { source } = parsed.data;
  const outcome = outcomeOf(parsed.data);
  return ahead(Object.fromEntries(times), 'outcomeInTheFuture', clock) ?? { ok: true, source, outcome };
}

/** The snapshot is null when it is too old: the events since then say more. */
export type SnapshotAdmission = (Said & { snapshot: QueueSnapshot | null }) | Refusal;

/** The same for a collector's snapshot of a whole queue. */
export function admitSnapshot(event: unknown, now: Date): SnapshotAdmission {
  const parsed = QueueSnapshotEvent.safeParse(event);
  if (!parsed.success) return unreadable(parsed.error);
  const { source } = parsed.data;
  const { observedAt } = parsed.data.detail;
  const tooOld = now.getTime() - Date.parse(observedAt) > GATE.snapshotSeconds * 1000;
  const snapshot = tooOld ? null : snapshotOf(parsed.data);
  return ahead({ observedAt }, 'snapshotInTheFuture', now) ?? { ok: true, source, snapshot };
}

/**
 * Refuses an event about a cluster from a source that does not own it; null where it does. The bus sees that a collector puts
 * its own source alone, but no bus sees a cluster.
 */
export function otherCollector(
  { clusterId, collector }: { readonly clusterId: string; readonly collector?: string | undefined },
  source: string,
): Refusal | null {
  if (source === sourceOf(collector)) return null;
  const owner = collector === undefined ? 'to no collector' : `to the collector ${collector}`;
  const detail = `the configuration binds cluster ${clusterId} ${owner}, so its events come from ${sourceOf(collector)}`;
  return { ok: false, code: 'otherCollector', detail };
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
