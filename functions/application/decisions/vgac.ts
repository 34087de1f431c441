import type * as z from 'zod';
import type { JobSubmitted } from '../../../schemas/events/collector.ts';
import type { Observation, VgacCalibration, VgacPrediction } from '../../../schemas/ports/vgac.ts';

/** What VGAC must know of a job: v1 asks by its id, platform by its shape. */
export type JobToPredict = Pick<
  z.infer<typeof JobSubmitted>,
  'clusterId' | 'jobId' | 'queue' | 'namespace' | 'priority' | 'request'
>;

/**
 * VGAC as this system sees it, whichever variant answers.
 * Every method throws VgacUnavailable (worth a later retry), VgacRefused (4xx) or VgacMalformed (not its wire format).
 */
export interface Vgac {
  /** The cluster right now. */
  observe(clusterId: string): Promise<Observation>;
  /** P(wait > T) and the point wait of one submitted job. */
  predict(job: JobToPredict): Promise<VgacPrediction>;
  /** What VGAC says of its own calibration: recorded and shown, never trusted with a scope. */
  calibration(clusterId: string): Promise<z.infer<typeof VgacCalibration>>;
}

/** VGAC did not answer: network, timeout, 5xx or 429, still so after the retries. Worth trying again later. */
export class VgacUnavailable extends Error {
  override readonly name = 'VgacUnavailable' as const;
}

/** VGAC answered and said no (4xx, or a redirect): the same request fails the same way. */
export class VgacRefused extends Error {
  override readonly name = 'VgacRefused' as const;
  /** HTTP status; null when the request was not even sent, because a setting is wrong. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** VGAC answered something that is not its wire format. Nothing is decided on it. */
export class VgacMalformed extends Error {
  override readonly name = 'VgacMalformed' as const;
}
