import type { ServedSample } from '../calibration/served-sample.ts';
import type { Labelled } from './fact.ts';

/** Two forecasts of the same jobs: the one that was served, and another. */
export interface Comparison {
  readonly served: ServedSample;
  readonly other: ServedSample;
}

/** Collects the labels of jobs that both have forecast. */
export class Compared {
  private readonly of: { q: number; other: number; y: 0 | 1; submittedAt: number }[] = [];

  get count(): number {
    return this.of.length;
  }

  add({ q, y, submittedAt }: Labelled, other: number | null): void {
    if (q === null || other === null) return;
    this.of.push({ q, other, y, submittedAt });
  }

  comparison(): Comparison {
    const common = {
      y: Uint8Array.from(this.of, ({ y }) => y),
      submittedAt: Float64Array.from(this.of, ({ submittedAt }) => submittedAt),
    };
    return {
      served: { ...common, q: Float64Array.from(this.of, ({ q }) => q) },
      other: { ...common, q: Float64Array.from(this.of, ({ other }) => other) },
    };
  }
}
