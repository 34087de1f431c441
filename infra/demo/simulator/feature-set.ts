/** What a predictor may know of a job at its submission: the queue and users' estimates, nothing of the future. */
export interface Features {
  /** Nothing waits before it, and it fits on the nodes as the inventory believes them to be. */
  readonly fitsNow: boolean;
  /** Seconds until enough GPUs come free for all before it and itself, by users' estimates. */
  readonly estimatedWaitSeconds: number;
  /** GPUs asked for by jobs whose turn is before it, over all GPUs of the queue. */
  readonly ahead: number;
  /** Its own GPUs over all GPUs of the queue. */
  readonly size: number;
  /** Seconds that admission usually takes in this queue. */
  readonly usualAdmission: number;
  /** Jobs submitted to the queue in the last five minutes: a burst under way. */
  readonly recent: number;
}
