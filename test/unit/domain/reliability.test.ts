import { describe, expect, it } from 'vitest';
import { scoreOfState } from '../../../functions/domain/calibration/evaluation.ts';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { unknownVerdict } from '../../../functions/domain/reliability.ts';
import { CORE_EVIDENCE, EVIDENCE } from '../../../functions/domain/reliability-rules.ts';
import { type Judgement, judge } from '../../../functions/domain/rule.ts';
import type { DriftBand } from '../../../schemas/verdict.ts';
import { Verdict } from '../../../schemas/verdict.ts';
import { evaluation, NOW, RULES, trustedState, verdictOf, withTier } from './builders.ts';

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const codes = (verdict: Verdict) => verdict.reasons.map(({ code }) => code);
const withEvaluation = (change: Parameters<typeof evaluation>[0]) => trustedState({ evaluation: evaluation(change) });

describe('reliability', () => {
  it.each([
    [0, 1, 'autonomous'],
    [0.0299, 0.8505, 'autonomous'],
    [0.03, 0.85, 'notify'],
    [0.0301, 0.8495, 'notify'],
    [0.0799, 0.6005, 'notify'],
    [0.08, 0.6, 'escalate'],
    [0.0801, 0.5995, 'escalate'],
    [0.2, 0, 'escalate'],
    [0.9, 0, 'escalate'],
  ])('at ECE %s the score is %s and the scope %s', (ece, score, scope) => {
    const verdict = verdictOf(withEvaluation({ ece }));
    expect(verdict.score).toBeCloseTo(score, 12);
    expect(verdict.scope).toBe(scope);
  });

  it('says which score it takes', () => {
    const { reasons } = verdictOf(withEvaluation({ ece: 0.036 }));
    expect(reasons).toEqual([
      { code: 'score', scope: 'notify', message: 'calibration score 0.820 (ECE 0.036, n 300) has to be above 0.85' },
    ]);
    expect(verdictOf(withEvaluation({ ece: 0.09 })).reasons[0]?.message).toBe(
      'calibration score 0.550 (ECE 0.090, n 300) has to be above 0.60',
    );
  });

  it.each([
    [0, 'still learning: needs 50 more labels (0 of 50)'],
    [38, 'still learning: needs 12 more labels (38 of 50)'],
    [49, 'still learning: needs 1 more label (49 of 50)'],
    [50, 'still learning: the first ECE comes with the next labels'],
  ])('with %s labels in the ring and no ECE yet it is learning', (size, message) => {
    const state = trustedState({ evaluation: null });
    state.outcomes.size = size;
    const verdict = verdictOf(state);
    expect(verdict).toMatchObject({ scope: 'escalate', score: null, n: size });
    expect(verdict.reasons[0]).toMatchObject({ code: 'learning', message });
  });

  it.each([
    [49, 0.01, 'escalate'],
    [50, 0.01, 'autonomous'],
    [50, 0.08 / 1.645, 'autonomous'],
    [1000, 0.0487, 'escalate'],
  ])('with %s labels and an ECE known to +-1.645 times %s it is %s', (n, error, scope) => {
    const verdict = verdictOf(withEvaluation({ n, error }));
    expect(verdict.scope).toBe(scope);
    expect(verdict.score === null).toBe(scope === 'escalate');
  });

  it('says how well the ECE is known, and how well it has to be', () => {
    expect(verdictOf(withEvaluation({ n: 120, error: 0.06 })).reasons[0]?.message).toBe(
      'still learning: the ECE is known to ±0.099 over 120 labels, ±0.08 is needed',
    );
  });

  it.each<[string, Date | null, string]>([
    ['nothing waits', null, 'autonomous'],
    ['a label waits 14:59', minutesAgo(15 - 1 / 60), 'autonomous'],
    ['a label waits exactly 15 minutes', minutesAgo(15), 'autonomous'],
    ['a label waits 15:01', minutesAgo(15 + 1 / 60), 'escalate'],
    ['the time is none', new Date(Number.NaN), 'escalate'],
  ])('where %s the evidence lets it be %s', (_, staleSince, scope) => {
    const verdict = verdictOf(trustedState(), { staleSince });
    expect(verdict.scope).toBe(scope);
    expect(codes(verdict)).toEqual(scope === 'escalate' ? ['stale'] : []);
  });

  it('never acts while frozen', () => {
    expect(verdictOf(trustedState(), { frozen: true })).toMatchObject({ scope: 'escalate', score: 0.95 });
  });

  it('has no score without a readable state', () => {
    const verdict = verdictOf(null, { frozen: true });
    expect(verdict).toMatchObject({ scope: 'escalate', score: null, ece: null, n: 0, earnedTier: 0, version: 7 });
    expect(codes(verdict)).toEqual(['unreadable', 'frozen']);
  });

  it.each([
    ['tokens', () => withTier(trustedState(), 1, { tokens: Number.NaN })],
    ['a bound', () => trustedState({ interval: { lo: 0, hi: Number.POSITIVE_INFINITY, up: 1 } })],
    ['n', () => trustedState({ n: Number.NaN })],
    ['the ECE', () => withEvaluation({ ece: Number.NaN })],
    ['its error', () => withEvaluation({ error: Number.NaN })],
    ['a detector', () => trustedState({ served: new Float64Array(13).fill(Number.NaN) })],
  ])('has no score where %s is not finite', (_, stateOf) => {
    const verdict = Verdict.parse(verdictOf(stateOf()));
    expect(verdict).toMatchObject({ scope: 'escalate', score: null });
    expect(codes(verdict)).toEqual(['notFinite']);
  });

  it.each([
    [0, 1, 'autonomous'],
    [1, 0, 'notify'],
    [1, 99, 'notify'],
    [1, 100, 'autonomous'],
  ])('in epoch %s, %s labels after it began, it is %s', (epoch, sinceEpoch, scope) => {
    expect(verdictOf(trustedState({ epoch, sinceEpoch })).scope).toBe(scope);
  });

  it.each<[DriftBand, number, string]>([
    ['none', 0.01, 'autonomous'],
    ['monitor', 0.01, 'autonomous'],
    ['degrade', 0.01, 'notify'],
    ['degrade', 0.05, 'escalate'],
    ['escalate', 0.01, 'escalate'],
  ])('drift that is %s now, at ECE %s, leaves it %s', (driftNow, ece, scope) => {
    expect(verdictOf(trustedState({ driftNow, evaluation: evaluation({ ece }) })).scope).toBe(scope);
  });

  it('follows the drift of now, and not the band that was announced', () => {
    expect(verdictOf(trustedState({ drift: 'escalate', driftNow: 'none' })).scope).toBe('autonomous');
    expect(verdictOf(trustedState({ drift: 'none', driftNow: 'escalate' })).scope).toBe('escalate');
  });

  it('says how low the bound of the ECE has to be', () => {
    const state = trustedState({ driftNow: 'degrade', evaluation: evaluation({ lower: 0.05 }) });
    expect(verdictOf(state).reasons[0]?.message).toBe(
      'drift: the lower bound of ECE (0.050) has to be at or below 0.036',
    );
  });

  it('costs nothing for an alarm of a detector, which is shown and asks for a recalibration', () => {
    expect(verdictOf(trustedState({ servedAlarm: 300, rawAlarm: 300 }))).toMatchObject({
      scope: 'autonomous',
      earnedTier: 4,
    });
  });

  it('lets VGAC\'s own opinion raise drift to "monitor" and never change the scope', () => {
    const verdict = verdictOf(trustedState(), { vgacAsksRecalibration: true });
    expect(verdict).toMatchObject({ drift: 'monitor', scope: 'autonomous' });
    expect(verdictOf(trustedState({ driftNow: 'degrade' }), { vgacAsksRecalibration: true }).drift).toBe('degrade');
  });

  it('reports everything that applies, strictest first', () => {
    const state = trustedState({ evaluation: evaluation({ n: 40 }), driftNow: 'degrade', epoch: 2, sinceEpoch: 40 });
    const verdict = verdictOf(state, { frozen: true, staleSince: minutesAgo(60) });
    expect(codes(verdict)).toEqual(['stale', 'frozen', 'learning', 'drift', 'promoted']);
  });

  it('is a schema-clean verdict for a cluster nobody knows', () => {
    const verdict = Verdict.parse(verdictOf(initialState(RULES)));
    expect(codes(verdict)).toEqual(['learning']);
    expect(verdict).toMatchObject({ score: null, ece: null, skilled: false, earnedTier: 0, n: 0 });
    expect(Verdict.parse(unknownVerdict(initialState(RULES))).scope).toBe('escalate');
  });

  it('is judged in a back-test by the very rules that are told here', () => {
    const states = [0, 0.029, 0.03, 0.05, 0.08, 0.2].flatMap((ece) =>
      (['none', 'monitor', 'degrade', 'escalate'] as const).map((driftNow) =>
        trustedState({ driftNow, evaluation: evaluation({ ece }) }),
      ),
    );
    for (const state of [...states, trustedState({ evaluation: null }), trustedState({ epoch: 1, sinceEpoch: 0 })]) {
      const judgement: Judgement = { scope: 'escalate', reason: 'old' };
      judge(EVIDENCE, { state, score: scoreOfState(state) }, judgement);
      const { scope, reasons } = verdictOf(state);
      expect(judgement).toEqual({ scope, reason: reasons[0]?.code ?? null });
    }
    expect(CORE_EVIDENCE.map(({ code }) => code)).toEqual(['learning', 'notFinite', 'score', 'score']);
  });
});
