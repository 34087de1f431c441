import { LEFT_OUT, type Offered, type SampledRing, sampledRing, takeSlot } from './sampled-ring.ts';

/** Labels that one tier's evidence looks back on, and the most of one stretch (of 4 T) among them. */
export const EVIDENCE_RING = { size: 200, quota: 25, stretchInT: 4 } as const;

/** The last untouched labels with q >= eps of one tier. */
export interface EvidenceRing extends SampledRing {
  readonly y: Uint8Array;
  /** The bound on their precision, once computed for the labels at hand; null after a change. */
  bound: number | null;
}

export function evidenceRing(): EvidenceRing {
  const { size } = EVIDENCE_RING;
  return { ...sampledRing(size), y: new Uint8Array(size), bound: null };
}

/** Offers one label to the ring. */
export function offerEvidence(ring: EvidenceRing, label: Offered, y: 0 | 1, longWaitSeconds: number): void {
  const slot = takeSlot(ring, label, EVIDENCE_RING.stretchInT * longWaitSeconds, EVIDENCE_RING.quota);
  if (slot === LEFT_OUT) return;
  ring.y[slot] = y;
  ring.bound = null;
}
