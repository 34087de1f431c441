import type { RefitProof } from '../../../schemas/items/refit.ts';
import { debiasedEce } from '../calibration/debiased-ece.ts';
import { inOrderOfQ, type ServedSample } from '../calibration/served-sample.ts';
import { logLoss } from './gain.ts';

/** Log loss in nats and debiased ECE with its bounds, as a proof has them; null for an empty sample. */
export function measured(sample: ServedSample, longWaitSeconds: number): RefitProof['before'] | null {
  const estimate = debiasedEce(inOrderOfQ(sample), longWaitSeconds);
  if (estimate === null) return null;
  const { ece, lower, upper, nullMean } = estimate;
  return { loss: logLoss(sample), ece, lower, upper, nullMean };
}
