import { describe, expect, it } from 'vitest';
import { asksSomebody, closingStatus, type Ending } from '../../../functions/domain/closing.ts';
import type { Decision } from '../../../schemas/decision.ts';
import { aDecision, anAnswer, anEffect } from '../../fixtures/builders.ts';

const ending = (over: Partial<Ending>): Ending => ({
  decision: aDecision(),
  effect: null,
  approvedEffect: null,
  answer: null,
  failed: false,
  ...over,
});
const asked = aDecision({ executed: false, tier: 0, next: 'ask', scope: 'escalate' });
const left = (next: Decision['next']) => aDecision({ executed: false, next });

describe('how a row ends', () => {
  it.each<[string, Partial<Ending>, string]>([
    ['acted, when the decision stood', { effect: anEffect() }, 'acted'],
    ['acted, in a dry run too', { effect: anEffect({ status: 'dryRun' }) }, 'acted'],
    ['acted, though a human was asked about more', { effect: anEffect(), answer: anAnswer() }, 'acted'],
    ['acted, though a human denied more', { effect: anEffect(), answer: anAnswer({ decision: 'denied' }) }, 'acted'],
    ['acted, and undone later', { effect: anEffect({ status: 'undone' }) }, 'acted'],
    ['refused, when a switch said no', { effect: anEffect({ status: 'refused' }) }, 'refused'],
    ['failed, when the effect read back wrong', { effect: anEffect({ status: 'failed' }) }, 'failed'],
    ['failed, when a state failed', { failed: true }, 'failed'],
    ['failed, without a decision', { decision: null }, 'failed'],
    ['failed, even after an approval', { decision: asked, failed: true, answer: anAnswer() }, 'failed'],
    [
      'failed, when what a human approved read back wrong',
      { decision: asked, answer: anAnswer(), approvedEffect: anEffect({ status: 'failed' }) },
      'failed',
    ],
    ['nothingNeeded, when nothing was called for', { decision: left('nothing') }, 'nothingNeeded'],
    ['heldOut, when it was left out on purpose', { decision: left('holdOut') }, 'heldOut'],
    ['late, when the job was faster', { decision: left('late') }, 'late'],
    ['withheld, when nothing was done and nobody asked', { decision: left('withhold') }, 'withheld'],
    ['approved, by a human', { decision: asked, answer: anAnswer(), approvedEffect: anEffect() }, 'approved'],
    ['denied, by a human', { decision: asked, answer: anAnswer({ decision: 'denied' }) }, 'denied'],
    ['expired, by nobody', { decision: asked, answer: anAnswer({ decision: 'expired' }) }, 'expired'],
    ['void, by the world', { decision: asked, answer: anAnswer({ decision: 'void' }) }, 'void'],
  ])('%s', (_, over, status) => {
    expect(closingStatus(ending(over))).toBe(status);
  });
});

describe('somebody is asked', () => {
  const asks = { tier: 4, arguments: { action: 'hold', clusterId: 'gpu-a', jobId: 'job-1' }, argumentsHash: 'x' };
  it.each<[string, Partial<Decision>, boolean]>([
    ['about what was not done', { asks }, true],
    ['about a hold that was placed: whether to keep it', { tier: 4, kind: 'intervention' }, true],
    ['about no hold that a dry run would have placed', { tier: 4, kind: 'intervention', dryRun: true }, false],
    ['about no hold that was held out', { tier: 4, executed: false, next: 'holdOut' }, false],
    ['about nothing else that was done', { tier: 3, kind: 'intervention' }, false],
  ])('%s', (_, over, is) => {
    expect(asksSomebody(aDecision(over))).toBe(is);
  });
});
