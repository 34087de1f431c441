import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { requestCard } from '../../../functions/adapters/slack/cards.ts';
import { prose } from '../../../functions/adapters/slack/escape.ts';
import { evidenceMessage } from '../../../functions/adapters/slack/evidence.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { decide } from '../../../functions/domain/gate.ts';
import { EVIDENCE, SWITCHES } from '../../../functions/domain/reliability-rules.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import { TIER_RULES } from '../../../functions/domain/tier-gate.ts';
import { Reasons } from '../../../infra/console/page/pieces.tsx';
import { Decision } from '../../../schemas/decision.ts';
import { anApproval } from '../application/approvals/builders.ts';
import {
  configOf,
  decideInput,
  evaluation,
  evidenceOf,
  limitsOfAll,
  NOW,
  trustedState,
  verdictOf,
  withTier,
} from './builders.ts';

const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const withEvaluation = (change: Parameters<typeof evaluation>[0]) => trustedState({ evaluation: evaluation(change) });
const seen = (labels: number, right: number, hours?: number) =>
  withTier(trustedState(), 4, { evidence: evidenceOf(labels, right, hours) });

type Case = [code: string, change: NonNullable<Parameters<typeof decideInput>[0]>, words: string];

/** Rules that more evidence, time or room can satisfy: they say how much. */
const numbered: Case[] = [
  ['learning', { state: trustedState({ evaluation: null }) }, 'still learning: needs 50 more labels (0 of 50)'],
  [
    'learning',
    { state: withEvaluation({ error: 0.06 }) },
    'the ECE is known to ±0.099 over 300 labels, ±0.08 is needed',
  ],
  [
    'score',
    { state: withEvaluation({ ece: 0.09 }) },
    'calibration score 0.550 (ECE 0.090, n 300) has to be above 0.60',
  ],
  [
    'drift',
    { state: trustedState({ driftNow: 'escalate', evaluation: evaluation({ lower: 0.1 }) }) },
    'drift: the lower bound of ECE (0.100) has to be at or below 0.090',
  ],
  ['stale', { verdict: verdictOf(trustedState(), { staleSince: later(-20 * 60) }) }, 'a label has waited 20 minutes'],
  ['ece', { state: withEvaluation({ ece: 0.062 }) }, 'gate: ECE 0.062, at most 0.030'],
  ['skill', { state: withEvaluation({ skilled: false }) }, 'do not beat the base rate yet, with 99 % certainty'],
  ['evidence', { state: seen(14, 14) }, 'gate: 14 of 20 outcomes with q >= 0.90 seen'],
  ['evidence', { state: seen(40, 40, 4) }, 'are needed from 5 stretches of time, they are from 4'],
  ['evidence', { state: seen(100, 88) }, 'gate: 88 % of 100 were right, 87 % are needed with 90 % certainty'],
  [
    'days',
    { state: withTier(trustedState(), 4, { days: { seen: 2, last: 20_000 } }) },
    'gate: outcomes with q >= 0.90 from 2 of 3 days (UTC) seen',
  ],
  [
    'tokens',
    { state: withTier(trustedState(), 4, { tokens: 0.4 * TOKEN }) },
    'gate: 0.4 tokens are free beside 0 in flight, 2 are needed',
  ],
  ['cooldown', { limits: limitsOfAll({ coolingDown: true }) }, 'this action ran on this job less than 30 minutes ago'],
  ['rate', { limits: limitsOfAll({ usedThisHour: 60 }) }, '60 of 60 actions of this hour are used'],
  [
    'noPlace',
    { limits: limitsOfAll({ noPlaceToAsk: '6 of 6 questions are open' }) },
    'a hold needs somebody to release it: 6 of 6 questions are open',
  ],
  ['epoch', { verdict: { ...verdictOf(trustedState()), epoch: 4 } }, 'the verdict is about epoch 4, and epoch 0 is'],
];

/** Reasons that no more evidence can satisfy: they say what to do or what is wrong instead. */
const unnumbered: Case[] = [
  ['frozen', { verdict: verdictOf(trustedState(), { frozen: true }) }, 'frozen until an operator lifts the freeze'],
  ['notFinite', { state: trustedState({ n: Number.NaN }) }, 'rebuild it: npx vgac recalibrate CLUSTER --rebuild'],
  ['unreadable', { state: null }, 'the calibration state is missing or unreadable; rebuild it: npx vgac recalibrate'],
  ['noVerdict', { verdict: null }, 'the reliability of this cluster could not be determined'],
  [
    'misconfigured',
    { config: configOf({ actions: { gate: { action: 'requeue' } } }) },
    '"requeue" is an action of tier 3, not of tier 4',
  ],
  ['irreversible', { limits: limitsOfAll({ irreversible: true }) }, 'this action cannot be undone'],
  [
    'numbersChanged',
    { config: configOf({ tiers: { gate: { promise: 0.95 } } }) },
    'the numbers of gate have changed: it starts anew with the next outcome',
  ],
  ['ahead', { now: later(-301) }, 'submitted more than 5 minutes in the future: a clock is wrong'],
  ['ownEffect', { ownEffect: true }, 'this submission comes of our own effect'],
];

/** The lines of the list that the page shows. */
function onPage(reasons: Decision['reasons']): string[] {
  const { children } = z.object({ children: z.array(z.unknown()) }).parse(Reasons({ reasons })?.props);
  return children.map((item) => JSON.stringify(item).replaceAll('\\"', '"'));
}

describe('what a decision says', () => {
  it.each([...numbered, ...unnumbered])(
    'names %s first, with what is needed, in state, item and page',
    (code, change, words) => {
      const decision = decide(decideInput(change));
      // The state carries and the item keeps the decision as it is; both go through its schema.
      const { reasons, passedOver } = Decision.parse(JSON.parse(JSON.stringify(decision)));
      expect(reasons[0]).toMatchObject({ code, message: expect.stringContaining(words) });
      expect(passedOver[0]?.reasons.map((reason) => reason.code)).toContain(code);
      expect(onPage(reasons)[0]).toContain(words);
    },
  );

  it.each(numbered.filter(([code]) => !['stale', 'noPlace', 'epoch'].includes(code)))(
    'names %s on the card of a question about it, or in its details',
    (_, change, words) => {
      const pinned = decide(decideInput(change));
      expect(pinned.asks).not.toBeNull();
      const approval = anApproval({ pinned });
      const shown = JSON.stringify([requestCard(approval), evidenceMessage(approval)]);
      expect(shown).toContain(JSON.stringify(prose(words, 400)).slice(1, -1));
    },
  );

  it('has a number in every rule that more evidence, time or room can satisfy', () => {
    for (const [, , words] of numbered) expect(words).toMatch(/\d/);
  });

  it('has a sentence here for every rule of the gate', () => {
    const rules = [...SWITCHES, ...EVIDENCE, ...TIER_RULES].map(({ code }) => code);
    // A new epoch and a moderate score only ask that people are notified.
    const told = [...numbered, ...unnumbered].map(([code]) => code);
    expect(rules.filter((code) => !told.includes(code))).toEqual(['promoted']);
  });

  it('says why people are notified, in the verdict of a decision that stands', () => {
    const told = (change: Partial<CalibrationState>) => {
      const state = trustedState(change);
      return decide(decideInput({ q: 0.4, state })).evidence.reasons.map(({ message }) => message);
    };
    expect(told({ epoch: 1, sinceEpoch: 30 })).toEqual([
      'new epoch: needs 70 more labels before it acts without notifying anyone',
    ]);
    expect(told({ evaluation: evaluation({ ece: 0.04 }) })).toEqual([
      'calibration score 0.800 (ECE 0.040, n 300) has to be above 0.85',
    ]);
    expect(told({ driftNow: 'degrade', evaluation: evaluation({ lower: 0.05 }) })).toEqual([
      'drift: the lower bound of ECE (0.050) has to be at or below 0.036',
    ]);
  });

  it('says why a decision that could stand does not run', () => {
    expect(decide(decideInput({ started: true })).reasons[0]?.message).toBe(
      'the job has started, or its label is known already; nothing runs',
    );
    expect(decide(decideInput({ draw: () => 0 })).reasons[0]).toMatchObject({
      ...{ code: 'holdout', message: expect.stringContaining('left out on purpose') },
    });
    const noRoom = { code: 'asking', message: '6 of 6 questions are open', scope: 'escalate' } as const;
    const learning = trustedState({ evaluation: null });
    expect(decide(decideInput({ state: learning, askBarred: () => noRoom })).reasons.map(({ code }) => code)).toEqual([
      ...['learning', 'ece', 'skill', 'asking'],
    ]);
  });

  it('says nothing against what stands', () => {
    expect(decide(decideInput()).reasons).toEqual([]);
  });
});
