import { describe, expect, it } from 'vitest';
import {
  type EvidenceRing,
  evidenceRing,
  offerEvidence,
} from '../../../../functions/domain/calibration/evidence-ring.ts';
import { precisionBound, precisionOf, wilsonLower } from '../../../../functions/domain/calibration/precision.ts';
import { evidenceOf, T } from '../builders.ts';

const HOUR = 3_600;
const START = HOUR * 490_000;

/** A ring of labels at given times, all right but the last `wrong` ones. */
function ringAt(times: readonly number[], wrong = 0): EvidenceRing {
  const ring = evidenceRing();
  times.forEach((time, i) => {
    // As if each were alone in its stretch: the quota has tests of its own.
    ring.at[i] = time;
    ring.y[i] = i < times.length - wrong ? 1 : 0;
  });
  ring.size = times.length;
  return ring;
}

const every = (count: number, seconds: number, from = START): number[] =>
  Array.from({ length: count }, (_, i) => from + i * seconds);

describe("a tier's evidence", () => {
  it.each([
    [19, false],
    [20, true],
  ])('of %s labels is enough: %s', (labels, enough) => {
    const { bound } = precisionOf(ringAt(every(labels, HOUR)), T);
    expect(bound > 0).toBe(enough);
  });

  it.each([
    [4, false],
    [5, true],
  ])('of %s stretches is enough: %s', (hours, enough) => {
    const precision = precisionOf(evidenceOf(40, 40, hours), T);
    expect(precision).toMatchObject({ labels: 40, right: 40, stretches: hours });
    expect(precision.bound > 0).toBe(enough);
  });

  it('has stretches of at least T', () => {
    // 40 labels, 30 s apart: 1,170 s, whose twentieth is less than T.
    expect(precisionOf(ringAt(every(40, 30)), 300).stretches).toBe(4);
    expect(precisionOf(ringAt(every(40, 30)), 200).stretches).toBe(6);
    expect(precisionOf(ringAt(every(40, 30)), 60).stretches).toBe(20);
  });

  it('has stretches of a twentieth of its span in between', () => {
    // 20,000 s: 1,000 s a stretch, counted from the epoch.
    const from = 1_000 * 1_764_000;
    expect(precisionOf(ringAt(every(101, 200, from)), 300).stretches).toBe(21);
    expect(precisionOf(ringAt(every(101, 200, from - 1)), 300).stretches).toBe(21);
    expect(precisionOf(ringAt(every(101, 200, from)), 2_000).stretches).toBe(11);
  });

  it('has stretches of at most an hour', () => {
    expect(precisionOf(ringAt(every(42, HOUR / 2)), 300).stretches).toBe(21);
    expect(precisionOf(ringAt(every(40, 30 * HOUR)), 300).stretches).toBe(40);
    // Also where T is longer: what shares an hour shares its fate, and what does not need not.
    expect(precisionOf(ringAt(every(42, HOUR / 2)), 4 * HOUR).stretches).toBe(21);
  });

  it('is worth no more than its stretches where they agree within', () => {
    // Forty labels of one hour each, then the same number spread out: an array that waited together is one fact.
    const together = every(8, HOUR).flatMap((hour) => Array.from({ length: 5 }, () => hour));
    const clustered = ringAt(together);
    const apart = ringAt(every(40, HOUR));
    expect(precisionOf(apart, T).bound).toBeCloseTo(wilsonLower(1, 40, 1.2816), 12);
    expect(precisionOf(clustered, T).bound).toBeCloseTo(wilsonLower(1, 40 / (1 + 0.25 * 4), 1.2816), 12);
  });

  it('is worth less where whole stretches were wrong than where the same number was wrong here and there', () => {
    const times = every(20, HOUR).flatMap((hour) => Array.from({ length: 5 }, (_, i) => hour + i));
    const atOnce = ringAt(times, 20);
    const spread = ringAt(times);
    times.forEach((_, i) => {
      spread.y[i] = i % 5 === 0 ? 0 : 1;
    });
    expect(precisionOf(atOnce, T).right).toBe(precisionOf(spread, T).right);
    expect(precisionOf(atOnce, T).bound).toBeLessThan(precisionOf(spread, T).bound - 0.05);
  });

  it('falls with every label that was wrong', () => {
    const bounds = Array.from({ length: 41 }, (_, wrong) => precisionOf(evidenceOf(40, 40 - wrong), T).bound);
    for (let i = 1; i < bounds.length; i++) expect(bounds[i] ?? 1).toBeLessThan(bounds[i - 1] ?? 0);
    expect(bounds[40]).toBeCloseTo(0, 12);
  });

  it('is computed anew once a label has been offered and taken', () => {
    const ring = evidenceOf(40, 40);
    const before = precisionBound(ring, T);
    expect(precisionBound(ring, T)).toBe(before);
    const submittedAt = START + 1_000 * HOUR;
    offerEvidence(ring, { submittedAt, labelAt: submittedAt, draw: 0 }, 0, T);
    expect(precisionBound(ring, T)).toBeLessThan(before);
    expect(precisionBound(ring, T)).toBe(precisionOf(ring, T).bound);
  });
});

describe("Wilson's lower bound", () => {
  it.each([
    [1, 20],
    [0.9, 50],
    [0.5, 100],
    [0.65, 58.3],
    [0, 20],
  ])('of %s among %s is the share that this much is just above, with 90 % certainty', (p, n) => {
    const z = 1.2816;
    const bound = wilsonLower(p, n, z);
    expect(bound - p).toBeLessThanOrEqual(1e-12);
    // Its definition: p is z standard errors above it, where these are taken at the bound itself.
    expect(p - bound).toBeCloseTo(z * Math.sqrt((bound * (1 - bound)) / n), 8);
  });
});
