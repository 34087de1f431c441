import { describe, expect, it } from 'vitest';
import { closingStatus, type Ending } from '../../../functions/domain/closing.ts';
import { aDecision, anAnswer, anEffect } from '../../fixtures/builders.ts';

const ending = (over: Partial<Ending>): Ending => ({
  decision: aDecision(),
  effect: null,
  answer: null,
  failed: false,
  ...over,
});
const shadow = aDecision({ executed: false, next: 'withhold', scope: 'escalate' });

describe('how a row ends', () => {
  it.each<[string, Partial<Ending>, string]>([
    ['executed, when the decision stood', { effect: anEffect() }, 'executed'],
    ['executed, in a dry run too', { effect: anEffect({ status: 'dryRun' }) }, 'executed'],
    ['executed, when there was nothing to do', {}, 'executed'],
    ['refused, when a switch said no', { effect: anEffect({ status: 'refused' }) }, 'refused'],
    ['failed, when the effect read back wrong', { effect: anEffect({ status: 'failed' }) }, 'failed'],
    ['failed, when a state failed', { failed: true }, 'failed'],
    ['failed, without a decision', { decision: null }, 'failed'],
    ['failed, even after an approval', { failed: true, answer: anAnswer() }, 'failed'],
    ['withheld, when nothing was done and nobody asked', { decision: shadow }, 'withheld'],
    [
      'late, when the job was faster',
      { decision: aDecision({ executed: false, late: true, next: 'nothing' }) },
      'late',
    ],
    [
      'holdout, when it was left out on purpose',
      { decision: aDecision({ executed: false, holdout: true, next: 'nothing' }) },
      'holdout',
    ],
    ['approved, by a human', { decision: shadow, answer: anAnswer(), effect: anEffect() }, 'approved'],
    ['denied, by a human', { decision: shadow, answer: anAnswer({ decision: 'denied' }) }, 'denied'],
    ['expired, by nobody', { decision: shadow, answer: anAnswer({ decision: 'expired' }) }, 'expired'],
    [
      'void, by the world',
      { decision: shadow, answer: anAnswer({ decision: 'void' }), effect: anEffect({ status: 'void' }) },
      'void',
    ],
  ])('%s', (_, over, status) => {
    expect(closingStatus(ending(over))).toBe(status);
  });
});
