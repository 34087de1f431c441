import { describe, expect, it } from 'vitest';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { unknownVerdict } from '../../../functions/domain/reliability.ts';
import { Verdict } from '../../../schemas/verdict.ts';
import { estimate, NOW, trustedState, verdictOf } from './builders.ts';

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const codes = (verdict: Verdict) => verdict.reasons.map(({ code }) => code);

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
    const verdict = verdictOf(trustedState({ recent: estimate({ ece, upper: ece }) }));
    expect(verdict.score).toBeCloseTo(score, 12);
    expect(verdict.scope).toBe(scope);
  });

  it('says which score it takes', () => {
    const { reasons } = verdictOf(trustedState({ recent: estimate({ ece: 0.036 }) }));
    expect(reasons[0]).toMatchObject({ code: 'score', scope: 'notify' });
    expect(reasons[0]?.message).toBe('calibration score 0.820 (ECE 0.036, n 300) has to be above 0.85');
  });

  it.each([
    [0, 'escalate', 'still learning: needs 50 more labels (0 of 50)'],
    [38, 'escalate', 'still learning: needs 12 more labels (38 of 50)'],
    [49, 'escalate', 'still learning: needs 1 more label (49 of 50)'],
    [50, 'autonomous', undefined],
    [51, 'autonomous', undefined],
  ])('with %s labels in this epoch it is %s', (n, scope, message) => {
    const verdict = verdictOf(trustedState({ n }));
    expect(verdict.scope).toBe(scope);
    expect(verdict.reasons[0]?.message).toBe(message);
    expect(verdict.score === null).toBe(n < 50);
  });

  it.each([
    [100, 'escalate', 'on probation: needs 100 more labels'],
    [99, 'escalate', 'on probation: needs 99 more labels'],
    [1, 'escalate', 'on probation: needs 1 more label'],
    [0, 'autonomous', undefined],
  ])('with hold %s it is %s', (hold, scope, message) => {
    const verdict = verdictOf(trustedState({ hold }));
    expect(verdict.scope).toBe(scope);
    expect(verdict.reasons[0]?.message).toBe(message);
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
    ['tokens', { tokens: { statement: Number.NaN, intervention: 3 } }],
    ['tau', { tau: Number.POSITIVE_INFINITY }],
    ['n', { n: Number.NaN }],
    ['ECE', { recent: estimate({ ece: Number.NaN }) }],
    ['bound', { whole: estimate({ upper: Number.NaN }) }],
    ['weights', { weights: new Float64Array([Number.NaN, 0, 0, 0, 1]) }],
  ])('has no score where %s is not finite', (_, change) => {
    const verdict = Verdict.parse(verdictOf(trustedState(change)));
    expect(verdict).toMatchObject({ scope: 'escalate', score: null });
    expect(codes(verdict)).toEqual(['notFinite']);
  });

  it('has no score where 50 labels gave no ECE', () => {
    const verdict = verdictOf(trustedState({ recent: null }));
    expect(verdict).toMatchObject({ scope: 'escalate', score: null });
  });

  it.each([
    [0, 1, 'autonomous'],
    [1, 99, 'notify'],
    [1, 100, 'autonomous'],
  ])('in epoch %s, %s labels after it began, it is %s', (epoch, sinceEpoch, scope) => {
    expect(verdictOf(trustedState({ epoch, sinceEpoch })).scope).toBe(scope);
  });

  it.each([
    ['none', 0.01, 'autonomous'],
    ['monitor', 0.01, 'autonomous'],
    ['degrade', 0.01, 'notify'],
    ['degrade', 0.05, 'escalate'],
    ['escalate', 0.01, 'escalate'],
  ] as const)('drift %s at ECE %s leaves it %s', (drift, ece, scope) => {
    expect(verdictOf(trustedState({ drift, recent: estimate({ ece }) })).scope).toBe(scope);
  });

  it('lets VGAC\'s own opinion raise drift to "monitor" and never change the scope', () => {
    const verdict = verdictOf(trustedState(), { vgacAsksRecalibration: true });
    expect(verdict).toMatchObject({ drift: 'monitor', scope: 'autonomous' });
    expect(verdictOf(trustedState({ drift: 'degrade' }), { vgacAsksRecalibration: true }).drift).toBe('degrade');
  });

  it('reports everything that applies, strictest first', () => {
    const state = trustedState({ n: 40, hold: 60, drift: 'degrade', epoch: 2, sinceEpoch: 40 });
    const verdict = verdictOf(state, { frozen: true, staleSince: minutesAgo(60) });
    expect(codes(verdict)).toEqual(['stale', 'frozen', 'learning', 'probation', 'drift', 'promoted']);
  });

  it('is a schema-clean verdict for a cluster nobody knows', () => {
    const verdict = Verdict.parse(verdictOf(initialState()));
    expect(codes(verdict)).toEqual(['learning', 'probation']);
    expect(Verdict.parse(unknownVerdict(initialState())).scope).toBe('escalate');
  });
});
