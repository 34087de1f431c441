import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreOfState } from '../../../functions/domain/calibration/evidence.ts';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { earnedTier } from '../../../functions/domain/calibration/tiers.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { propose } from '../../../functions/domain/proposal.ts';
import { type Judgement, judge } from '../../../functions/domain/rule.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import { configOf, decideInput, estimate, NOW_SECONDS, trustedState, verdictOf } from '../domain/builders.ts';

const worlds = fc.record({
  ece: fc.double({ min: 0, max: 0.12, noNaN: true }),
  margin: fc.double({ min: 0, max: 0.08, noNaN: true }),
  tokens: fc.double({ min: 0, max: 5, noNaN: true }),
  wrong: fc.nat(8),
  hold: fc.constantFrom(0, 0, 0, 1),
  drift: fc.constantFrom<DriftBand>('none', 'none', 'monitor', 'degrade', 'escalate'),
  inFlight: fc.nat(4),
  n: fc.constantFrom(49, 50, 300, 1000),
  epoch: fc.constantFrom(0, 1),
  sinceEpoch: fc.constantFrom(99, 100),
  caution: fc.constantFrom(0, 5),
  coolingDown: fc.boolean(),
  usedThisHour: fc.constantFrom(0, 20),
  q: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe('judge', () => {
  it('says in two words what decide says in full: the scope and the first reason', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const rings = initialState();
        for (let i = 0; i < 50; i++)
          for (const kind of ['statement', 'intervention'] as const)
            pushBit(rings.harms[kind], i < world.wrong ? 1 : 0);
        const { hold, drift, n, epoch, sinceEpoch, caution, coolingDown, usedThisHour, q } = world;
        const evidence = estimate({ ece: world.ece, lower: world.ece / 2, upper: world.ece + world.margin });
        const tokens = { statement: world.tokens, intervention: world.tokens };
        const state = trustedState({
          ...{ hold, drift, n, epoch, sinceEpoch, caution, tokens },
          harms: rings.harms,
          recent: evidence,
          whole: evidence,
        });
        const inFlight = { statement: world.inFlight, intervention: world.inFlight };
        const limits = { coolingDown, usedThisHour };
        const config = configOf();
        const decision = decide(decideInput({ q, state, verdict: verdictOf(state), inFlight, limits, config }));

        const facts = {
          ...{ state, q, inFlight, limits, config, nowSeconds: NOW_SECONDS },
          score: scoreOfState(state),
          proposal: propose(q, config, { clusterId: 'c1', jobId: 'j1' }),
          verdictTier: earnedTier(state),
        };
        const judgement: Judgement = { scope: 'escalate', reason: null };
        judge(ruleSet('all').rules, facts, judgement);
        expect(judgement).toEqual({ scope: decision.scope, reason: decision.reasons[0]?.code ?? null });
      }),
      { numRuns: 2000 },
    );
  });
});
