import { EVIDENCE_RING, NUMBERS, type Numbers } from '../thresholds.ts';
import { LEFT_OUT, type Offered, type SampledRing, sampledRing, takeSlot } from './sampled-ring.ts';

/** The last untouched labels with q >= eps of one tier. */
export interface EvidenceRing extends SampledRing {
  readonly y: Uint8Array;
  /** Cached lower bound on their precision; null after a change. */
  bound: number | null;
}

export function evidenceRing(): EvidenceRing {
  const { size } = EVIDENCE_RING;
  return { ...sampledRing(size), y: new Uint8Array(size), bound: null };
}

/** Offers one label to the ring. */
export function offerEvidence(
  ring: EvidenceRing,
  label: Offered,
  y: 0 | 1,
  longWaitSeconds: number,
  { evidenceRing: { quota, stretchInT } }: Numbers = NUMBERS,
): void {
  const slot = takeSlot(ring, label, stretchInT * longWaitSeconds, quota);
  if (slot === LEFT_OUT) return;
  ring.y[slot] = y;
  ring.bound = null;
}
