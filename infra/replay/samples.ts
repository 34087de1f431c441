import { type Bin, endOfBin } from '../../functions/domain/calibration/bins.ts';
import { Ranking } from '../../functions/domain/calibration/discrimination.ts';
import { TailSums } from '../../functions/domain/calibration/tail-gap.ts';

const CHUNK_BITS = 16;
const CHUNK = 1 << CHUNK_BITS;
/** The first chunk grows up to the size of the others, so that a file of a thousand small clusters stays small. */
const FIRST = 1 << 9;
/** 31 bits of probability and one of label: 4 bytes a job, exact to 5e-10. */
const STEPS = 2 ** 31 - 1;
const COARSE_BITS = 16;
const FINE_BITS = 31 - COARSE_BITS;

/**
 * Every probability of a stream with its label, in the order of the stream, so that its equal-mass bins come out exactly
 * as a stable sort would give them. 4 bytes a job; nothing is sorted, nothing is copied.
 */
export class Samples {
  private readonly chunks: Uint32Array[] = [];
  private readonly tail = new TailSums();
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
    chunk[at] = Math.round(p * STEPS) * 2 + (y ? 1 : 0);
    if (p >= 0.5) this.tail.add(p, y ? 1 : 0);
    this.n = n + 1;
  }

  get tailGap(): number | null {
    return this.tail.gap;
  }

  /** @param room where a copy is sorted: a number for each job */
  ranking(room: Uint32Array): Ranking {
    const sorted = room.subarray(0, this.n);
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      if (chunk !== undefined) sorted.set(chunk.subarray(0, Math.min(CHUNK, this.n - c * CHUNK)), c * CHUNK);
    }
    sorted.sort();
    const ranking = new Ranking();
    for (let from = sorted.length - 1; from >= 0; ) {
      const key = (sorted[from] ?? 0) >>> 1;
      let [to, positives] = [from, 0];
      for (; to >= 0 && (sorted[to] ?? 0) >>> 1 === key; to--) positives += (sorted[to] ?? 0) & 1;
      ranking.add(positives, from - to - positives);
      from = to;
    }
    return ranking;
  }

  /** The bins of CALIBRATION.md section 1: sizes differ by at most one, larger parts first, ties in order. */
  bins(count: number): Bin[] {
    const { n } = this;
    const ends = Array.from({ length: Math.min(count, n) }, (_, bin) => endOfBin(n, count, bin));
    const cuts = this.cutsAt(ends.slice(0, -1));
    const sums = ends.map(() => ({ count: 0, sumP: 0, positives: 0, variance: 0, positiveP: 0 }));
    this.each((word) => {
      const key = word >>> 1;
      let bin = 0;
      for (let cut = cuts[bin]; cut !== undefined && key >= cut.key; cut = cuts[bin]) {
        // Of equal probabilities the earliest go to the left, until the bin is full.
        if (key === cut.key && cut.left > 0) {
          cut.left -= 1;
          break;
        }
        bin += 1;
      }
      const sum = sums[bin];
      if (sum === undefined) return;
      const p = key / STEPS;
      sum.count += 1;
      sum.sumP += p;
      sum.positives += word & 1;
      sum.positiveP += p * (word & 1);
      sum.variance += p * (1 - p);
    });
    return sums.map(({ sumP, ...sum }) => ({ ...sum, meanP: sumP / sum.count }));
  }

  /**
   * The key at which each rank falls, and how many of the jobs with exactly that key go to the left of the cut, beyond
   * those that a cut before it has taken.
   */
  private cutsAt(ranks: readonly number[]): { key: number; left: number }[] {
    const coarse = new Uint32Array(1 << COARSE_BITS);
    this.each((word) => {
      const bucket = word >>> (1 + FINE_BITS);
      coarse[bucket] = (coarse[bucket] ?? 0) + 1;
    });
    const cuts: { key: number; left: number }[] = [];
    const fine = new Map<number, Uint32Array>();
    const places = ranks.map((rank) => placeOf(coarse, rank));
    for (const { bucket } of places) fine.set(bucket, new Uint32Array(1 << FINE_BITS));
    this.each((word) => {
      const counts = fine.get(word >>> (1 + FINE_BITS));
      if (counts === undefined) return;
      const key = (word >>> 1) & ((1 << FINE_BITS) - 1);
      counts[key] = (counts[key] ?? 0) + 1;
    });
    for (const { bucket, within } of places) {
      const place = placeOf(fine.get(bucket) ?? new Uint32Array(0), within);
      const key = bucket * (1 << FINE_BITS) + place.bucket;
      const taken = cuts.reduce((sum, cut) => sum + (cut.key === key ? cut.left : 0), 0);
      cuts.push({ key, left: place.within - taken });
    }
    return cuts;
  }

  private each(visit: (word: number) => void): void {
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      if (chunk === undefined) continue;
      const size = Math.min(CHUNK, this.n - c * CHUNK);
      for (let i = 0; i < size; i++) visit(chunk[i] ?? 0);
    }
  }
}

/** The bucket in which the first `rank` jobs end, and how many of them lie within it. */
function placeOf(counts: Uint32Array, rank: number): { bucket: number; within: number } {
  let before = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] ?? 0;
    if (before + count >= rank) return { bucket, within: rank - before };
    before += count;
  }
  return { bucket: counts.length - 1, within: 0 };
}
