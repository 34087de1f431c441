/**
 * What a predictor may know about a job at its submission: the queue and users' estimates, nothing about the future.
 */
export interface Features {
  /** Nothing waits before it, and it fits on the nodes according to the inventory. */
  readonly fitsNow: boolean;
  /** Seconds until enough GPUs are free for all jobs before it and itself, by users' estimates. */
  readonly estimatedWaitSeconds: number;
  /** GPUs requested by the jobs before it, as a share of all GPUs of the queue. */
  readonly ahead: number;
  /** Its own GPUs as a share of all GPUs of the queue. */
  readonly size: number;
  /** Seconds that admission usually takes in this queue. */
  readonly usualAdmission: number;
  /** Jobs submitted to the queue in the last five minutes: a burst under way. */
  readonly recent: number;
}
