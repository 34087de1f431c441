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
