import * as z from 'zod';
import { BatchJob, BatchJobs } from './batch.ts';
import { KueueWorkload, readWorkload } from './kueue-json.ts';
import { EndOfFile, type Reading, type Reads, type RecordReader } from './reading.ts';
import { shown } from './refusal.ts';
import { Row } from './row.ts';
import { readSlurmJob, SlurmJob } from './slurm-json.ts';
import type { Times } from './times.ts';

const Keys = z.record(z.string(), z.unknown());
/** `kubectl get --watch --output-watch-events -o json` */
const WatchEvent = z.object({ type: z.string(), object: Keys });

/** Reads JSON objects by their kind: a Kueue workload, an AWS Batch job or a Slurm job. */
export class JsonReader implements RecordReader {
  readonly row = new Row();
  private readonly reads: Reads;
  private readonly batch: BatchJobs;

  constructor(longWaitSeconds: number, times: Times) {
    this.reads = { longWaitSeconds, end: new EndOfFile(), times };
    this.batch = new BatchJobs(this.reads);
  }

  lookAhead(): void {
    this.reads.end.allow();
  }

  read(bytes: Buffer, from: number, to: number, line: number): Reading {
    const { row } = this;
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8', from, to));
    } catch {
      return 'it is not a complete JSON object';
    }
    row.bytes = bytes;
    row.from = from;
    row.to = to;
    row.line = line;
    row.p = Number.NaN;
    row.predictedWaitSeconds = Number.NaN;
    const event = WatchEvent.safeParse(value);
    const reading = this.job(event.success ? event.data.object : value);
    row.id.line = line;
    return reading;
  }

  private job(value: unknown): Reading {
    const { row, reads } = this;
    const keys = Keys.safeParse(value);
    if (!keys.success) return 'it is not a JSON object';
    const { data } = keys;
    if ('jobId' in data) {
      const job = BatchJob.safeParse(data);
      return job.success ? this.batch.read(job.data, row) : wrong('job', data.jobId, job.error);
    }
    if ('job_id' in data) {
      const job = SlurmJob.safeParse(data);
      return job.success ? readSlurmJob(job.data, row, reads) : wrong('job', data.job_id, job.error);
    }
    if (!('metadata' in data) || (data.kind !== undefined && data.kind !== 'Workload')) {
      const what =
        typeof data.kind === 'string'
          ? `a ${shown(data.kind)}`
          : `an object of ${shown(Object.keys(data).join(', '), 80)}`;
      return `it is ${what}, neither a Kueue workload nor an AWS Batch or Slurm job`;
    }
    const workload = KueueWorkload.safeParse(data);
    if (workload.success) return readWorkload(workload.data, row, reads);
    return wrong('workload', Keys.safeParse(data.metadata).data?.name, workload.error);
  }
}

function wrong(what: string, name: unknown, { issues: [issue] }: z.ZodError): string {
  return `${what} "${shown(String(name))}": ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`;
}
