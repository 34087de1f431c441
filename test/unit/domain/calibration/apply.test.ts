import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { applyEntry, applyWait, owesWait } from '../../../../functions/domain/calibration/apply.ts';
import { serialise } from '../../../../functions/domain/calibration/codec.ts';
import { recalibrationNeeded } from '../../../../functions/domain/calibration/evaluation.ts';
import { boundsAround } from '../../../../functions/domain/calibration/intervals.ts';
import type { Purse } from '../../../../functions/domain/calibration/purse.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { TOKEN } from '../../../../functions/domain/thresholds.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { actedOn, entryOf, heldOutOf, purseOf, RULES, T } from '../builders.ts';

let state: CalibrationState;
let purse: Purse;
const applied = (entry: LedgerEntry) => applyEntry(state, entry, purse, T);
const apply = (change: Partial<LedgerEntry> = {}) => applied(entryOf(change));
const bytes = (one: CalibrationState) => Buffer.from(serialise(one));
/** Labels in the rings of the tiers, lowest first. */
const evidence = () => state.tiers.map((tier) => tier.evidence.size);

beforeEach(() => {
  state = initialState(RULES);
  purse = purseOf({ reserved: [5, 5, 5, 5] });
});

describe('a label', () => {
  it('of a job that called for nothing changes rings and detectors, and no tier', () => {
    const tiers = structuredClone(state.tiers);
    const before = structuredClone(purse);
    for (let i = 0; i < 60; i++)
      apply({ q: 0.2999, longWait: i % 3 === 0, submittedAt: 1_000 * i, labelAt: 1_000 * i + 9 });
    expect(state.tiers).toEqual(tiers);
    expect(purse).toEqual(before);
    expect(state.outcomes.size).toBe(60);
    expect(state).toMatchObject({ n: 60, sinceEpoch: 60, lastTime: 59_009 });
  });

  it.each([
    [0.2999, [0, 0, 0, 0]],
    [0.3, [1, 0, 0, 0]],
    [0.4999, [1, 0, 0, 0]],
    [0.5, [1, 1, 0, 0]],
    [0.7, [1, 1, 1, 0]],
    [0.8999, [1, 1, 1, 0]],
    [0.9, [1, 1, 1, 1]],
    [1, [1, 1, 1, 1]],
  ])('at q = %s is evidence of the tiers from their eps on: %s', (q, sizes) => {
    apply({ q });
    expect(evidence()).toEqual(sizes);
  });

  it.each<[string, Partial<LedgerEntry>]>([
    ['touched', { touched: true, longWait: true }],
    ['censored', { longWait: null }],
    ['without q', { q: null }],
    ['with q that is no number', { q: Number.NaN }],
    ['with q above 1', { q: 1.5 }],
    ['with q below 0', { q: -0.1 }],
    ['with q without end', { q: Number.POSITIVE_INFINITY }],
  ])('of a job %s teaches nothing, and gives its reservation back', (_, change) => {
    const before = bytes({ ...state, lastTime: 1_010 });
    applied(actedOn(1, change));
    expect(bytes(state).equals(before)).toBe(true);
    expect(purse.reserved[0]).toBe(4 * TOKEN);
  });

  it.each([null, Number.NaN, -1, 2])('without a usable p (%s) teaches rings and detectors of q alone', (p) => {
    const { raw, shift } = structuredClone(state);
    apply({ p, q: 0.4, longWait: true });
    expect({ raw: state.raw, shift: state.shift }).toEqual({
      ...{ raw, shift },
    });
    expect(state.outcomes.size).toBe(1);
    expect([...state.served].some((statistic) => statistic > 0)).toBe(true);
  });

  it('that says something was undone charges the tier though the job was touched', () => {
    applied(actedOn(3, { undone: true }));
    expect(state.tiers[2]).toMatchObject({ tokens: 19 * TOKEN, undone: 1 });
    expect(state.n).toBe(0);
  });

  it('of a hold-out teaches like any other, and moves tokens 1/h-fold', () => {
    applied(heldOutOf(3, 2, { longWait: false }));
    expect(state.tiers[2]).toMatchObject({ tokens: 18 * TOKEN, heldWrong: 1 });
    expect(evidence()).toEqual([1, 1, 1, 0]);
    expect(state.n).toBe(1);
  });

  it('scores paper trades on an untouched job, beside what was done', () => {
    applied(actedOn(1, { q: 0.95, called: 4, paper: [3, 4] }));
    expect(state.tiers.map(({ right, paperRight }) => [right, paperRight])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 1],
    ]);
    applied(actedOn(1, { q: 0.95, called: 4, paper: [3, 4], touched: true }));
    expect(state.tiers[2].paperRight).toBe(1);
  });

  it('goes by the latest labelAt, whatever comes late', () => {
    apply({ labelAt: 5_000 });
    apply({ labelAt: 3_000 });
    expect(state.lastTime).toBe(5_000);
  });
});

describe('alarms', () => {
  it('of calibration are shown and ask for recalibration; tiers, evidence and scopes go on', () => {
    for (let i = 0; i < 200 && state.alarms.served === 0; i++) apply({ q: 0.4, p: null });
    expect(state.alarms).toEqual({ served: 1, raw: 0 });
    expect(state.servedAlarm).toBe(300);
    expect(recalibrationNeeded(state)).toBe(true);
    expect(state.tiers.map(({ tokens }) => tokens)).toEqual([20, 20, 20, 20].map((whole) => whole * TOKEN));
    const { n } = state;
    apply();
    expect(state).toMatchObject({ n: n + 1, servedAlarm: 299 });
  });

  it('of the model on raw p are about VGAC alone', () => {
    for (let i = 0; i < 200 && state.alarms.raw === 0; i++) apply({ q: 0.02, p: 0.4 });
    expect(state.alarms).toEqual({ raw: 1, served: 0 });
    expect(state.rawAlarm).toBe(300);
    expect(recalibrationNeeded(state)).toBe(false);
    for (let i = 0; i < 300; i++) apply({ q: 0.02, p: 0.02 });
    expect(state.rawAlarm).toBe(0);
  });
});

describe('the interval trackers', () => {
  const served = { lowerSeconds: 10, upperSeconds: 500, upper90Seconds: 400 };
  const move = (change: Partial<LedgerEntry>) => {
    const before = { ...state.interval };
    apply({ bounds: served, ...change });
    const by = (key: 'lo' | 'hi' | 'up') => Number((state.interval[key] - before[key]).toFixed(12));
    return { lo: by('lo'), hi: by('hi'), up: by('up') };
  };

  it('move away from the point by .05 of what they missed, beyond the share that they may miss', () => {
    expect(move({ waitSeconds: 501, longWait: true })).toEqual({ lo: 0.0025, hi: 0.0475, up: 0.045 });
    expect(move({ waitSeconds: 9 })).toEqual({ lo: -0.0475, hi: -0.0025, up: -0.005 });
  });

  it('take a bound that was met exactly for kept', () => {
    expect(move({ waitSeconds: 400, longWait: true })).toMatchObject({ hi: -0.0025, up: -0.005 });
    expect(move({ waitSeconds: 10 })).toMatchObject({ lo: 0.0025 });
  });

  it('count a miss as soon as the bound has elapsed without a start, and nothing before', () => {
    const waiting = { waitSeconds: null, longWait: true, submittedAt: 0 };
    expect(move({ ...waiting, labelAt: 300 })).toEqual({ lo: 0.0025, hi: 0, up: 0 });
    expect(move({ ...waiting, labelAt: 400 })).toEqual({ lo: 0.0025, hi: 0, up: 0.045 });
    expect(move({ ...waiting, labelAt: 5 })).toEqual({ lo: 0, hi: 0, up: 0 });
  });

  it('learn nothing of a short job whose start nobody reported, nor without a predicted wait', () => {
    expect(move({ waitSeconds: null, longWait: false })).toEqual({ lo: 0, hi: 0, up: 0 });
    expect(move({ predictedWaitSeconds: null, waitSeconds: 900 })).toEqual({ lo: 0, hi: 0, up: 0 });
  });

  it('end up where a wait known at the label would have taken them, in however many lines it comes (seed 9)', () => {
    const seconds = fc.integer({ min: 0, max: 5_000 });
    const looks = fc.array(fc.integer({ min: 301, max: 5_000 }), { maxLength: 4 });
    fc.assert(
      fc.property(seconds, seconds, seconds, fc.integer({ min: 301, max: 5_000 }), looks, (lo, hi, up, wait, seen) => {
        const bounds = { lowerSeconds: lo, upperSeconds: hi, upper90Seconds: up };
        const entry = entryOf({ submittedAt: 0, labelAt: 300, longWait: true, predictedWaitSeconds: 60, bounds });
        const [known, late] = [initialState(RULES), initialState(RULES)];
        applyEntry(known, { ...entry, waitSeconds: wait }, purse, T);
        const atLabel = { ...entry, waitSeconds: null };
        applyEntry(late, atLabel, purse, T);
        if (owesWait(atLabel) !== null) {
          const { jobId, decisionId, submittedAt } = entry;
          const before = bytes({ ...late, interval: known.interval });
          let fromSeconds = 300;
          for (const toSeconds of [...new Set(seen.filter((second) => second < wait))].sort((a, b) => a - b)) {
            applyWait(late, { jobId, decisionId, submittedAt, fromSeconds, toSeconds, started: false, bounds });
            fromSeconds = toSeconds;
          }
          applyWait(late, { jobId, decisionId, submittedAt, fromSeconds, toSeconds: wait, started: true, bounds });
          // Nothing else moves: the wait is no second label.
          expect(bytes({ ...late, interval: known.interval }).equals(before)).toBe(true);
        }
        for (const key of ['lo', 'hi', 'up'] as const) expect(late.interval[key]).toBeCloseTo(known.interval[key], 9);
      }),
      { numRuns: 2_000, seed: 9 },
    );
  });

  it('keep a debt beyond their range, up to 56', () => {
    const missed = { waitSeconds: 5_000, longWait: true };
    for (let i = 0; i < 100; i++) move(missed);
    expect(state.interval.up).toBeCloseTo(2.5 + 100 * 0.045, 9);
    for (let i = 0; i < 2_000; i++) move(missed);
    expect(state.interval).toMatchObject({ up: 56, hi: 56 });
    for (let i = 0; i < 3_000; i++) move({ waitSeconds: 0 });
    expect(state.interval.lo).toBe(-56);
  });

  it('keep the promise of what was served through bursts that are decided before any of their labels is known', () => {
    let [covered, jobs] = [0, 0];
    for (let burst = 0; burst < 2_000; burst++) {
      const waitSeconds = burst % 7 === 0 ? 5_000 : burst % 3;
      const bounds = boundsAround(state, 20);
      const size = waitSeconds === 5_000 ? 30 : 60;
      for (let i = 0; i < size; i++)
        apply({ predictedWaitSeconds: 20, waitSeconds, longWait: waitSeconds > T, bounds });
      covered += waitSeconds <= bounds.upper90Seconds ? size : 0;
      jobs += size;
    }
    expect(covered / jobs).toBeGreaterThan(0.88);
    expect(covered / jobs).toBeLessThan(0.93);
  });
});
