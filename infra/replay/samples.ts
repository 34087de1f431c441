import { type Bin, binsInOrder } from '../../functions/domain/calibration/bins.ts';
import { Ranking } from '../../functions/domain/calibration/discrimination.ts';
import { lossOf } from '../../functions/domain/calibration/log-loss.ts';
import { TAIL_THRESHOLDS, TailSums } from '../../functions/domain/calibration/tail-gap.ts';

const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
/** The first chunk grows to the size of the others, so that a file of a thousand small clusters takes little memory. */
const FIRST = 1 << 9;
/**
 * 31 bits of probability and one of label: 4 bytes a job. Equal probabilities stay equal, so ties are never split;
 * differences below 5e-10 may become ties, which never happens to probabilities of up to nine decimals.
 */
const STEPS = 2 ** 31 - 1;
const stored = (p: number): number => Math.round(p * STEPS);
const THRESHOLDS = TAIL_THRESHOLDS.map((threshold) => stored(threshold) / STEPS);

/** Every probability of a stream with its label: 4 bytes a job. */
export class Samples {
  private readonly chunks: Uint32Array[] = [];
  n = 0;

  add(p: number, y: boolean): void {
    const { chunks, n } = this;
    const at = n & (CHUNK - 1);
    let chunk = chunks[n >>> CHUNK_BITS];
    if (chunk === undefined || at === chunk.length) {
      const longer = new Uint32Array(n === 0 ? FIRST : Math.min(CHUNK, 2 * n));
      if (chunk !== undefined) longer.set(chunk);
      chunk = longer;
      chunks[n >>> CHUNK_BITS] = chunk;
    }
    chunk[at] = stored(p) * 2 + (y ? 1 : 0);
    this.n = n + 1;
  }

  /** @param room buffer for sorting a copy, one number per job; its content is overwritten */
  sorted(room: Uint32Array): SortedSamples {
    const sorted = room.subarray(0, this.n);
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      if (chunk !== undefined) sorted.set(chunk.subarray(0, Math.min(CHUNK, this.n - c * CHUNK)), c * CHUNK);
    }
    return new SortedSamples(sorted.sort());
  }
}

/** Samples in ascending order of p, so that results do not depend on their order to the last bit. */
class SortedSamples {
  private readonly words: Uint32Array;

  constructor(words: Uint32Array) {
    this.words = words;
  }

  /** The quantile bins of CALIBRATION.md section 1; none without samples. */
  bins(): Bin[] {
    const { words } = this;
    if (words.length === 0) return [];
    return binsInOrder(
      words.length,
      (place) => ((words[place] ?? 0) >>> 1) / STEPS,
      (place) => (words[place] ?? 0) & 1,
    );
  }

  ranking(): Ranking {
    const { words } = this;
    const ranking = new Ranking();
    for (let from = words.length - 1; from >= 0; ) {
      const key = (words[from] ?? 0) >>> 1;
      let [to, positives] = [from, 0];
      for (; to >= 0 && (words[to] ?? 0) >>> 1 === key; to--) positives += (words[to] ?? 0) & 1;
      ranking.add(positives, from - to - positives);
      from = to;
    }
    return ranking;
  }

  /** Mean log loss in nats; null without samples. */
  logLoss(): number | null {
    const { words } = this;
    let sum = 0;
    for (const word of words) sum += lossOf((word >>> 1) / STEPS, word & 1);
    return words.length === 0 ? null : sum / words.length;
  }

  tailGap(): number | null {
    const tail = new TailSums(THRESHOLDS);
    for (const word of this.words) tail.add((word >>> 1) / STEPS, word & 1);
    return tail.gap;
  }
}
