/** Served probabilities of settled jobs, each with its label and its time of submission (seconds since the epoch). */
export interface ServedSample {
  readonly q: Float64Array;
  /** 1 where the wait was long, else 0. */
  readonly y: Uint8Array;
  readonly submittedAt: Float64Array;
}

/** A copy in ascending order of q. */
export function inOrderOfQ({ q, y, submittedAt }: ServedSample): ServedSample {
  const order = Uint32Array.from(q, (_, i) => i).sort((a, b) => (q[a] ?? 0) - (q[b] ?? 0));
  return {
    q: Float64Array.from(order, (i) => q[i] ?? Number.NaN),
    y: Uint8Array.from(order, (i) => y[i] ?? 0),
    submittedAt: Float64Array.from(order, (i) => submittedAt[i] ?? Number.NaN),
  };
}
