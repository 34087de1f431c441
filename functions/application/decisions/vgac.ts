import type * as z from 'zod';
import type { JobSubmitted } from '../../../schemas/events/collector.ts';
import type { Observation, VgacCalibration, VgacPrediction } from '../../../schemas/ports/vgac.ts';

/** What VGAC needs to know of a job: variant v1 asks by id, variant platform by shape. */
export type JobToPredict = Pick<
  z.infer<typeof JobSubmitted>,
  'clusterId' | 'jobId' | 'queue' | 'namespace' | 'priority' | 'request'
>;

/**
 * VGAC as this system sees it, in either variant.
 * Every method throws VgacUnavailable (worth a later retry), VgacRefused (4xx) or VgacMalformed (not its wire format).
 */
export interface Vgac {
  /** The current state of the cluster. */
  observe(clusterId: string): Promise<Observation>;
  /** P(wait > T) and the point wait of one submitted job. */
  predict(job: JobToPredict): Promise<VgacPrediction>;
  /** VGAC's report of its own calibration: recorded and shown, but never used for a scope. */
  calibration(clusterId: string): Promise<z.infer<typeof VgacCalibration>>;
}

/** VGAC did not answer, even after retries: network error, timeout, 5xx or 429. Worth trying again later. */
export class VgacUnavailable extends Error {
  override readonly name = 'VgacUnavailable' as const;
}

/** VGAC refused (4xx or a redirect): the same request would fail the same way. */
export class VgacRefused extends Error {
  override readonly name = 'VgacRefused' as const;
  /** HTTP status; null when a wrong setting prevented the request. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** VGAC's answer is not in its wire format. Nothing is decided on it. */
export class VgacMalformed extends Error {
  override readonly name = 'VgacMalformed' as const;
}
