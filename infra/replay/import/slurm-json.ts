import * as z from 'zod';
import { labelRow } from './label.ts';
import type { Reading, Reads } from './reading.ts';
import type { Row } from './row.ts';
import { departureOf, hasEnded, isRunning, stateOf, stillWaits, wasCancelled } from './table/slurm-states.ts';

/** A number, or what newer versions write: `{"set": true, "number": 4}`. Slurm writes 0 for an absent time. */
const Numeric = z
  .union([
    z.number(),
    z.object({ set: z.boolean(), number: z.number() }).transform(({ set, number }) => (set ? number : 0)),
  ])
  .nullish()
  .transform((value) => value || Number.NaN);
const Tres = z.array(z.object({ type: z.string(), name: z.string().nullish(), count: z.number() })).catch([]);

/** What a history needs of a job in `sacct --json`. */
export const SlurmJob = z.object({
  job_id: z.number(),
  array: z.object({ job_id: z.number().nullish(), task_id: Numeric }).nullish().catch(null),
  het: z.object({ job_id: z.number().nullish(), job_offset: Numeric }).nullish().catch(null),
  cluster: z.string().nullish(),
  partition: z.string().nullish(),
  nodes: z.string().nullish(),
  state: z.object({ current: z.union([z.string(), z.array(z.string())]) }),
  time: z.object({ submission: z.number(), start: Numeric, end: Numeric }),
  tres: z.object({ requested: Tres, allocated: Tres }).partial().nullish().catch(null),
});

/** Fills a row from a job of `sacct --json`: its times are seconds since the epoch, so no time zone is needed. */
export function readSlurmJob(job: z.infer<typeof SlurmJob>, row: Row, reads: Reads): Reading {
  const { longWaitSeconds, end: eof, times } = reads;
  const submission = times.ofNumber(job.time.submission);
  const start = times.ofNumber(job.time.start);
  const end = times.ofNumber(job.time.end);
  const state = stateOf([job.state.current].flat()[0] ?? '');
  if (!(submission > 0)) return 'its time of submission is not given';
  const unassigned = job.nodes == null || job.nodes === '' || /^none/i.test(job.nodes);
  const started = start > 0 && !stillWaits(state) && !(wasCancelled(state) && start === end && unassigned);
  row.submittedAt = submission;
  row.id.rename(idOf(job));
  row.queue = job.partition ?? '';
  row.clusterId = job.cluster ?? '';
  row.platform = 'slurm';
  const requested = job.tres?.requested?.length ? job.tres.requested : (job.tres?.allocated ?? []);
  const of = (is: (type: string, name: string) => boolean): number =>
    requested.filter(({ type, name }) => is(type, name ?? '')).reduce((sum, { count }) => sum + count, 0);
  const all = of((type, name) => type === 'gres' && name === 'gpu');
  row.gpus =
    requested.length === 0 ? Number.NaN : all || of((type, name) => type === 'gres' && name.startsWith('gpu:'));
  row.procs = of((type) => type === 'cpu') || Number.NaN;
  row.waitSeconds = started ? Math.max(0, start - submission) : Number.NaN;
  row.runSeconds = started && end >= start && !isRunning(state) ? end - start : Number.NaN;
  const departure = departureOf(state, end > 0);
  row.leftAt = started || departure === 'waiting' ? Number.NaN : end;
  if (!started && departure !== 'waiting' && Number.isNaN(end))
    return 'it never started, and when it left the queue is not given';
  for (const at of [submission, ...(started ? [start] : []), ...(hasEnded(state) ? [end] : [])]) eof.see(at);
  labelRow(row, departure, longWaitSeconds, started || departure !== 'waiting' ? eof.at : eof.need());
  return null;
}

function idOf({ job_id, array, het }: z.infer<typeof SlurmJob>): string {
  if (het?.job_id) return `${het.job_id}+${het.job_offset || 0}`;
  if (!array?.job_id) return String(job_id);
  return Number.isNaN(array.task_id)
    ? array.job_id === job_id
      ? `${job_id}_0`
      : String(job_id)
    : `${array.job_id}_${array.task_id}`;
}
