import { describe, expect, it } from 'vitest';
import { requestCard } from '../../../functions/adapters/slack/cards.ts';
import { evidenceMessage } from '../../../functions/adapters/slack/evidence.ts';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { nextTierInWords } from '../../../functions/domain/calibration/tiers.ts';
import { type DecideInput, decide, withRefusedReservation } from '../../../functions/domain/gate.ts';
import { anApproval } from '../approvals/builders.ts';
import { configOf, decideInput, estimate, trustedState, verdictOf } from './builders.ts';

function wrongOnes(count: number): Partial<CalibrationState> {
  const { harms } = initialState();
  for (let i = 0; i < 50; i++)
    for (const kind of ['statement', 'intervention'] as const) pushBit(harms[kind], i < count ? 1 : 0);
  return { harms };
}
const few: Partial<CalibrationState> = { harms: initialState().harms };
const wide = { whole: estimate({ n: 200, ece: 0.02, upper: 0.06 }) };
const flat = { whole: estimate({ n: 1000, ece: 0.06, upper: 0.08 }) };

type Case = [string, Partial<CalibrationState>, Partial<Parameters<typeof decideInput>[0] & object>, string];

const cases: Case[] = [
  ['learning', { n: 38 }, {}, 'still learning: needs 12 more labels (38 of 50)'],
  ['probation', { hold: 7 }, {}, 'on probation: needs 7 more labels'],
  ['score', { recent: estimate({ ece: 0.09 }) }, {}, 'calibration score 0.550 (ECE 0.090, n 300) has to be above 0.60'],
  [
    'drift',
    { drift: 'escalate', recent: estimate({ lower: 0.1 }), driftClear: 30 },
    {},
    'has to stay at or below 0.090 for 70 more labels',
  ],
  [
    'tokens',
    { tokens: { statement: 10, intervention: 0.4 } },
    {},
    '0.4 of 3 harm tokens left beside 0 in flight; 1 is needed',
  ],
  ['harmEvidence', few, {}, 'needs 20 more untouched jobs with a high q (0 of 20)'],
  ['harm', wrongOnes(9), {}, '9 of the last 50 were wrong; at most 5 may be'],
  ['uncertain', { tau: 0.02 }, {}, 'the class may be wrong with 0.050; at most 0.020 is acted on'],
  [
    'inFlight',
    { tokens: { statement: 10, intervention: 5 } },
    { inFlight: { statement: 0, intervention: 3 } },
    '3 in flight; fewer than 3 are needed',
  ],
  ['tier', wide, { q: 0.8, state: trustedState({ ...wide, tau: 0.5 }) }, 'suggest needs about 160 more outcomes'],
  ['tier', flat, {}, 'gate needs an upper bound of ECE of at most 0.03; it is 0.080'],
  ['tier', { caution: 40 }, {}, 'gate needs 40 more labels without an alarm of calibration'],
  ['cooldown', {}, { limits: { coolingDown: true, usedThisHour: 0 } }, 'this action ran here less than 30 minutes ago'],
  ['rate', {}, { limits: { coolingDown: false, usedThisHour: 20 } }, '20 of 20 actions of this hour are used'],
];

const asked = (input: DecideInput) => anApproval({ pinned: decide(input) });

describe('what a decision says', () => {
  it.each(cases)('names %s first, with the number needed, in the item and on the card', (code, state, more, words) => {
    const approval = asked(decideInput({ state: trustedState(state), ...more }));
    expect(approval.pinned.reasons[0]).toMatchObject({ code, message: expect.stringContaining(words) });
    const shown = JSON.stringify(requestCard(approval));
    expect(shown).toContain(words);
    expect(JSON.stringify(evidenceMessage(approval))).toContain(words);
  });

  it('names the place that was refused', () => {
    const refused = withRefusedReservation(decide(decideInput()));
    expect(refused.reasons[0]?.message).toContain('1 harm token to come back');
  });

  it('is said by the verdict itself where no job has been looked at', () => {
    const { reasons } = verdictOf(trustedState({ n: 38, hold: 62 }), { frozen: true });
    expect(reasons.map(({ message }) => message)).toEqual([
      'this cluster is frozen until an operator lifts the freeze',
      'still learning: needs 12 more labels (38 of 50)',
      'on probation: needs 62 more labels',
    ]);
  });

  it('has a number in every rule that more evidence can satisfy', () => {
    for (const [, , , words] of cases) expect(words).toMatch(/\d/);
  });

  it.each([
    ['annotate needs about 100 more outcomes', initialState()],
    ['suggest needs about 160 more outcomes', trustedState(wide)],
    ['gate needs 40 more labels without an alarm of calibration', trustedState({ caution: 40 })],
  ])('says of the next tier: %s', (words, state) => {
    expect(nextTierInWords(state)).toBe(words);
  });

  it('says nothing of a next tier where all are earned', () => {
    expect(nextTierInWords(trustedState())).toBeNull();
    expect(decide(decideInput({ config: configOf() })).reasons).toEqual([]);
  });
});
