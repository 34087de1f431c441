import { describe, expect, it } from 'vitest';
import { ledgerEntry } from '../../../functions/domain/ledger-entry.ts';
import { type JobFact, joinOutcome, mayBeUndoneUntil } from '../../../functions/domain/outcome.ts';
import type { Decision } from '../../../schemas/decision.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { JobItem } from '../../../schemas/items/job.ts';
import { aDecision, anEffect } from '../../fixtures/builders.ts';

const LABEL_AT = '2026-11-20T12:05:00.000Z';

function rowOf(decision: Partial<Decision>, effect?: Partial<Effect>, row: Partial<JobItem> = {}): JobItem {
  return {
    ...{ PK: 'CLUSTER#gpu-a', SK: 'JOB#job-1', v: 1, cluster_id: 'gpu-a', job_id: 'job-1' },
    submitted_at: '2026-11-20T12:00:00.000Z',
    decision: aDecision(decision),
    ...(effect && { effect: anEffect(effect) }),
    long_wait: true,
    label_at: LABEL_AT,
    ...row,
  };
}
const entry = (...given: Parameters<typeof rowOf>) => ledgerEntry(rowOf(...given), 0.25);
const actingAs = (decisionId: string) => {
  return { decisionId, at: '2026-11-20T12:04:00.000Z', until: '2026-11-20T12:04:10.000Z', note: false };
};
const intervention = { kind: 'intervention', called: 3, tier: 3 } as const;
const heldOut = { ...intervention, executed: false, next: 'holdOut', cost: 40_000 } as const;

describe('what the ledger says of a round', () => {
  it.each<[string, ReturnType<typeof entry>, object]>([
    [
      'counts a statement that stood',
      entry({}, {}),
      { done: true, longWait: true, undone: false, tier: 2, cost: 10_000 },
    ],
    ['counts what was done in dry run', entry({}, { status: 'dryRun' }), { done: true, longWait: true }],
    ['counts a hold-out with its weight', entry(heldOut), { heldOut: true, done: true, cost: 40_000, longWait: true }],
    [
      'does not count what called for nothing, and learns from it',
      entry({ called: 0, tier: 0, executed: false, next: 'nothing', cost: 0 }),
      { done: false, longWait: true, cost: 0 },
    ],
    [
      'does not count what a switch refused, and learns from it',
      entry({}, { status: 'refused' }),
      { done: false, longWait: true },
    ],
    ['does not count what became void', entry({}, { status: 'void' }), { done: false, longWait: true }],
    [
      'does not count a statement that failed, and learns from it',
      entry({}, { status: 'failed' }),
      { done: false, undone: false, longWait: true },
    ],
    [
      'counts a statement whose execution broke: it may have been made',
      entry({}, undefined, { status: 'failed' }),
      { done: true, longWait: true },
    ],
    [
      'does not count what was withheld, and learns from it',
      entry({ executed: false, tier: 0, next: 'withhold', paper: [2] }),
      { done: false, longWait: true, paper: [2] },
    ],
    [
      'takes no label from a job that was touched',
      entry(intervention, { intervened: true }),
      { touched: true, longWait: null },
    ],
    [
      'takes no label from a hold-out that somebody else touched',
      entry(heldOut, undefined, { approved_effect: anEffect({ intervened: true, at: LABEL_AT }) }),
      { touched: true, longWait: null, heldOut: true },
    ],
    [
      'takes the label of a job that a human had touched only after it',
      entry({}, {}, { approved_effect: anEffect({ intervened: true, at: '2026-11-20T12:05:00.001Z' }) }),
      { touched: false, longWait: true },
    ],
    [
      'takes no label from a job that a human had touched before it, also when that was taken back after it',
      entry({ executed: false, next: 'ask' }, undefined, {
        acting: actingAs('dec_1.asked'),
        approved_effect: anEffect({
          ...{ decisionId: 'dec_1.asked', intervened: true, status: 'undone', at: '2026-11-20T12:05:09.000Z' },
        }),
      }),
      { touched: true, longWait: null },
    ],
    [
      'takes no label from a job that may have been touched, of which nothing is on record',
      entry(intervention, undefined, {
        acting: actingAs('dec_1'),
        status: 'failed',
      }),
      { touched: true, longWait: null, done: false },
    ],
    [
      'charges an intervention that failed',
      entry(intervention, { intervened: true, status: 'failed' }),
      { undone: true, done: true },
    ],
    [
      'charges an intervention that was undone',
      entry(intervention, { intervened: true, status: 'undone' }),
      { undone: true, done: true },
    ],
    [
      'charges nobody for what a human approved',
      entry({ ...intervention, executed: false, tier: 0, next: 'ask' }, undefined, {
        approved_effect: anEffect({ intervened: true, status: 'failed' }),
      }),
      { undone: false, done: false, touched: true },
    ],
    [
      'takes no label that was known before the decision',
      entry({ decidedAt: '2026-11-20T12:05:00.001Z' }),
      { longWait: null },
    ],
    ['takes a label of the very moment of the decision', entry({ decidedAt: LABEL_AT }), { longWait: true }],
    ['takes no label for a late decision', entry({ foldable: false }), { longWait: null }],
    ['releases a censored job', entry({}, {}, { long_wait: null }), { done: true, longWait: null }],
    [
      'keeps what the fold needs: eras, draw, epoch and the bounds as they were served',
      entry({ eras: [0, 1, 2, 3] }),
      {
        ...{ eras: [0, 1, 2, 3], draw: 0.25, epoch: 1, submittedAt: 1_795_176_000, labelAt: 1_795_176_300 },
        bounds: { lowerSeconds: 300, upperSeconds: 1500, upper90Seconds: 1200 },
      },
    ],
  ])('%s', (_, found, expected) => {
    expect(found).toMatchObject(expected);
  });

  it.each<[string, Partial<JobItem>]>([
    ['a decision', { decision: undefined }],
    ['a label', { label_at: undefined }],
    ['knowing whether it waited long', { long_wait: undefined }],
  ])('says nothing without %s', (_, missing) => {
    expect(entry({}, {}, missing)).toBeNull();
  });
});

describe('an intervention may yet be undone', () => {
  const CLOSED = '2026-11-20T12:10:00.000Z';
  const minutesLater = (minutes: number) => new Date(Date.parse(CLOSED) + minutes * 60_000);
  const told = { ...intervention, next: 'actAndNotify' } as const;
  const until = (
    decision: Partial<Decision>,
    effect: Partial<Effect>,
    minutes: number,
    row: Partial<JobItem> = { closed_at: CLOSED },
  ) => mayBeUndoneUntil(rowOf(decision, { intervened: true, ...effect }, row), 15, minutesLater(minutes)) !== null;

  it('until its execution is over', () => {
    expect(until(intervention, {}, 600, {})).toBe(true);
    expect(until(intervention, {}, 0)).toBe(false);
  });

  it('and where people were told of it, for as long as their card lets them, and five minutes', () => {
    expect(until(told, {}, 0)).toBe(true);
    expect(until(told, {}, 20 - 1 / 60)).toBe(true);
    expect(until(told, {}, 20)).toBe(false);
    expect(mayBeUndoneUntil(rowOf(told, { intervened: true }, { closed_at: CLOSED }), 0, minutesLater(0))).toBeNull();
  });

  it('while its execution goes on and nothing of it is on record: the job may have started because of it', () => {
    const row = (more: Partial<JobItem>) => mayBeUndoneUntil(rowOf(intervention, undefined, more), 15, minutesLater(0));
    expect(row({})).toEqual(minutesLater(1));
    expect(row({ closed_at: CLOSED, status: 'failed' })).toBeNull();
  });

  it('never where nothing was touched, or it is undone already', () => {
    expect(until(told, { intervened: false }, 0)).toBe(false);
    expect(until(told, { status: 'undone' }, 0)).toBe(false);
    expect(until({ ...told, executed: false }, {}, 0)).toBe(false);
  });
});

describe('a first word that a later one contradicts', () => {
  const T = 300;
  const moment = (seconds: number) => new Date(Date.parse('2026-11-20T12:00:00Z') + seconds * 1000);
  const told = (type: JobFact['type'], seconds: number): JobFact => ({ type, at: moment(seconds).toISOString() });
  const start = (seconds: number) => told('JobStarted', seconds);
  /** A claimed row without a word about its job. */
  const silent: JobItem = { ...rowOf({}), decision: undefined, label_at: undefined, long_wait: undefined };
  const waiting: JobItem = { ...silent, decision: aDecision(), unfolded: 'CLUSTER#gpu-a', unfolded_due: LABEL_AT };

  /** The row after these words, told in order at one time; and which of them were contradictions. */
  function hearing(row: JobItem, now: number, ...facts: JobFact[]): { row: JobItem; contradicted: boolean[] } {
    const contradicted: boolean[] = [];
    let known = row;
    for (const fact of facts) {
      const { set, remove, contradicts } = joinOutcome(known, fact, T, moment(now));
      known = { ...known, ...set };
      for (const name of remove) delete known[name];
      contradicted.push(contradicts);
    }
    return { row: known, contradicted };
  }

  it.each<[string, JobItem, number, JobFact, JobFact, Partial<JobItem>]>([
    ['of a start, before its submission is decided', silent, 500, start(10), start(400), { long_wait: true }],
    ['of a start that was said to come', waiting, 25, start(310), start(20), { long_wait: false, actual_wait: 20 }],
    ['of an end', silent, 500, told('JobEnded', 400), told('JobEnded', 90), { long_wait: false }],
    ['of a cancellation', waiting, 500, told('JobCancelled', 50), told('JobCancelled', 350), { long_wait: true }],
  ])('is not final %s while nothing was decided on it', (_, row, now, lie, truth, expected) => {
    const heard = hearing(row, now, lie, truth);
    expect(heard.row).toMatchObject({
      ...expected,
      contradictions: 1,
      contradicting: [{ type: lie.type, at: lie.at }],
    });
    expect(heard.contradicted).toEqual([false, true]);
    // As if only the truth had been told.
    const { contradicting: _contradicting, contradictions: _contradictions, ...known } = heard.row;
    expect(known).toEqual(hearing(row, now, truth).row);
    // Neither comes back.
    expect(hearing(heard.row, now, lie, truth)).toEqual({ row: heard.row, contradicted: [false, false] });
  });

  it('loses the label that only it gave', () => {
    const heard = hearing(waiting, 100, told('JobCancelled', 50), told('JobCancelled', 350));
    expect(heard.row.label_at).toBeUndefined();
    expect(heard.row.long_wait).toBeUndefined();
    expect(heard.row.unfolded_due).toBe(moment(T + 60).toISOString());
  });

  it.each<[string, Partial<JobItem>]>([
    ['its label is folded', { folded_in: 3 }],
    ['its start is counted', { counted: 'running' }],
    ['its decision came too late because of it', { decision: aDecision({ next: 'late', foldable: false }) }],
  ])('stands once %s, and the later one is kept as a contradiction', (_, settled) => {
    const { row } = hearing(waiting, 500, start(10));
    const heard = hearing({ ...row, ...settled }, 500, start(400), start(400));
    expect(heard.contradicted).toEqual([true, false]);
    expect(heard.row).toMatchObject({
      ...{ started_at: start(10).at, long_wait: false, actual_wait: 10 },
      ...{ contradictions: 1, contradicting: [{ type: 'JobStarted', at: start(400).at }] },
    });
  });
});
