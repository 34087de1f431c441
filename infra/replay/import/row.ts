import { JobId } from './job-id.ts';

/**
 * One job of a history, in whatever format it was written. Times are seconds since the epoch, spans seconds; NaN and '' are what the
 * file does not say. The reader fills the same object again for each row.
 */
export class Row {
  /** 1 is the first line of the file; of JSON, the one on which the job begins. */
  line = 0;
  submittedAt = 0;
  /** When the label was known; of a censored job, when it left the queue (NaN: the file ends before anything is known). */
  labelAt = 0;
  longWait = false;
  /** There is no label: the job left the queue, or the file ends, before it could be told whether it waits long. */
  censored = false;
  /** The file's own probability of a long wait; NaN where it has none. */
  p = Number.NaN;
  predictedWaitSeconds = Number.NaN;
  /** NaN where the job never started, or the file has labels only. */
  waitSeconds = Number.NaN;
  /** When it left the queue without a start: cancelled, or ended. */
  leftAt = Number.NaN;
  gpus = Number.NaN;
  procs = Number.NaN;
  queue = '';
  runSeconds = Number.NaN;
  clusterId = '';
  platform = '';
  /** The record itself, good until the next row. */
  bytes: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  readonly id = new JobId();

  get started(): boolean {
    return !Number.isNaN(this.waitSeconds);
  }

  jobId(): string {
    return this.id.text();
  }

  /** Keeps another row beyond the life of its record. */
  copy(other: Row): void {
    const { id, bytes: _, ...values } = other;
    Object.assign(this, values);
    this.id.copy(id);
  }
}
