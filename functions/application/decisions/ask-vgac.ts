import type { VgacSaid } from '../../domain/served.ts';

import { type JobToPredict, type Vgac, VgacUnavailable } from './vgac.ts';

/**
 * What VGAC says of a job. That it does not answer is told in the decision and keeps nothing from being served; that it refuses, or
 * answers something else than its wire format, is a wrong setting or another version: an operator's to repair, and never taken for
 * an outage that will pass.
 *
 * @param vgac null where the cluster is without one
 * @throws VgacRefused, VgacMalformed
 */
export async function askVgac(vgac: Vgac | null, job: JobToPredict): Promise<VgacSaid> {
  if (vgac === null) return 'notAsked';
  try {
    return await vgac.predict(job);
  } catch (error) {
    if (error instanceof VgacUnavailable) return 'silent';
    throw error;
  }
}
