import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { keptInWords, PART_WORDS, percent, reachedInWords } from '../../../functions/domain/figure-words.ts';
import {
  addFigures,
  callsOf,
  count,
  decidedFacts,
  type Figures,
  keptByState,
  keptOf,
  keptTogether,
  noFigures,
  PARTS,
  partOf,
  type RoundFacts,
  reachedOf,
  roundFacts,
} from '../../../functions/domain/figures.ts';
import { tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { Next } from '../../../schemas/decision.ts';
import { RowStatus } from '../../../schemas/items/job.ts';
import { aDecided, aRow, asksAbout } from './figure-rows.ts';

const [annotate, warn, suggest, gate] = tierRulesOf({});
if (!annotate || !warn || !suggest || !gate) throw new Error('there are four tiers');

const nexts = fc.constantFrom(...Next.options);
const endings = fc.option(fc.constantFrom(...RowStatus.options), { nil: null });
const facts: fc.Arbitrary<RoundFacts> = fc.record({
  part: fc.constantFrom(...PARTS),
  alsoAsked: fc.boolean(),
  called: fc.integer({ min: 0, max: 4 }),
  tier: fc.integer({ min: 0, max: 4 }),
  came: fc.constantFrom('right', 'wrong', 'touched', null),
  weight: fc.constantFrom(1, 2, 20),
  waitedLong: fc.boolean(),
});

const counted = (...all: RoundFacts[]): Figures => {
  const figures = noFigures();
  for (const each of all) count(figures, each);
  return figures;
};
const parts = (figures: Figures) => PARTS.reduce((sum, part) => sum + figures.parts[part], 0);

describe('the parts of the jobs', () => {
  it('add up to the jobs for every decision and every ending', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.option(nexts, { nil: null }), endings)), (jobs) => {
        const all = jobs.map(([next, status]) =>
          decidedFacts(next === null ? null : aDecided({ next, asks: null }), status),
        );
        const figures = counted(...all);
        expect(figures.jobs).toBe(jobs.length);
        expect(parts(figures)).toBe(jobs.length);
      }),
      { seed: 1 },
    );
  });

  it.each([
    ['acted', 'acted'],
    ['approved', 'asked'],
    ['denied', 'asked'],
    ['expired', 'asked'],
    ['void', 'asked'],
    ['refused', 'withheld'],
    ['heldOut', 'heldOut'],
    ['nothingNeeded', 'nothingNeeded'],
    ['late', 'late'],
    ['failed', 'failed'],
  ] as const)('counts a row that is closed as %s as %s', (status, part) => {
    expect(partOf(aDecided({ next: 'act' }), status)).toBe(part);
  });

  it('counts a job that is open by its decision, and one without a decision as undecided', () => {
    expect(partOf(aDecided({ next: 'ask' }), null)).toBe('asked');
    expect(partOf(aDecided({ next: 'actAndNotify' }), null)).toBe('acted');
    expect(partOf(null, null)).toBe('undecided');
    expect(partOf(null, 'failed')).toBe('failed');
  });

  it('counts a job that was acted on by a lower tier and asked about once, and once more beside', () => {
    const figures = counted(decidedFacts(aDecided({ next: 'act', called: 3, tier: 2, asks: asksAbout(3) }), 'acted'));
    expect(figures).toMatchObject({ jobs: 1, alsoAsked: 1, parts: { acted: 1, asked: 0 } });
    const asked = counted(decidedFacts(aDecided({ next: 'ask', called: 3, tier: 0, asks: asksAbout(3) }), 'expired'));
    expect(asked).toMatchObject({ alsoAsked: 0, parts: { acted: 0, asked: 1 } });
    const refused = decidedFacts(aDecided({ next: 'act', called: 3, tier: 2, asks: asksAbout(3) }), 'refused');
    expect(refused).toMatchObject({ alsoAsked: false, part: 'withheld' });
  });

  it('counts calls by the tier called for and acts by the tier done, whichever that is', () => {
    fc.assert(
      fc.property(fc.array(facts), (all) => {
        const figures = counted(...all);
        expect(callsOf(figures)).toBe(all.filter(({ called }) => called > 0).length);
        const acted = figures.byTier.reduce((sum, tier) => sum + tier.acted, 0);
        expect(acted).toBe(all.filter(({ part, tier }) => part === 'acted' && tier > 0).length);
        expect(reachedOf(figures)).toBeLessThanOrEqual(figures.longWaits);
      }),
      { seed: 2 },
    );
  });

  it('takes back what was counted of a job before it went on, and adds clusters up', () => {
    fc.assert(
      fc.property(fc.array(facts), facts, (all, gone) => {
        const figures = counted(gone, ...all);
        count(figures, gone, -1);
        expect(figures).toEqual(counted(...all));
        const both = counted(...all);
        addFigures(both, counted(gone));
        expect(both).toEqual(counted(...all, gone));
      }),
      { seed: 3 },
    );
  });
});

describe('what of a row counts', () => {
  it('settles a statement as it came out', () => {
    expect(roundFacts(aRow({ longWait: true }))).toMatchObject({ came: 'right', weight: 1, waitedLong: true });
    expect(roundFacts(aRow({ longWait: false }))).toMatchObject({ came: 'wrong', weight: 1, waitedLong: false });
    expect(roundFacts(aRow({ longWait: null }))).toMatchObject({ came: null, waitedLong: false });
    expect(roundFacts(aRow({}))).toMatchObject({ came: null });
  });

  it('counts a hold-out 1/h-fold', () => {
    const held = { next: 'holdOut' as const, tier: 3, kind: 'intervention' as const, executed: false, cost: 66_666 };
    expect(roundFacts(aRow({ decision: held, status: 'heldOut', longWait: true }))).toMatchObject({
      part: 'heldOut',
      came: 'right',
      weight: 6.6666,
    });
  });

  it('does not say of an intervention that was carried out whether it was right', () => {
    const decision = { tier: 3, kind: 'intervention' as const };
    const row = { decision, effect: { action: 'requeue', intervened: true } };
    expect(roundFacts(aRow({ ...row, longWait: true }))).toMatchObject({ came: 'touched', waitedLong: true });
    const undone = { ...row, effect: { ...row.effect, status: 'undone' as const } };
    expect(roundFacts(aRow({ ...undone, longWait: false }))).toMatchObject({ came: 'wrong', weight: 1 });
  });

  it('does not count a job as a long wait that waited because it was on hold', () => {
    const decision = { tier: 4, kind: 'intervention' as const };
    const effect = { action: 'hold', intervened: true };
    expect(roundFacts(aRow({ decision, effect, longWait: true }))).toMatchObject({ waitedLong: false });
  });

  it('counts nothing as done that a switch refused at the last moment', () => {
    const row = aRow({ status: 'refused', effect: { status: 'refused' }, longWait: false });
    expect(roundFacts(row)).toMatchObject({ part: 'withheld', came: null });
  });
});

describe('how a promise is kept', () => {
  it("has Wilson's two-sided 90 % interval", () => {
    const kept = keptOf({ right: 8, wrong: 2, things: 10, touched: 0 }, annotate);
    // (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = .8, n = 10, z = 1.6449.
    expect(kept.share).toBe(0.8);
    expect(kept.lower).toBeCloseTo(0.5408, 3);
    expect(kept.upper).toBeCloseTo(0.9314, 3);
  });

  it('is not tested before K / (1 - pi) things were done, the carried out ones included', () => {
    const things = (done: number, touched = 0) =>
      keptOf({ right: done, wrong: 0, things: done - touched, touched }, suggest);
    expect(things(57).testedFrom).toBe(58);
    expect(things(57).tested).toBe(false);
    expect(things(58).tested).toBe(true);
    expect(things(58, 50).tested).toBe(true);
  });

  it('says less where few weigh much, never more than their number', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 2, 6.6666, 20), { minLength: 1, maxLength: 40 }), (weights) => {
        const settled = weights.reduce((sum, weight) => sum + weight, 0);
        const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
        const { lower, upper } = keptOf(
          { right: settled / 2, wrong: settled / 2, things: weights.length, touched: 0 },
          gate,
        );
        const n = (settled * settled) / squares;
        const width = (n: number) => Math.sqrt(1 / (4 * n) + 1.6449 ** 2 / (4 * n * n)) / (1 + 1.6449 ** 2 / n);
        expect((upper ?? 0) - (lower ?? 0)).toBeGreaterThanOrEqual(2 * 1.6449 * width(n) - 1e-9);
      }),
      { seed: 4 },
    );
  });

  it('says nothing of a tier that has done nothing', () => {
    const nothing = keptOf({ right: 0, wrong: 0, things: 0, touched: 0 }, warn);
    expect(nothing).toMatchObject({ share: null, lower: null, upper: null, tested: false });
  });

  it('is read from the state of a cluster by the same weights', () => {
    const [, , state] = initialState(tierRulesOf({})).tiers;
    Object.assign(state, { heldRight: 3, heldWrong: 1, undone: 1, rightWeight: 300_000, wrongWeight: 110_000 });
    expect(keptByState(state, suggest)).toMatchObject({ right: 30, settled: 41, things: 5, basis: 'estimate' });
  });

  it('is said of several clusters only when each had enough to do, and promises nothing where they differ', () => {
    const tested = keptOf({ right: 30, wrong: 0, things: 30, touched: 0 }, annotate);
    const untested = keptOf({ right: 1, wrong: 0, things: 1, touched: 0 }, annotate);
    const idle = keptOf({ right: 0, wrong: 0, things: 0, touched: 0 }, annotate);
    expect(keptTogether([tested, idle], 'seen')).toMatchObject({ tested: true, things: 30, promise: tested.promise });
    expect(keptTogether([tested, untested], 'seen').tested).toBe(false);
    expect(keptTogether([tested, { ...idle, promise: 0.5 }], 'seen').promise).toBeNull();
  });
});

describe('the words of the figures', () => {
  it('are there for every part, and call nothing coverage', () => {
    expect(Object.keys(PART_WORDS)).toEqual([...PARTS]);
    expect(JSON.stringify(PART_WORDS)).not.toMatch(/coverage/i);
  });

  it('round a share down, so that it never looks like one that it did not reach', () => {
    expect(percent(0.6499)).toBe('64 %');
    expect(percent(0.65)).toBe('65 %');
    expect(percent(0.0199)).toBe('1.9 %');
    expect(percent(0)).toBe('0 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(null)).toBe('–');
  });

  it('put what was right beside what was promised, and say what it rests on', () => {
    const seen = keptOf({ right: 30, wrong: 10, things: 40, touched: 0 }, annotate);
    expect(keptInWords(seen)).toBe('75 % of 40 were right (62 to 85 %), 20 % are promised');
    const few = keptOf({ right: 20, wrong: 0, things: 2, touched: 8 }, suggest);
    expect(keptInWords(few)).toMatch(
      /^100 % of 2 were right \(\d+ to 100 %\), 65 % are promised; estimate, not tested yet: 10 of 58 done$/,
    );
    expect(keptInWords(keptOf({ right: 5, wrong: 0, things: 5, touched: 0 }, suggest, 'counterfactual'))).toContain(
      'counterfactual',
    );
    expect(keptInWords(keptOf({ right: 0, wrong: 0, things: 0, touched: 0 }, annotate))).toBe(
      'nothing is settled yet, 20 % are promised; not tested yet: 0 of 25 done',
    );
  });

  it('set what was reached beside chance', () => {
    expect(reachedInWords({ reached: 57, longWaits: 100, acted: 200, jobs: 1000 })).toBe(
      '57 % of 100 long waits were reached, by chance 20 %',
    );
    expect(reachedInWords({ reached: 0, longWaits: 0, acted: 0, jobs: 9 })).toBe('no job waited long');
  });
});
