import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { applyEntry, applyWait, owesWait } from '../../../../functions/domain/calibration/apply.ts';
import { serialise } from '../../../../functions/domain/calibration/codec.ts';
import { recalibrationNeeded } from '../../../../functions/domain/calibration/evidence.ts';
import { serve } from '../../../../functions/domain/calibration/serve.ts';
import { type CalibrationState, initialState } from '../../../../functions/domain/calibration/state.ts';
import { maxInFlight, tokensAt } from '../../../../functions/domain/calibration/tokens.ts';
import type { LedgerEntry } from '../../../../schemas/items/ledger.ts';
import { BUDGETS, entryOf } from '../builders.ts';

const DAY = 86_400;
let state: CalibrationState;
const apply = (change: Partial<LedgerEntry>) => applyEntry(state, entryOf(change), BUDGETS);

beforeEach(() => {
  state = initialState(BUDGETS);
});

describe('tokens', () => {
  it('are paid by an executed statement whose class was wrong', () => {
    apply({ executed: true, q: 0.1, longWait: true });
    expect(state.tokens.statement).toBe(9);
  });

  it('come back by .05 for a benign one, up to the cap', () => {
    apply({ executed: true });
    expect(state.tokens.statement).toBeCloseTo(10.05, 12);
    state.tokens.statement = 19.99;
    apply({ executed: true });
    expect(state.tokens.statement).toBe(20);
  });

  it('count q = 0.5 as the class "long"', () => {
    apply({ executed: true, q: 0.5, longWait: true });
    expect(state.tokens.statement).toBeCloseTo(10.05, 12);
  });

  it('are refilled by labelAt: half a statement and a tenth of an intervention a day', () => {
    apply({ labelAt: 1000 });
    apply({ labelAt: 1000 + DAY });
    expect(state.tokens.statement).toBeCloseTo(10.5, 12);
    expect(state.tokens.intervention).toBeCloseTo(3.1, 12);
  });

  it('are not refilled by a label that comes late and out of order', () => {
    apply({ labelAt: 1000 + DAY });
    apply({ labelAt: 1000 });
    apply({ labelAt: 1000 + DAY });
    expect(state.tokens.statement).toBe(10);
  });

  it('are projected to now for a decision, but not for what may be in flight', () => {
    apply({ labelAt: 1000 });
    state.tokens.statement = 0.75;
    expect(tokensAt(state, 'statement', BUDGETS, 1000 + DAY)).toBeCloseTo(1.25, 12);
    expect(tokensAt(state, 'statement', BUDGETS, 0)).toBe(0.75);
    expect(maxInFlight(state, BUDGETS).statement).toBe(0);
  });

  it.each([
    [0.99, 0],
    [1, 1],
    [9.9, 9],
    [20, 10],
    [-1, 0],
    [Number.NaN, 0],
  ])('let %s tokens have %s in flight', (tokens, most) => {
    state.tokens.statement = tokens;
    expect(maxInFlight(state, BUDGETS).statement).toBe(most);
  });

  it("of interventions are paid when the agent's own had to be undone, and go on the ring", () => {
    apply({ kind: 'intervention', executed: true, intervened: true, harmed: true, longWait: null, q: 0.8 });
    expect(state.tokens.intervention).toBe(2);
    expect(state.harms.intervention).toMatchObject({ size: 1, ones: 1 });
    expect(state.n).toBe(0);
  });

  it('of interventions are not paid when a human approved what failed', () => {
    apply({ kind: 'intervention', executed: false, intervened: true, harmed: true, longWait: null, q: 0.8 });
    expect(state.tokens.intervention).toBe(3);
  });

  it('of interventions come back by .05 for a right label of an untouched job with q >= .70', () => {
    apply({ q: 0.7, longWait: true });
    expect(state.tokens.intervention).toBeCloseTo(3.05, 12);
    apply({ q: 0.69, longWait: true });
    expect(state.tokens.intervention).toBeCloseTo(3.05, 12);
    apply({ q: 0.9, longWait: false });
    expect(state.tokens.intervention).toBeCloseTo(3.05, 12);
    expect(state.harms.intervention).toMatchObject({ size: 2, ones: 1 });
  });
});

describe('an entry that teaches nothing', () => {
  it.each<[string, Partial<LedgerEntry>]>([
    ['touched', { intervened: true, longWait: null }],
    ['censored', { longWait: null }],
    ['without p', { p: null }],
    ['without q', { q: null }],
    ['with p that is no number', { p: Number.NaN }],
    ['with q above 1', { q: 1.5 }],
  ])('%s only gives its reservation back', (_, change) => {
    const before = serialise({ ...state, lastTime: 1010 });
    apply({ executed: true, ...change });
    expect(serialise(state)).toEqual(before);
  });
});

describe('a label', () => {
  it('ends probation after 100 of them, shadow ones included', () => {
    for (let i = 0; i < 99; i++) apply({});
    expect(state.hold).toBe(1);
    apply({});
    expect(state.hold).toBe(0);
  });

  it('of a shadow job teaches, but moves no statement token', () => {
    apply({ longWait: true });
    expect(state.tokens.statement).toBe(10);
    expect(state).toMatchObject({ n: 1, tau: 0.2 + 0.05 * (0.05 - 1) });
    expect(state.harms.statement).toMatchObject({ size: 1, ones: 1 });
    expect(state.bias).toBeGreaterThan(0);
  });

  it('raises tau slowly when near-certain jobs are right, and only watches those', () => {
    apply({ q: 0.25, p: 0.25 });
    expect(state.tau).toBe(0.2);
    apply({ q: 0.2, p: 0.2 });
    expect(state.tau).toBeCloseTo(0.2025, 12);
  });

  it('is still watched at q within .03 when tau has gone to zero', () => {
    state.tau = 0;
    apply({ q: 0.03, p: 0.03 });
    expect(state.tau).toBeCloseTo(0.0025, 12);
  });

  it('decided under another epoch settles its token but does not judge the map in force', () => {
    apply({ epoch: 3, executed: true });
    expect(state).toMatchObject({ n: 0, sinceEpoch: 0 });
    expect(state.outcomes.size).toBe(0);
    expect(state.tokens.statement).toBeCloseTo(10.05, 12);
  });

  it('gives the first ECE at 50, and the next at 60', () => {
    for (let i = 0; i < 49; i++) apply({});
    expect(state.recent).toBeNull();
    apply({});
    expect(state.recent?.n).toBe(50);
    for (let i = 0; i < 9; i++) apply({});
    expect(state.recent?.n).toBe(50);
    apply({});
    expect(state.recent?.n).toBe(60);
  });
});

describe('alarms', () => {
  it('of harm put the cluster back on probation and lower tau', () => {
    state.hold = 0;
    for (let i = 0; i < 10 && state.alarms.harm === 0; i++) apply({ q: 0.01, p: 0.01, longWait: true });
    expect(state.alarms.harm).toBe(1);
    expect(state.hold).toBe(100);
    expect(state.tau).toBeLessThanOrEqual(0.1);
    expect([...state.harm]).toEqual([0, 0, 0]);
  });

  it('of calibration cost one tier for 300 labels and ask for recalibration', () => {
    for (let i = 0; i < 200 && state.alarms.served === 0; i++) apply({ q: 0.4, p: 0.4 });
    expect(state.alarms.served).toBe(1);
    expect(state.caution).toBe(300);
    expect(recalibrationNeeded(state)).toBe(true);
    expect(state.hold).toBeLessThan(100);
  });

  it('of the model on raw p ask for recalibration, and cost nothing', () => {
    for (let i = 0; i < 200 && state.alarms.raw === 0; i++) apply({ q: 0.02, p: 0.4, longWait: false });
    expect(state.alarms).toMatchObject({ raw: 1, served: 0, harm: 0 });
    expect(state.caution).toBe(0);
    expect(recalibrationNeeded(state)).toBe(true);
  });
});

describe('the interval trackers', () => {
  const move = (change: Partial<LedgerEntry>) => {
    const before = { ...state.interval };
    apply(change);
    const by = (key: 'lo' | 'hi' | 'up') => Number((state.interval[key] - before[key]).toFixed(12));
    return { lo: by('lo'), hi: by('hi'), up: by('up') };
  };

  it('move away from the point by what they missed', () => {
    expect(move({ predictedWaitSeconds: 0, waitSeconds: 400, longWait: true })).toEqual({
      lo: 0.01,
      hi: 0.19,
      up: 0.18,
    });
  });

  it('move towards the point when nothing was missed', () => {
    expect(move({ predictedWaitSeconds: 60, waitSeconds: 60 })).toEqual({ lo: 0.01, hi: -0.01, up: -0.02 });
  });

  it('take a long label before the start for what it says: at least T', () => {
    const running = { waitSeconds: null, longWait: true, submittedAt: 0, labelAt: 300 };
    expect(move({ ...running, predictedWaitSeconds: 0 })).toEqual({ lo: 0.01, hi: 0.19, up: 0.18 });
    expect(move({ ...running, predictedWaitSeconds: 200 })).toEqual({ lo: 0.01, hi: 0, up: 0 });
    expect(move({ ...running, predictedWaitSeconds: 90_000 })).toEqual({ lo: 0, hi: 0, up: 0 });
  });

  it('end up where a wait known at the label would have taken them, once the job has started', () => {
    const seconds = fc.integer({ min: 0, max: 5_000 });
    const exact = (state: CalibrationState) => Object.values(state.interval).map((tracker) => tracker.toFixed(9));
    fc.assert(
      fc.property(seconds, seconds, seconds, fc.integer({ min: 301, max: 5_000 }), (lower, upper, upper90, wait) => {
        const bounds = { lowerSeconds: lower, upperSeconds: upper, upper90Seconds: upper90 };
        const entry = entryOf({ submittedAt: 0, labelAt: 300, longWait: true, predictedWaitSeconds: 60, bounds });
        const [known, late] = [initialState(BUDGETS), initialState(BUDGETS)];
        applyEntry(known, { ...entry, waitSeconds: wait }, BUDGETS);
        const atLabel = { ...entry, waitSeconds: null };
        applyEntry(late, atLabel, BUDGETS);
        if (owesWait(atLabel)) {
          const { jobId, decisionId, submittedAt } = entry;
          const before = serialise({ ...late, interval: known.interval });
          applyWait(late, {
            jobId,
            decisionId,
            submittedAt,
            startedAt: wait,
            waitSeconds: wait,
            atLeastSeconds: 300,
            bounds,
          });
          // Nothing else moves: the wait is no second label.
          expect(serialise({ ...late, interval: known.interval })).toEqual(before);
        }
        expect(exact(late)).toEqual(exact(known));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep a debt beyond their range, so that misses that come all at once are made up for', () => {
    const bounds = { lowerSeconds: 0, upperSeconds: 10, upper90Seconds: 10 };
    for (let i = 0; i < 100; i++) apply({ predictedWaitSeconds: 0, waitSeconds: 5_000, longWait: true, bounds });
    expect(state.interval.up).toBeCloseTo(2.5 + 100 * 0.18, 9);
    for (let i = 0; i < 400; i++) apply({ predictedWaitSeconds: 0, waitSeconds: 5_000, longWait: true, bounds });
    expect(state.interval.up).toBe(28);
  });

  it('judge a bound as it was served, not as it stands by now', () => {
    const bounds = { lowerSeconds: 0, upperSeconds: 100, upper90Seconds: 50 };
    expect(move({ predictedWaitSeconds: 60, waitSeconds: 70, bounds })).toEqual({ lo: 0.01, hi: -0.01, up: 0.18 });
  });

  it('keep the promise of what was served through bursts that are decided before any of their labels is known', () => {
    let [covered, jobs] = [0, 0];
    for (let burst = 0; burst < 400; burst++) {
      const waitSeconds = burst % 7 === 0 ? 5000 : burst % 3;
      const { q: _, ...bounds } = serve(state, { p: null, waitSeconds: 20 });
      const size = waitSeconds === 5000 ? 30 : 60;
      for (let i = 0; i < size; i++) apply({ predictedWaitSeconds: 20, waitSeconds, bounds });
      covered += waitSeconds <= bounds.upper90Seconds ? size : 0;
      jobs += size;
    }
    expect(covered / jobs).toBeGreaterThan(0.88);
  });
});
