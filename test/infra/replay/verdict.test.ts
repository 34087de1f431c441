import { describe, expect, it } from 'vitest';
import type { ForecastReport, TierReport } from '../../../infra/replay/report/shape.ts';
import { inWords, type Judged, verdictOf } from '../../../infra/replay/report/verdict.ts';

const PROMISES = { annotate: 0.2, warn: 0.43, suggest: 0.65, gate: 0.87 } as const;
const TESTED_FROM = { annotate: 25, warn: 36, suggest: 58, gate: 154 } as const;

function tier(name: TierReport['tier'], acted = 0, right = 0, more: Partial<TierReport> = {}): TierReport {
  return {
    ...{ tier: name, eps: 0.3, promise: PROMISES[name], called: acted, acted, right, unknown: 0 },
    rightShare: acted === 0 ? null : right / acted,
    ...{ rightLow: acted === 0 ? null : 0.4, rightHigh: acted === 0 ? null : 0.6 },
    counterfactual: name === 'suggest' || name === 'gate',
    testedFrom: TESTED_FROM[name],
    tested: acted >= TESTED_FROM[name],
    ...{ heldOut: 0, heldRight: 0, heldUnknown: 0, reachedShare: null, violations: 0, leastSlack: 20 },
    ...{ earnedAfter: null, earned: acted > 0, standing: `${name}: 14 of 20 outcomes seen`, needs: 6, needsDays: 2.2 },
    ...more,
  };
}

const BUILT_IN: ForecastReport = {
  ...{ name: 'builtin', brier: 0.1, logLoss: 0.35, auroc: 0.9, skill: 0.58, withP: 0, vgacShare: 0 },
  baseRate: { share: 0.4, brier: 0.24, logLoss: 0.67, auroc: 0.5 },
  ...{ rawP: null, aged: 0, compared: [] },
};
const SERVED = 'The built-in forecast, made of the events of this queue alone, gave the probabilities';

function judged(tiers: readonly TierReport[], more: Partial<Judged> = {}): Judged {
  const acted = tiers.reduce((sum, one) => sum + one.acted, 0);
  const reached = tiers.reduce((sum, one) => sum + one.right, 0);
  return {
    ...{ jobs: 1000, calls: 200, acted, actedOfCalls: acted / 200, heldOut: 0 },
    ...{ longWaits: 400, reached, reachedShare: reached / 400, chance: acted / 1000 },
    ...{ reachedMedianWait: 3600, longWaitSeconds: 300, questions: 4, questionsPerDay: 0.4 },
    ...{ tiers, promiseViolations: 0, naive: null, forecast: BUILT_IN },
    ...more,
  };
}

const IDLE = [tier('annotate'), tier('warn'), tier('suggest'), tier('gate')];
const told = (case_: Judged): string => verdictOf(case_).sentences.join(' ');

describe('the verdict', () => {
  it('hands over annotate and warn where they were tested and right as often as promised', () => {
    const statements = judged([tier('annotate', 30, 12), tier('warn', 40, 20), tier('suggest'), tier('gate')]);
    expect(verdictOf(statements)).toMatchObject({ recommendation: 'handOverStatements' });
    expect(told(statements)).toBe(
      `${SERVED}: Brier score 0.1000, where the base rate has 0.2400 (58 % better); AUROC 0.90. ` +
        'On its own it would have annotated 30 and warned about 40 of 200 that called for something, among 1,000 jobs (35 % of the calls). ' +
        'Annotate: 12 of 30 right (40 %, 90 % interval 40 % to 60 %) where 20 % are promised. ' +
        'Warn: 20 of 40 right (50 %, 90 % interval 40 % to 60 %) where 43 % are promised. ' +
        'It would have reached 32 of 400 long waits (8.0 %; as many acts at random would have reached 7.0 %), ' +
        'each at its submission, 5 minutes before it became a long wait; half of them went on to wait 60 minutes or more. ' +
        'It would have asked 4 questions, 0.4 a day. ' +
        'At the end the next tier to earn is suggest: 14 of 20 outcomes seen, about 3 days at this rate. ' +
        'Recommendation: hand over annotate and warn; suggest is not tested yet.',
    );
  });

  it('hands over suggest only when it was tested too, and says that its figure is counterfactual', () => {
    const suggest = judged([tier('annotate', 30, 12), tier('warn'), tier('suggest', 60, 45), tier('gate')]);
    expect(verdictOf(suggest)).toMatchObject({ recommendation: 'handOverSuggest' });
    expect(told(suggest)).toMatch(
      /besides annotate and warn; annotate and suggest were tested and kept their promises, warn is not tested yet\.$/,
    );
    const tested = judged([tier('annotate', 30, 12), tier('warn', 40, 20), tier('suggest', 60, 45), tier('gate')]);
    expect(told(tested)).toMatch(/besides annotate and warn; what it did was tested and kept its promises\.$/);
    const one = judged([tier('annotate', 30, 12), ...IDLE.slice(1)]);
    expect(told(one)).toMatch(/; annotate was tested and kept its promise, warn and suggest are not tested yet\.$/);
    expect(told(suggest)).toMatch(/Suggest: 45 of 60 right .*65 % are promised \(counterfactual/);
    const worse = judged([tier('annotate', 30, 12), tier('warn'), tier('suggest', 60, 30), tier('gate')]);
    expect(verdictOf(worse)).toMatchObject({ recommendation: 'handOverStatements' });
    expect(told(worse)).toMatch(
      /annotate and warn; annotate was tested and kept its promise, warn is not tested yet; suggest was right less often than promised\.$/,
    );
  });

  it.each([
    [
      'nothing was earned',
      judged(IDLE),
      /would have done nothing for any of 200 .* nothing was earned, so nothing was tested/,
    ],
    [
      'nothing called',
      judged(IDLE, { calls: 0 }),
      /None of 1,000 jobs called for anything.* no job called for anything/,
    ],
    [
      'too little was done',
      judged([tier('annotate', 24, 24), ...IDLE.slice(1)]),
      /not tested yet: that takes 25, and 24 were done.* too little was done/,
    ],
    [
      'it was right too seldom',
      judged([tier('annotate', 30, 5), ...IDLE.slice(1)]),
      /stay in dry run; annotate was right less often than promised/,
    ],
    [
      'a promise was broken',
      judged([tier('annotate', 30, 12), ...IDLE.slice(1)], { promiseViolations: 2 }),
      /a promise was broken 2 times, which must not happen/,
    ],
  ])('stays in dry run where %s', (_, case_, words) => {
    expect(verdictOf(case_)).toMatchObject({ recommendation: 'stayInDryRun' });
    expect(told(case_)).toMatch(words);
  });

  it('says of the naive rules what they would have done, and which promises they would have broken', () => {
    const tiers = [30, 0, 70, 0].map((acted, i) => ({ acted, right: i === 2 ? 20 : 10, unknown: 0, promise: 0.2 }));
    const naive = [
      { rule: 'act on raw p', calls: 100, acted: 100, tiers, broken: [1, 3], reached: 30, reachedShare: 0.075 },
      { rule: 'never act', calls: 100, acted: 0, tiers: [], broken: [], reached: 0, reachedShare: 0 },
    ];
    const text = told(judged(IDLE, { naive }));
    expect(text).toContain(
      'The rule "act on raw p" would have acted 100 times, 50 % of them right, and reached 7.5 %, and broken the promises of annotate and suggest.',
    );
    expect(text).toContain('The rule "never act" would have done nothing and reached nothing.');
  });

  it('says which forecast served, what part p had in it, and how good it was', () => {
    const both: ForecastReport = {
      ...{ ...BUILT_IN, name: 'both', withP: 0.9, vgacShare: 0.126, rawP: { brier: 0.15, logLoss: 0.5, auroc: 0.8 } },
    };
    expect(told(judged(IDLE, { forecast: both }))).toContain(
      `${SERVED}, and VGAC’s p had a part in 12.6 % of them, where it had earned its place (10.0 % of the jobs have no p): Brier score 0.1000, where the base rate has 0.2400 (58 % better), VGAC’s p as it is 0.1500; AUROC 0.90. `,
    );
    expect(told(judged(IDLE, { forecast: { ...both, vgacShare: 0 } }))).toContain(
      `${SERVED}, and VGAC’s p had no part in them, since it never earned its place (10.0 %`,
    );
    const file: ForecastReport = { ...both, name: 'file', brier: 0.26, skill: -0.08, withP: 1, auroc: null };
    expect(told(judged(IDLE, { forecast: file }))).toMatch(
      /^The probabilities are those of the file, recalibrated by the experts: Brier score 0\.2600, .* \(8 % worse\), VGAC’s p as it is 0\.1500\. /,
    );
    const unknown = { ...BUILT_IN, brier: null, skill: null };
    expect(told(judged(IDLE, { forecast: unknown }))).toContain(`${SERVED}; no label says how good they are. `);
  });

  it('judges only by the jobs of which it is known how long they waited', () => {
    const some = judged([tier('annotate', 30, 12, { unknown: 10 }), ...IDLE.slice(1)]);
    expect(told(some)).toMatch(/Annotate: 12 of 20 right \(60 %/);
    const none = judged([tier('annotate', 3, 0, { unknown: 3, rightShare: null }), ...IDLE.slice(1)]);
    expect(told(none)).toMatch(/Annotate: nothing is known of the 3 jobs/);
  });

  it('finds words also where there are no long waits, no waits, no days, and nothing left to earn', () => {
    const all = [tier('annotate', 30, 12), tier('warn', 40, 20), tier('suggest', 60, 45), tier('gate', 1, 1)];
    expect(told(judged(all, { longWaits: 0 }))).toMatch(
      /No job is known to have waited longer than 5 minutes, so there was none to reach\./,
    );
    expect(told(judged(IDLE, { acted: 0, longWaits: 12 }))).toMatch(
      /Of 1,000 jobs 12 waited longer than 5 minutes; it would have reached none\./,
    );
    expect(told(judged(all, { reachedMedianWait: null }))).toMatch(/before it became a long wait\. /);
    expect(told(judged(all, { questions: 1, questionsPerDay: null }))).toMatch(
      /asked 1 question, in less than an hour/,
    );
    expect(told(judged(all, { questions: 0 }))).toMatch(/asked nobody anything/);
    expect(told(judged(all, { heldOut: 7 }))).toMatch(/left out 7 more on purpose/);
    expect(told(judged(all))).toMatch(/all four tiers are earned/);
    const stuck = [
      tier('annotate', 0, 0, { needs: null, standing: 'annotate: ECE 0.120, at most 0.100' }),
      ...IDLE.slice(1),
    ];
    expect(told(judged(stuck))).toMatch(/the next tier to earn is annotate: ECE 0\.120, at most 0\.100\. /);
  });

  it('says time spans as a person does', () => {
    expect([60, 119, 120, 7199, 7200, 172_799, 172_800].map(inWords)).toEqual([
      ...['60 seconds', '119 seconds', '2 minutes', '120 minutes', '2 hours', '48 hours', '2 days'],
    ]);
  });
});
