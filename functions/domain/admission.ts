import type * as z from 'zod';
import { JobSubmittedEvent } from '../../schemas/events/collector.ts';
import type { Job } from '../../schemas/machines/job-workflow.ts';
import { GATE } from './thresholds.ts';

export type RefusalCode = 'notAnEvent' | 'unknownVersion' | 'malformed' | 'submittedInTheFuture';

export type Admission = { ok: true; job: Job } | { ok: false; code: RefusalCode; detail: string };

/**
 * Decides whether an event names a job that can be trusted to be one. Whatever cannot is refused whole:
 * a guess at a half-readable job could end in an action on another.
 */
export function admit(event: unknown, now: Date): Admission {
  const parsed = JobSubmittedEvent.safeParse(event);
  if (!parsed.success) {
    const { issues } = parsed.error;
    // Field names only: values come from outside and may be anything.
    const detail = issues
      .slice(0, 5)
      .map((issue) => `${issue.path.slice(0, 6).map(String).join('.').slice(0, 80)}: ${issue.message.slice(0, 120)}`)
      .join('; ');
    return { ok: false, code: refusalCode(issues), detail };
  }
  const job = parsed.data.detail;
  const ahead = (Date.parse(job.submittedAt) - now.getTime()) / 1000;
  if (ahead > GATE.aheadSeconds) {
    return {
      ok: false,
      code: 'submittedInTheFuture',
      detail: `submittedAt is ${Math.round(ahead)} s ahead of the clock`,
    };
  }
  return { ok: true, job };
}

function refusalCode(issues: z.core.$ZodIssue[]): RefusalCode {
  if (issues.some((issue) => issue.path.length < 2 && issue.code !== 'unrecognized_keys')) return 'notAnEvent';
  if (issues.some((issue) => issue.path.join('.') === 'detail.schemaVersion')) return 'unknownVersion';
  return 'malformed';
}
