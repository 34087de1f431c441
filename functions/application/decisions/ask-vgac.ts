import type { VgacSaid } from '../../domain/served.ts';

import { type JobToPredict, type Vgac, VgacUnavailable } from './vgac.ts';

/**
 * Asks VGAC about a job. An outage is noted in the decision and does not stop serving. A refusal, or an answer in another wire
 * format, means a wrong setting or version: an operator has to fix it, so it is never treated as an outage that will pass.
 *
 * @param vgac null for a cluster without VGAC
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
