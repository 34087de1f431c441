import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AskPlaces,
  NO_QUESTIONS,
  whyNotAsk,
  withoutQuestion,
  withoutTrace,
  withQuestion,
} from '../../../functions/domain/asking.ts';
import { configOf } from './builders.ts';

const LIMITS = configOf().asking;
const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

/** Questions asked one after the other, a second apart, open for four hours. */
function asked(...tiers: number[]): AskPlaces {
  return tiers.reduce(
    (places, tier, i) => withQuestion(places, { id: `q${i}`, tier, until: NOW + 4 * HOUR }, NOW + i * 1000),
    NO_QUESTIONS,
  );
}
const mayAsk = (places: AskPlaces, tier: number, now = NOW + 60_000) =>
  whyNotAsk(places, { id: 'new', tier }, LIMITS, now) === null;

describe('a question', () => {
  it.each([
    [[], true, true],
    [[3, 3, 3], true, true],
    [[3, 3, 3, 3], false, true],
    [[3, 3, 3, 3, 4], false, true],
    [[3, 3, 3, 3, 4, 4], false, false],
    [[4, 4, 4, 4, 4], true, true],
    [[4, 4, 4, 4, 4, 4], false, false],
    [[4, 4, 3, 3, 3], true, true],
  ])('beside open ones about tiers %s may be asked about tier 3: %s, about tier 4: %s', (tiers, three, four) => {
    expect([mayAsk(asked(...tiers), 3), mayAsk(asked(...tiers), 4)]).toEqual([three, four]);
  });

  it('says how many there are, and that some places are kept for holds', () => {
    const open = asked(3, 3, 3, 3);
    expect(whyNotAsk(open, { id: 'new', tier: 3 }, LIMITS, NOW)).toBe(
      '4 of 6 questions are open, and 2 are kept for holds',
    );
    const full = asked(4, 4, 4, 4, 4, 4);
    expect(whyNotAsk(full, { id: 'new', tier: 4 }, LIMITS, NOW)).toBe('6 of 6 questions are open');
    const answered = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5'].reduce(
      (places, id) => withoutQuestion(places, id, NOW),
      full,
    );
    expect(whyNotAsk(answered, { id: 'new', tier: 4 }, LIMITS, NOW)).toBe('6 of 6 questions of this hour are asked');
  });

  it('frees its place when it ends, but has been asked for an hour', () => {
    const answered = withoutQuestion(asked(3, 3, 3, 3), 'q0', NOW + 10_000);
    expect(answered.open).toHaveLength(3);
    expect(mayAsk(answered, 3)).toBe(false);
    expect(mayAsk(answered, 3, NOW + HOUR - 1)).toBe(false);
    expect(mayAsk(answered, 3, NOW + HOUR)).toBe(true);
  });

  it('frees its place by itself when it must have expired', () => {
    const places = asked(3, 3, 3, 3);
    expect(mayAsk(places, 3, NOW + 4 * HOUR - 1)).toBe(false);
    expect(mayAsk(places, 3, NOW + 4 * HOUR)).toBe(true);
  });

  it('that was never recorded leaves no trace', () => {
    expect(withoutTrace(asked(3), 'q0', NOW)).toEqual(NO_QUESTIONS);
    expect(mayAsk(withoutTrace(asked(3, 3, 3, 3), 'q3', NOW), 3)).toBe(true);
  });

  it('takes one place however often it is asked, and is always let in again', () => {
    const once = asked(4, 4, 4, 4, 4, 4);
    expect(withQuestion(once, { id: 'q5', tier: 4, until: NOW + HOUR }, NOW)).toEqual(once);
    expect(whyNotAsk(once, { id: 'q5', tier: 4 }, LIMITS, NOW)).toBeNull();
  });

  it('is not asked at all where a cluster wants none', () => {
    const none = configOf({ asking: { open: 0 } }).asking;
    expect(whyNotAsk(NO_QUESTIONS, { id: 'new', tier: 4 }, none, NOW)).toBe('0 of 0 questions are open');
    const never = configOf({ asking: { perHour: 0 } }).asking;
    expect(whyNotAsk(NO_QUESTIONS, { id: 'new', tier: 3 }, never, NOW)).not.toBeNull();
  });

  it('never makes more than six open, six in an hour, or four that are no holds (seed 6)', () => {
    const steps = fc.array(
      fc.record({
        tier: fc.constantFrom(3, 4),
        wait: fc.nat(1_000_000),
        ends: fc.option(fc.nat(30)),
        life: fc.nat(5 * HOUR),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (sequence) => {
        let places = NO_QUESTIONS;
        let now = NOW;
        const times: { at: number; tier: number }[] = [];
        for (const [i, { tier, wait, ends, life }] of sequence.entries()) {
          now += wait;
          if (ends !== null) places = withoutQuestion(places, `q${ends}`, now);
          if (whyNotAsk(places, { id: `q${i}`, tier }, LIMITS, now) !== null) continue;
          places = withQuestion(places, { id: `q${i}`, tier, until: now + life }, now);
          times.push({ at: now, tier });
          const open = places.open.filter(({ until }) => until > now);
          const hour = times.filter(({ at }) => at > now - HOUR);
          for (const list of [open, hour]) {
            expect(list.length).toBeLessThanOrEqual(6);
            if (tier === 3) expect(list.filter((one) => one.tier === 3).length).toBeLessThanOrEqual(4);
          }
        }
      }),
      { numRuns: 1_000, seed: 6 },
    );
  });
});
