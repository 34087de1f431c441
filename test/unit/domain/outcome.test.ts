import { describe, expect, it } from 'vitest';
import { ledgerEntry } from '../../../functions/domain/outcome.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import { aDecision, anEffect } from '../../fixtures/builders.ts';

const entry = (decision: Partial<Decision>, effect?: Partial<Effect>, row: object = {}) =>
  ledgerEntry({
    ...{ PK: 'CLUSTER#gpu-a', SK: 'JOB#job-1', v: 1 as const, cluster_id: 'gpu-a', job_id: 'job-1' },
    submitted_at: '2026-11-20T12:00:00Z',
    decision: aDecision(decision),
    ...(effect && { effect: anEffect(effect) }),
    long_wait: true,
    label_at: '2026-11-20T12:05:00.000Z',
    ...row,
  });
const intervention = { kind: 'intervention', tier: 3 } as const;

describe('what the ledger says of a job', () => {
  it.each<[string, ReturnType<typeof entry>, object]>([
    ['counts a statement that stood', entry({}, {}), { executed: true, longWait: true, harmed: false }],
    ['counts what had nothing to do', entry({ tier: 0 }), { executed: true, longWait: true }],
    ['counts what was done in dry run', entry({}, { status: 'dryRun' }), { executed: true, longWait: true }],
    [
      'does not count what a switch refused, and learns from it',
      entry({}, { status: 'refused' }),
      { executed: false, longWait: true },
    ],
    [
      'does not count what was withheld, and learns from it',
      entry({ executed: false }),
      { executed: false, longWait: true },
    ],
    [
      'takes no label from a job that was touched',
      entry(intervention, { intervened: true }),
      { intervened: true, longWait: null },
    ],
    [
      'charges an intervention that failed',
      entry(intervention, { intervened: true, status: 'failed' }),
      { harmed: true },
    ],
    [
      'charges an intervention that was undone',
      entry(intervention, { intervened: true, status: 'undone' }),
      { harmed: true },
    ],
    [
      'charges no token for what a human approved',
      entry({ ...intervention, executed: false }, { intervened: true, status: 'failed' }),
      { harmed: false },
    ],
    [
      'takes no label that was known before the decision',
      entry({ decidedAt: '2026-11-20T12:05:00.001Z' }),
      { longWait: null },
    ],
    [
      'takes a label of the very moment of the decision',
      entry({ decidedAt: '2026-11-20T12:05:00.000Z' }),
      { longWait: true },
    ],
    ['takes no label for a late decision', entry({ foldable: false }), { longWait: null }],
    ['releases a censored job', entry({}, {}, { long_wait: null }), { executed: true, longWait: null }],
  ])('%s', (_, found, expected) => {
    expect(found).toMatchObject(expected);
  });

  it.each<[string, object]>([
    ['a decision', { decision: undefined }],
    ['a label', { label_at: undefined }],
  ])('says nothing without %s', (_, missing) => {
    expect(entry({}, {}, missing)).toBe(null);
  });
});
