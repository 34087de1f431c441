/** Served probabilities of settled jobs, each with its label and its time of submission (seconds since the epoch). */
export interface ServedSample {
  readonly q: Float64Array;
  /** 1 where the wait was long, else 0. */
  readonly y: Uint8Array;
  readonly submittedAt: Float64Array;
}

/** A copy in ascending order of q. */
export function inOrderOfQ(sample: ServedSample): ServedSample {
  return picked(sample, orderOfQ(sample));
}

/** The places of a sample in ascending order of its q. */
export function orderOfQ({ q }: ServedSample): Uint32Array {
  return Uint32Array.from(q, (_, place) => place).sort((a, b) => (q[a] ?? 0) - (q[b] ?? 0));
}

/** What is at the given places of a sample, in their order. */
export function picked({ q, y, submittedAt }: ServedSample, places: Uint32Array): ServedSample {
  return {
    q: Float64Array.from(places, (place) => q[place] ?? Number.NaN),
    y: Uint8Array.from(places, (place) => y[place] ?? 0),
    submittedAt: Float64Array.from(places, (place) => submittedAt[place] ?? Number.NaN),
  };
}
