import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { Decision } from '../../../schemas/decision.ts';
import type { Scope } from '../../../schemas/primitives.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import { decideInput, estimate, trustedState, verdictOf } from './builders.ts';

const STRICT: Record<Scope, number> = { autonomous: 0, notify: 1, escalate: 2 };
const BANDS: readonly DriftBand[] = ['none', 'monitor', 'degrade', 'escalate'];

interface World {
  ece: number;
  margin: number;
  tokens: number;
  wrong: number;
  hold: number;
  drift: number;
  inFlight: number;
  n: number;
  q: number;
  tau: number;
  caution: number;
  /** Upper bound over the whole ring, beyond that of the last 300. */
  wider: number;
  newEpoch: boolean;
}

const worlds: fc.Arbitrary<World> = fc.record({
  ece: fc.double({ min: 0, max: 0.15, noNaN: true }),
  margin: fc.double({ min: 0, max: 0.1, noNaN: true }),
  tokens: fc.double({ min: 0, max: 5, noNaN: true }),
  wrong: fc.nat(10),
  hold: fc.constantFrom(0, 0, 0, 1, 100),
  drift: fc.nat(3),
  inFlight: fc.nat(4),
  n: fc.constantFrom(49, 50, 300, 1000),
  q: fc.double({ min: 0, max: 1, noNaN: true }),
  tau: fc.double({ min: 0, max: 0.5, noNaN: true }),
  caution: fc.constantFrom(0, 0, 300),
  wider: fc.double({ min: 0, max: 0.05, noNaN: true }),
  newEpoch: fc.boolean(),
});

function judge(world: World): Decision {
  const rings = initialState();
  for (let i = 0; i < 50; i++) {
    pushBit(rings.harms.statement, i < world.wrong ? 1 : 0);
    pushBit(rings.harms.intervention, i < world.wrong ? 1 : 0);
  }
  const evidence = estimate({ ece: world.ece, lower: world.ece / 2, upper: world.ece + world.margin });
  const state = trustedState({
    recent: evidence,
    whole: { ...evidence, upper: evidence.upper + world.wider },
    tau: world.tau,
    caution: world.caution,
    ...(world.newEpoch && { epoch: 1, sinceEpoch: 40 }),
    tokens: { statement: world.tokens, intervention: world.tokens },
    harms: rings.harms,
    hold: world.hold,
    drift: BANDS[world.drift] ?? 'escalate',
    n: world.n,
  });
  const inFlight = { statement: world.inFlight, intervention: world.inFlight };
  return decide(decideInput({ q: world.q, state, verdict: verdictOf(state), inFlight }));
}

/** How much worse each kind of evidence may get. */
const worse = fc.record({
  ece: fc.double({ min: 0, max: 0.1, noNaN: true }),
  margin: fc.double({ min: 0, max: 0.1, noNaN: true }),
  tokens: fc.double({ min: 0, max: 3, noNaN: true }),
  wrong: fc.nat(10),
  hold: fc.nat(100),
  drift: fc.nat(3),
  inFlight: fc.nat(3),
  tau: fc.double({ min: 0, max: 0.2, noNaN: true }),
  caution: fc.constantFrom(0, 300),
  wider: fc.double({ min: 0, max: 0.05, noNaN: true }),
});

describe('the gate', () => {
  it('never gets milder when ECE, its bound, tokens, rings, hold, drift or what is in flight get worse', () => {
    fc.assert(
      fc.property(worlds, worse, (world, by) => {
        const after: World = {
          ...world,
          ece: world.ece + by.ece,
          margin: world.margin + by.margin,
          tokens: world.tokens - by.tokens,
          wrong: world.wrong + by.wrong,
          hold: world.hold + by.hold,
          drift: Math.min(3, world.drift + by.drift),
          inFlight: world.inFlight + by.inFlight,
          tau: world.tau - by.tau,
          caution: world.caution + by.caution,
          wider: world.wider + by.wider,
        };
        const [before, then] = [judge(world), judge(after)];
        expect(STRICT[then.scope]).toBeGreaterThanOrEqual(STRICT[before.scope]);
        expect(Number(then.executed)).toBeLessThanOrEqual(Number(before.executed));
      }),
      { numRuns: 5_000 },
    );
  });

  it('always gives a schema-clean decision whose scope is that of its strictest reason', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const decision = Decision.parse(judge(world));
        const strictest = Math.max(0, ...decision.reasons.map(({ scope }) => STRICT[scope]));
        expect(STRICT[decision.scope]).toBe(strictest);
        expect(STRICT[decision.reasons[0]?.scope ?? 'autonomous']).toBe(strictest);
        expect(decision.executed).toBe(decision.scope !== 'escalate');
      }),
      { numRuns: 2_000 },
    );
  });
});
