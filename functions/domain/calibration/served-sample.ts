/** Served probabilities of settled jobs, each with its label and submission time (seconds since the epoch). */
export interface ServedSample {
  readonly q: Float64Array;
  /** 1 for a long wait, else 0. */
  readonly y: Uint8Array;
  readonly submittedAt: Float64Array;
}

/** A copy in ascending order of q. */
export function inOrderOfQ(sample: ServedSample): ServedSample {
  return picked(sample, orderOfQ(sample));
}

/** The indices of a sample in ascending order of q. */
export function orderOfQ({ q }: ServedSample): Uint32Array {
  return Uint32Array.from(q, (_, place) => place).sort((a, b) => (q[a] ?? 0) - (q[b] ?? 0));
}

/** The elements at the given indices, in that order. */
export function picked(sample: ServedSample, places: Uint32Array): ServedSample {
  const count = places.length;
  const of = { q: new Float64Array(count), y: new Uint8Array(count), submittedAt: new Float64Array(count) };
  // A loop, because `from` with a function takes ten times as long, and proving a refit picks two dozen times.
  for (let i = 0; i < count; i++) {
    const place = places[i] ?? 0;
    of.q[i] = sample.q[place] ?? Number.NaN;
    of.y[i] = sample.y[place] ?? 0;
    of.submittedAt[i] = sample.submittedAt[place] ?? Number.NaN;
  }
  return of;
}
