import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceRing, offerEvidence } from '../../../../functions/domain/calibration/evidence-ring.ts';
import { offerOutcome, outcomeRing } from '../../../../functions/domain/calibration/outcome-ring.ts';
import {
  LEFT_OUT,
  type SampledRing,
  sampledRing,
  takeSlot,
} from '../../../../functions/domain/calibration/sampled-ring.ts';
import { EVIDENCE_RING, OUTCOME_RING } from '../../../../functions/domain/thresholds.ts';
import { T } from '../builders.ts';
import { seeded } from '../seeded.ts';

const LENGTH = 300;
/** The beginning of a stretch. */
const START = LENGTH * 1_000_000;

interface Burst {
  /** When they were submitted. */
  readonly at?: number;
  readonly draw?: () => number;
}

/** Offers labels of one stretch. @returns the slots that they took */
function offer(ring: SampledRing, count: number, quota: number, burst: Burst = {}): number[] {
  const { at = START, draw = () => 0.999 } = burst;
  return Array.from({ length: count }, () =>
    takeSlot(ring, { submittedAt: at, labelAt: at + 1, draw: draw() }, LENGTH, quota),
  );
}

describe('a ring of labels', () => {
  it.each([
    ['its own stretch', 0, true],
    ['the stretch before', -1, true],
    ['the last second of the stretch before', -LENGTH, true],
    ['two stretches before', -LENGTH - 1, false],
    ['the next stretch', LENGTH, false],
    ['a clock that is a day ahead', 86_400, false],
    ['30 days ago', -30 * 86_400, false],
  ])('takes a label of %s: %s seconds from the stretch in which it is known', (_, seconds, taken) => {
    const ring = sampledRing(100);
    const slot = takeSlot(ring, { submittedAt: START + seconds, labelAt: START, draw: 0 }, LENGTH, 50);
    expect(slot !== LEFT_OUT).toBe(taken);
    expect(ring.size).toBe(taken ? 1 : 0);
  });

  it.each([
    [Number.NaN, START],
    [START, Number.NaN],
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ])('takes no label submitted at %s and known at %s', (submittedAt, labelAt) => {
    const ring = sampledRing(100);
    expect(takeSlot(ring, { submittedAt, labelAt, draw: 0 }, LENGTH, 50)).toBe(LEFT_OUT);
    expect(ring).toEqual(sampledRing(100));
  });

  it('keeps all of a stretch up to its quota, then only as the lottery says', () => {
    const ring = sampledRing(100);
    expect(offer(ring, 50, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    // The 51st has 50 chances in 51, the 52nd 50 in 52.
    expect(offer(ring, 1, 50, { draw: () => 50 / 51 })).toEqual([LEFT_OUT]);
    expect(offer(ring, 1, 50, { draw: () => 50 / 52 - 1e-9 })).toEqual([49]);
    expect(offer(ring, 1, 50, { draw: () => 0 })).toEqual([0]);
    expect(ring.size).toBe(50);
  });

  it('is a uniform sample of a burst: each of 500 labels is kept with the same chance', () => {
    const random = seeded(7);
    const kept = new Float64Array(5);
    const rings = 400;
    for (let r = 0; r < rings; r++) {
      const ring = sampledRing(100);
      const holds = new Int32Array(100).fill(-1);
      for (let i = 0; i < 500; i++) {
        const [slot = LEFT_OUT] = offer(ring, 1, 50, { draw: random });
        if (slot !== LEFT_OUT) holds[slot] = i;
      }
      expect(ring.size).toBe(50);
      for (const i of holds) if (i >= 0) kept[Math.floor(i / 100)] = (kept[Math.floor(i / 100)] ?? 0) + 1;
    }
    // 10 of each hundred, give or take four standard errors.
    for (const count of kept) expect(Math.abs(count / rings - 10)).toBeLessThan(4 * Math.sqrt(9 / rings));
  });

  it('replaces only labels of the same stretch, in the order in which they came', () => {
    const ring = sampledRing(6);
    offer(ring, 2, 3, { at: START });
    offer(ring, 3, 3, { at: START + LENGTH });
    expect(offer(ring, 1, 3, { at: START + LENGTH, draw: () => 0 })).toEqual([2]);
    expect(offer(ring, 1, 3, { at: START + LENGTH, draw: () => 0.5 })).toEqual([4]);
    expect([...ring.at].slice(0, 2)).toEqual([START, START]);
  });

  it('leaves a label out where no other of its stretch is left in the ring', () => {
    const ring = sampledRing(3);
    offer(ring, 3, 3, { at: START });
    offer(ring, 3, 3, { at: START + LENGTH });
    expect(offer(ring, 1, 3, { at: START, draw: () => 0 })).toEqual([LEFT_OUT]);
  });

  it('counts the newest two stretches that took a label, and forgets the lowest of three', () => {
    const ring = sampledRing(100);
    offer(ring, 5, 5, { at: START });
    offer(ring, 5, 5, { at: START + LENGTH });
    expect(offer(ring, 1, 5, { at: START })).toEqual([LEFT_OUT]);
    offer(ring, 1, 5, { at: START + 2 * LENGTH });
    // The first is forgotten: a straggler of it counts from one again.
    expect(offer(ring, 1, 5, { at: START })).toEqual([11]);
    expect(offer(ring, 1, 5, { at: START + LENGTH })).toEqual([LEFT_OUT]);
  });

  it('overwrites the oldest when it is full', () => {
    const ring = sampledRing(4);
    const slots = Array.from({ length: 6 }, (_, i) => offer(ring, 1, 50, { at: START + i * LENGTH })[0]);
    expect(slots).toEqual([0, 1, 2, 3, 0, 1]);
    expect(ring).toMatchObject({ size: 4, head: 2 });
  });

  it('never holds more of a stretch than its quota, and never more than it has room for', () => {
    const labels = fc.array(fc.record({ stretch: fc.nat(6), draw: fc.double({ min: 0, max: 0.999, noNaN: true }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(labels, fc.integer({ min: 1, max: 8 }), (sequence, quota) => {
        const ring = sampledRing(20);
        // Stretches come in order, as labels do; within two of each other they may mix.
        const inOrder = [...sequence].sort((a, b) => a.stretch - b.stretch);
        for (const { stretch, draw } of inOrder)
          offer(ring, 1, quota, { at: START + stretch * LENGTH, draw: () => draw });
        const held = Map.groupBy(ring.at.subarray(0, ring.size), (at) => Math.floor(at / LENGTH));
        expect(ring.size).toBeLessThanOrEqual(20);
        for (const [, times] of held) expect(times.length).toBeLessThanOrEqual(quota);
      }),
      { numRuns: 2_000, seed: 11 },
    );
  });
});

describe('the two rings', () => {
  const offeredAt = (seconds: number) => ({ submittedAt: START + seconds, labelAt: START + seconds, draw: 0.999 });

  it('hold 1,000 labels of a cluster and 200 of each tier', () => {
    expect([OUTCOME_RING.size, EVIDENCE_RING.size]).toEqual([1000, 200]);
    expect([outcomeRing().at.length, evidenceRing().at.length]).toEqual([1000, 200]);
  });

  it('take 50 labels of T seconds for the cluster', () => {
    const ring = outcomeRing();
    for (let i = 0; i < 60; i++) offerOutcome(ring, offeredAt(i % T), 0.5, 1, T);
    expect(ring.size).toBe(50);
    for (let i = 0; i < 60; i++) offerOutcome(ring, offeredAt(T + (i % T)), 0.5, 1, T);
    expect(ring.size).toBe(100);
  });

  it('take 25 labels of 4 T seconds for a tier', () => {
    const ring = evidenceRing();
    for (let i = 0; i < 40; i++) offerEvidence(ring, offeredAt((i * 4 * T) / 40), 1, T);
    expect(ring.size).toBe(25);
    offerEvidence(ring, offeredAt(4 * T), 1, T);
    expect(ring.size).toBe(26);
  });

  it('follow T where a cluster has another one', () => {
    const hour = 3_600;
    const [ring, tier] = [outcomeRing(), evidenceRing()];
    const start = hour * 4 * 10_000 - START;
    for (let i = 0; i < 60; i++) offerOutcome(ring, offeredAt(start + (i * hour) / 60), 0.5, 1, hour);
    for (let i = 0; i < 60; i++) offerEvidence(tier, offeredAt(start + (i * 4 * hour) / 60), 1, hour);
    expect([ring.size, tier.size]).toEqual([50, 25]);
  });

  it('ask the lottery only where a stretch is beyond its quota', () => {
    const ring = outcomeRing();
    const untold = {
      ...offeredAt(0),
      get draw(): number {
        throw new Error('not asked for');
      },
    };
    for (let i = 0; i < 50; i++) offerOutcome(ring, untold, 0.5, 1, T);
    expect(() => offerOutcome(ring, untold, 0.5, 1, T)).toThrow('not asked for');
  });
});
