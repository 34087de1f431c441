import { type Room, roomFor } from './debiased-ece.ts';
import type { ServedSample } from './served-sample.ts';

/** Scratch space for evaluating a ring of this size: allocated once per ring, used every tenth label. */
export interface EvaluationRoom {
  readonly sample: ServedSample;
  readonly room: Room;
  /** A copy of the ring from when an evaluation became due that nobody has asked for yet. */
  noted: ServedSample | null;
}

export function evaluationRoom(size: number): EvaluationRoom {
  const sample = { q: new Float64Array(size), y: new Uint8Array(size), submittedAt: new Float64Array(size) };
  return { sample, room: roomFor(size), noted: null };
}
