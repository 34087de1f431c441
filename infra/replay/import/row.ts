import { JobId } from './job-id.ts';

/**
 * One job of a history in any format. Times are seconds since the epoch, durations seconds; NaN and '' mean that the file does
 * not say. The reader reuses the same object for each row.
 */
export class Row {
  /** From 1; in JSON, the line on which the job begins. */
  line = 0;
  submittedAt = 0;
  /** When the label was known; for a censored job, when it left the queue (NaN: the file ends before anything is known). */
  labelAt = 0;
  longWait = false;
  /** There is no label: the job left the queue, or the file ended, before it was known whether its wait is long. */
  censored = false;
  /** The file's own probability of a long wait; NaN if it has none. */
  p = Number.NaN;
  predictedWaitSeconds = Number.NaN;
  /** NaN if the job never started, or the file has only labels. */
  waitSeconds = Number.NaN;
  /** When it left the queue without a start: cancelled, or ended. */
  leftAt = Number.NaN;
  gpus = Number.NaN;
  procs = Number.NaN;
  queue = '';
  runSeconds = Number.NaN;
  clusterId = '';
  platform = '';
  /** The record itself, valid until the next row. */
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

  /** Copies another row, to outlive its record. */
  copy(other: Row): void {
    const { id, bytes: _, ...values } = other;
    Object.assign(this, values);
    this.id.copy(id);
  }
}
