import type { RefitProof } from '../../../schemas/items/refit.ts';
import { debiasedEce } from '../calibration/debiased-ece.ts';
import { inOrderOfQ, type ServedSample } from '../calibration/served-sample.ts';
import { logLoss } from './gain.ts';

/** Log loss in nats and debiased ECE with bounds, as stored in a proof; null for an empty sample. */
export function measured(sample: ServedSample, longWaitSeconds: number): RefitProof['before'] | null {
  const estimate = debiasedEce(inOrderOfQ(sample), longWaitSeconds);
  if (estimate === null) return null;
  const { ece, lower, upper, nullMean } = estimate;
  return { loss: logLoss(sample), ece, lower, upper, nullMean };
}
