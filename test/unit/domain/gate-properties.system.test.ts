import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { Decision } from '../../../schemas/decision.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import {
  configOf,
  decideInput,
  evaluation,
  evidenceOf,
  limitsOfAll,
  purseOf,
  trustedState,
  verdictOf,
  withTier,
} from './builders.ts';

const SEED = 4_242;
const RUNS = 6_000;
const BANDS: readonly DriftBand[] = ['none', 'monitor', 'degrade', 'escalate'];
const SCOPES = { autonomous: 2, notify: 1, escalate: 0 };

interface World {
  readonly q: number;
  readonly n: number;
  readonly ece: number;
  readonly error: number;
  readonly skilled: boolean;
  /** Of 60 labels of each tier. */
  readonly right: number;
  /** UTC days that they come from. */
  readonly days: number;
  readonly tokens: number;
  readonly reserved: number;
  readonly drift: number;
  readonly newEpoch: boolean;
  readonly draw: number;
}

const worlds: fc.Arbitrary<World> = fc.record({
  q: fc.oneof(fc.constantFrom(0.3, 0.5, 0.7, 0.9, 0.95), fc.double({ min: 0, max: 1, noNaN: true })),
  n: fc.constantFrom(49, 50, 99, 100, 300, 1000, 1000),
  ece: fc.oneof(fc.constantFrom(0, 0.03, 0.05, 0.07, 0.08, 0.1), fc.double({ min: 0, max: 0.09, noNaN: true })),
  error: fc.oneof(fc.constantFrom(0.08 / 1.645), fc.double({ min: 0, max: 0.05, noNaN: true })),
  skilled: fc.constantFrom(true, true, true, false),
  right: fc.oneof(fc.integer({ min: 50, max: 60 }), fc.integer({ min: 20, max: 60 })),
  days: fc.constantFrom(0, 1, 2, 3, 3, 4),
  tokens: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.double({ min: 0, max: 6, noNaN: true })),
  reserved: fc.constantFrom(0, 0, 0, 1, 2.5),
  drift: fc.constantFrom(0, 0, 0, 1, 2, 3),
  newEpoch: fc.constantFrom(false, false, true),
  draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
});

/** How much worse each of them may get. */
const losses = fc.record({
  ece: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.05, noNaN: true })),
  error: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.03, noNaN: true })),
  unskilled: fc.constantFrom(false, false, true),
  right: fc.oneof(fc.constant(0), fc.nat(60)),
  days: fc.constantFrom(0, 0, 1, 2),
  tokens: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })),
  reserved: fc.oneof(fc.constant(0), fc.nat(10)),
  drift: fc.constantFrom(0, 0, 1, 2, 3),
});

function stateOf(world: World): CalibrationState {
  const { n, ece, error, skilled } = world;
  const known = evaluation({ n, ece, error, skilled, lower: Math.max(0, ece - 1.645 * error) });
  let state = trustedState({
    evaluation: known,
    driftNow: BANDS[world.drift] ?? 'escalate',
    ...(world.newEpoch && { epoch: 1, sinceEpoch: 40 }),
  });
  const change = {
    tokens: Math.round(world.tokens * TOKEN),
    evidence: evidenceOf(60, world.right),
    days: { seen: world.days, last: 0 },
  };
  for (const tier of [1, 2, 3, 4]) state = withTier(state, tier, change);
  return state;
}

function judged(world: World): Decision {
  const state = stateOf(world);
  const { q, reserved, draw } = world;
  const purse = purseOf({ reserved: Array(4).fill(reserved) });
  return decide(decideInput({ q, state, verdict: verdictOf(state), purse, draw: () => draw }));
}

/** How much is allowed, of a fixed job: the tier that may be done, and whether nobody has to be told. */
const allowed = ({ tier, scope }: Decision): [number, number] => [tier, tier === 0 ? 0 : SCOPES[scope]];

describe('the gate', () => {
  it(`never allows more where ECE, its error, skill, evidence, its days, free tokens or drift get worse (seed ${SEED})`, () => {
    let [fewer, acting] = [0, 0];
    fc.assert(
      fc.property(worlds, losses, (world, by) => {
        const worse: World = {
          ...world,
          ece: world.ece + by.ece,
          error: world.error + by.error,
          skilled: world.skilled && !by.unskilled,
          right: Math.max(0, world.right - by.right),
          days: Math.max(0, world.days - by.days),
          tokens: world.tokens - by.tokens,
          reserved: world.reserved + by.reserved,
          drift: Math.min(3, world.drift + by.drift),
        };
        const [before, then] = [allowed(judged(world)), allowed(judged(worse))];
        expect(then[0]).toBeLessThanOrEqual(before[0]);
        if (then[0] > 0) expect(then[1]).toBeLessThanOrEqual(before[1]);
        if (before[0] > 0) acting += 1;
        if (then[0] < before[0]) fewer += 1;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // It is about something: many of these worlds act, and many of their losses cost a tier.
    expect(Math.min(acting, fewer)).toBeGreaterThan(RUNS / 20);
  });

  it.each<[string, (world: World) => World]>([
    ['ECE', (world) => ({ ...world, ece: world.ece + 0.02 })],
    ['error', (world) => ({ ...world, error: world.error + 0.02 })],
    ['skill', (world) => ({ ...world, skilled: false })],
    ['evidence', (world) => ({ ...world, right: Math.floor(world.right / 2) })],
    ['days', (world) => ({ ...world, days: Math.max(0, world.days - 1) })],
    ['free tokens', (world) => ({ ...world, tokens: world.tokens / 8 })],
    ['drift', (world) => ({ ...world, drift: Math.min(3, world.drift + 1) })],
  ])(`never allows more with worse %s alone (seed ${SEED})`, (_, worsen) => {
    let fewer = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        const [before, then] = [allowed(judged(world)), allowed(judged(worsen(world)))];
        expect(then[0]).toBeLessThanOrEqual(before[0]);
        if (then[0] === before[0]) expect(then[1]).toBeLessThanOrEqual(before[1]);
        else fewer += 1;
      }),
      { numRuns: 1_500, seed: SEED },
    );
    expect(fewer).toBeGreaterThan(10);
  });

  it(`holds out the more, the fewer tokens are free (seed ${SEED})`, () => {
    const world = {
      q: 0.95,
      n: 300,
      ece: 0,
      error: 0,
      skilled: true,
      right: 60,
      days: 3,
      reserved: 0,
      drift: 0,
      newEpoch: false,
      draw: 0.9,
    };
    fc.assert(
      fc.property(
        fc.double({ min: 2, max: 60, noNaN: true }),
        fc.double({ min: 2, max: 60, noNaN: true }),
        (one, other) => {
          const [few, many] = [Math.min(one, other), Math.max(one, other)];
          const share = (tokens: number): number => judged({ ...world, tokens }).holdOutShare ?? Number.NaN;
          expect(share(few)).toBeGreaterThanOrEqual(share(many));
        },
      ),
      { numRuns: 500, seed: SEED },
    );
  });

  it(`always gives a decision that fits its schema and itself (seed ${SEED})`, () => {
    const asking = fc.constantFrom(null, { code: 'asking', message: 'no place', scope: 'escalate' as const });
    const limits = fc.record({ coolingDown: fc.boolean(), usedThisHour: fc.constantFrom(0, 60) });
    const flags = fc.record({ started: fc.boolean(), ownEffect: fc.boolean(), dryRun: fc.boolean() });
    fc.assert(
      fc.property(worlds, asking, limits, flags, (world, barred, given, { dryRun, ...rest }) => {
        const state = stateOf(world);
        const input = decideInput({
          ...{ q: world.q, state, draw: () => world.draw, askBarred: () => barred, ...rest },
          limits: limitsOfAll(given),
          config: configOf({ dryRun, scheduler: { kind: 'simulated' } }),
        });
        const decision = Decision.parse(decide(input));
        const { next, tier, called, executed, cost, asks, paper, passedOver, reasons, dryRun: dry } = decision;
        expect(dry).toBe(dryRun);
        expect(tier).toBeLessThanOrEqual(called);
        expect(executed).toBe(next === 'act' || next === 'actAndNotify');
        // What stands or is held out is reserved, and nothing else is.
        expect(cost > 0).toBe(tier > 0);
        expect(tier > 0).toBe(executed || next === 'holdOut');
        if (next === 'holdOut' || next === 'nothing' || next === 'late') expect(asks).toBeNull();
        if (asks !== null) expect([asks.tier, called >= 3 && tier < called]).toEqual([called, true]);
        if (next === 'ask') expect(asks).not.toBeNull();
        for (const one of paper) expect(one > tier && one <= called).toBe(true);
        if (next !== 'late') expect(passedOver.map((over) => over.tier)).toEqual(range(called, tier));
        if (called > tier && next !== 'late') expect(reasons.length).toBeGreaterThan(0);
        if (called === 0 && next !== 'late') expect(next).toBe('nothing');
      }),
      { numRuns: 3_000, seed: SEED },
    );
  });
});

/** Tiers from one down to above another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: from - to }, (_, i) => from - i);
}
