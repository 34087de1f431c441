import { byProbability, isSample, type Pair } from './bins.ts';

/**
 * How well probabilities rank. For information only, never for a gate: a model may rank perfectly and still get every
 * probability wrong. Takes groups of equal p, highest p first.
 *
 * AUROC is the Mann-Whitney statistic, ties a half (Hanley and McNeil, Radiology 143, 1982). AUPRC is average precision:
 * the sum over distinct p of the gain in recall times the precision there, without interpolation (Davis and Goadrich, ICML 2006).
 */
export class Ranking {
  private positives = 0;
  private negatives = 0;
  private ordered = 0;
  private precisions = 0;

  /** Adds the jobs of the next lower p, by label. */
  add(positives: number, negatives: number): void {
    this.ordered += negatives * (this.positives + positives / 2);
    this.positives += positives;
    this.negatives += negatives;
    if (positives > 0) this.precisions += (positives * this.positives) / (this.positives + this.negatives);
  }

  /** Probability that a long wait has a larger p than a short one; null if all labels are equal. */
  get auroc(): number | null {
    const { positives, negatives } = this;
    return positives === 0 || negatives === 0 ? null : this.ordered / (positives * negatives);
  }

  /** Null if nothing waited long. */
  get auprc(): number | null {
    return this.positives === 0 ? null : this.precisions / this.positives;
  }
}

/** The ranking of a sample; null if it is empty or contains anything but probabilities. */
export function rankingOf(pairs: readonly Pair[]): Ranking | null {
  if (!isSample(pairs)) return null;
  const ranking = new Ranking();
  const sorted = byProbability(pairs).reverse();
  for (let from = 0; from < sorted.length; ) {
    const p = sorted[from]?.p;
    let [to, positives] = [from, 0];
    for (; sorted[to]?.p === p && to < sorted.length; to++) positives += sorted[to]?.y ?? 0;
    ranking.add(positives, to - from - positives);
    from = to;
  }
  return ranking;
}
