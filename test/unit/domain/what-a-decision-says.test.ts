import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { requestCard } from '../../../functions/adapters/slack/cards.ts';
import { prose } from '../../../functions/adapters/slack/escape.ts';
import { evidenceMessage } from '../../../functions/adapters/slack/evidence.ts';
import { statementMessage } from '../../../functions/adapters/slack/statement.ts';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { nextTierInWords } from '../../../functions/domain/calibration/tiers.ts';
import { DECISION_RULES } from '../../../functions/domain/decision-rules.ts';
import { type DecideInput, decide, withRefusedReservation } from '../../../functions/domain/gate.ts';
import { isHeldOut } from '../../../functions/domain/hold-out.ts';
import { EVIDENCE, SWITCHES } from '../../../functions/domain/reliability-rules.ts';
import { Reasons } from '../../../infra/embedded/console/page/pieces.tsx';
import { Decision } from '../../../schemas/decision.ts';
import { anEffect } from '../../fixtures/builders.ts';
import { anApproval } from '../approvals/builders.ts';
import { configOf, decideInput, estimate, NOW, trustedState, verdictOf } from './builders.ts';

function wrongOnes(count: number): Partial<CalibrationState> {
  const { harms } = initialState();
  for (let i = 0; i < 50; i++)
    for (const kind of ['statement', 'intervention'] as const) pushBit(harms[kind], i < count ? 1 : 0);
  return { harms };
}
const few: Partial<CalibrationState> = { harms: initialState().harms };
const wide = { whole: estimate({ n: 200, ece: 0.02, upper: 0.06 }) };
const flat = { whole: estimate({ n: 1000, ece: 0.06, upper: 0.08 }) };

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

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
    '0.4 of 3 harm tokens left for interventions beside 0 in flight; 1 is needed, and 0.1 a day come back',
  ],
  [
    'harmEvidence',
    few,
    {},
    'needs 20 more jobs left alone that looked likely to wait long (q of 0.7 or more): 0 of 20',
  ],
  ['harm', wrongOnes(9), {}, '9 of the last 50 predictions of a long wait were wrong; at most 5 may be'],
  ['uncertain', { tau: 0.02 }, {}, 'the prediction is wrong with probability 0.050; at most 0.020 is acted on'],
  [
    'inFlight',
    { tokens: { statement: 10, intervention: 5 } },
    { inFlight: { statement: 0, intervention: 3 } },
    '3 interventions wait for their outcome; fewer than 3 may when another starts',
  ],
  ['tier', wide, { q: 0.8, state: trustedState({ ...wide, tau: 0.5 }) }, 'suggest needs about 160 more outcomes'],
  ['tier', flat, {}, 'gate needs an upper bound of ECE of at most 0.03; it is 0.080'],
  ['tier', { caution: 40 }, {}, 'gate needs 40 more labels without an alarm of calibration'],
  ['cooldown', {}, { limits: { coolingDown: true, usedThisHour: 0 } }, 'this action ran here less than 30 minutes ago'],
  ['rate', {}, { limits: { coolingDown: false, usedThisHour: 60 } }, '60 of 60 actions of this hour are used'],
  [
    'score',
    {},
    { q: 0.4, state: trustedState({ recent: estimate({ ece: 0.04 }), tau: 0.5 }) },
    'calibration score 0.800 (ECE 0.040, n 300) has to be above 0.85',
  ],
  [
    'promoted',
    { epoch: 1, sinceEpoch: 30 },
    { q: 0.4, state: trustedState({ epoch: 1, sinceEpoch: 30, tau: 0.5 }) },
    'promoted map: needs 70 more labels before it acts without telling anyone',
  ],
  [
    'drift',
    {},
    { q: 0.4, state: trustedState({ drift: 'degrade', recent: estimate({ lower: 0.05 }), driftClear: 30, tau: 0.5 }) },
    'drift: the lower bound of ECE (0.050) has to stay at or below 0.036 for 70 more labels',
  ],
  ['tooOld', {}, { now: later(25 * 3600) }, 'submitted more than 24 hours ago'],
  ['ahead', {}, { now: later(-301) }, 'submitted more than 5 minutes in the future: a clock is wrong'],
  [
    'epoch',
    {},
    { verdict: { ...verdictOf(trustedState()), epoch: 4 } },
    'the verdict is about epoch 4, and epoch 0 is',
  ],
];

/** Reasons that no more evidence can satisfy: they say what to do or what is wrong instead. */
const unnumbered: Case[] = [
  [
    'notFinite',
    { bias: Number.NaN },
    {},
    'the calibration state is not finite; rebuild it: npm run recalibrate -- CLUSTER --rebuild',
  ],
  ['notFinite', { recent: null }, {}, 'there is no finite ECE for this epoch'],
  [
    'unreadable',
    {},
    { state: null },
    'the calibration state is missing or unreadable; rebuild it: npm run recalibrate -- CLUSTER --rebuild',
  ],
  ['noVerdict', {}, { verdict: null }, 'the reliability of this cluster could not be determined'],
  ['noProbability', {}, { q: null }, 'VGAC gave no probability, so nothing can be acted on'],
  [
    'misconfigured',
    {},
    { config: configOf({ actions: { gate: { action: 'requeue' } } }) },
    '"requeue" is an action of tier 3, not of tier 4',
  ],
  [
    'irreversible',
    {},
    { limits: { coolingDown: false, usedThisHour: 0, irreversible: true } },
    'this action cannot be taken back, so a human decides',
  ],
  [
    'noTime',
    {},
    { job: { clusterId: 'c1', jobId: 'j1', submittedAt: 'yesterday' } },
    'the job has no time of submission',
  ],
];
const byVerdict: [string, Parameters<typeof verdictOf>[1] & object, string][] = [
  ['stale', { staleSince: later(-20 * 60) }, 'a label has waited 20 minutes to be folded; at most 15 minutes keep'],
  ['frozen', { frozen: true }, 'this cluster is frozen until an operator lifts the freeze'],
];

const first = (input: DecideInput) => {
  const { reasons, late } = decide(input);
  // What comes late says so before all else, whatever held it back.
  return late && reasons[0]?.code === 'late' ? reasons.slice(1) : reasons;
};
/** The lines of the list that the page shows. */
function onPage(reasons: Decision['reasons']): string[] {
  const { children } = z.object({ children: z.array(z.unknown()) }).parse(Reasons({ reasons })?.props);
  return children.map((item) => JSON.stringify(item).replaceAll('\\"', '"'));
}

/** The first of some jobs that falls in a hold-out of one half. */
function job(...ids: string[]) {
  const rounds = ids.map((jobId) => ({ clusterId: 'c1', jobId, submittedAt: NOW.toISOString() }));
  const held = rounds.find((round) => isHeldOut(configOf().salt ?? '', round, 0.5));
  if (held === undefined) throw new Error('none of them is held out');
  return { job: held };
}

const asked = (input: DecideInput) => anApproval({ pinned: decide(input) });

describe('what a decision says', () => {
  it.each([...cases, ...unnumbered])(
    'names %s first, with the number needed, in state, item, card and page',
    (code, state, more, words) => {
      const input = decideInput({ state: trustedState(state), ...more });
      expect(first(input)[0]).toMatchObject({ code, message: expect.stringContaining(words) });
      // The state carries and the item keeps the decision as it is; both go through its schema.
      const told = { ...decide(input), submittedAt: NOW.toISOString(), reasons: first(input) };
      const kept = Decision.parse(JSON.parse(JSON.stringify(told)));
      const approval = anApproval({ pinned: kept });
      for (const shown of [requestCard(approval), evidenceMessage(approval), statementMessage(kept, anEffect())]) {
        expect(JSON.stringify(shown)).toContain(JSON.stringify(prose(words, 400)).slice(1, -1));
      }
      expect(onPage(kept.reasons)[0]).toContain(words);
    },
  );

  it.each(byVerdict)('names %s in the verdict, and therefore first in the decision', (code, change, words) => {
    const verdict = verdictOf(trustedState(), change);
    expect(verdict.reasons[0]).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(decide(decideInput({ verdict })).reasons[0]).toEqual(verdict.reasons[0]);
    expect(JSON.stringify(requestCard(asked(decideInput({ verdict }))))).toContain(words);
  });

  it('has a sentence here for every rule of the gate', () => {
    const rules = [...SWITCHES, ...EVIDENCE, ...DECISION_RULES].map(({ code }) => code);
    const told = [...cases, ...unnumbered, ...byVerdict].map(([code]) => code);
    expect(rules.filter((code) => !told.includes(code))).toEqual([]);
  });

  it('says why a decision that could stand does not run', () => {
    const late = decide(decideInput({ started: true }));
    expect(late.reasons[0]?.message).toBe('the job has started, or its label is known already; nothing runs');
    const holdout = decide(decideInput({ config: configOf({ holdOut: 0.5 }), ...job('j1', 'j2', 'j3', 'j4') }));
    expect(holdout.reasons[0]).toMatchObject({
      code: 'holdout',
      message: expect.stringContaining('left out on purpose'),
    });
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
