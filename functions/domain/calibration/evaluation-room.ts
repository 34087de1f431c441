import { type Room, roomFor } from './debiased-ece.ts';
import type { ServedSample } from './served-sample.ts';

/** What a ring of so many labels is evaluated in: made once for each, used every tenth label. */
export interface EvaluationRoom {
  readonly sample: ServedSample;
  readonly room: Room;
  /** The ring as it was when an evaluation became due that nobody has asked for yet. */
  noted: ServedSample | null;
}

export function evaluationRoom(size: number): EvaluationRoom {
  const sample = { q: new Float64Array(size), y: new Uint8Array(size), submittedAt: new Float64Array(size) };
  return { sample, room: roomFor(size), noted: null };
}
