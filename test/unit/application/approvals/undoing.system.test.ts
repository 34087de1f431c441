import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { closeJob, loadJob, recordActing, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { jobKey, putItem } from '../../../../functions/adapters/tables/table.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { takeBack } from '../../../../functions/application/approvals/take-back.ts';
import {
  type Scheduler,
  SchedulerRefused,
  SchedulerUnavailable,
} from '../../../../functions/application/decisions/scheduler.ts';
import { ledgerEntry } from '../../../../functions/domain/ledger-entry.ts';

import { effectIdOf } from '../../../../functions/domain/subject.ts';
import { toFollow, undoState } from '../../../../functions/domain/undoing.ts';
import type { Effect } from '../../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../../schemas/ports/scheduler.ts';
import { ANNA, ASKED, aDecision, anApproval, BEN, buttons, minutesAfter, OWNER, requeue, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();
const DONE = minutesAfter(ASKED, 6);

/** An approved requeue that Act has done and read back. */
async function approvedAndDone(change: Partial<Effect> = {}) {
  const question = await asked();
  const { approval, decision, at } = question;
  const decisionId = effectIdOf(decision.decisionId, 'asked');
  const placed: PlacedEffect = {
    decisionId,
    action: 'requeue',
    jobId: 'job-17',
    target: 'short',
    before: { queue: 'long' },
    undone: false,
  };
  const { clusterId, jobId, submittedAt } = decision;
  const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, decision };
  await putItem(dynamo.table, { ...jobKey(decision), ...row });
  await answerClick(at(now5), click(approval, ANNA));
  const common = { action: 'requeue', decisionId, at: DONE.toISOString(), intervened: true };
  const effectNow = { ...common, status: 'done', undo: placed, ...change } as const;
  await recordEffect(dynamo.table, decision, effectNow, 'asked');
  const card = () => question.cards.get('1.000001');
  const effect = async () => (await loadJob(dynamo.table, decision))?.approved_effect;
  return { ...question, card, effect, placed };
}

function scheduler(
  undo: Scheduler['undo'],
  after: 'asIntended' | 'different' = 'asIntended',
  touches = true,
): Scheduler {
  const never = () => Promise.reject(new Error('not asked for'));
  return { touches, find: never, apply: never, undo, readBack: async () => after };
}
const obliging = scheduler(async (placed) => ({ ...placed, undone: true }));

describe('the card after an approval', () => {
  it('says what came of it within a minute, and offers Undo as long as that works', async () => {
    const { approval, at, card } = await approvedAndDone();
    expect(words(card())).toContain('Not carried out yet.');
    await sweep(at(minutesAfter(ASKED, 7)));
    expect(words(card())).toContain('*Done*, 2026-11-20 08:06 UTC, and read back from the scheduler.');
    expect(buttons(card()).map(({ action }) => action)).toEqual(['undo']);
    expect(await auditOf(approval)).toContain('vgac-agentic: effect done');
    expect(await isOpen(approval)).toBe(true);

    await sweep(at(minutesAfter(DONE, 15)));
    expect(words(card())).toContain('The time to undo it from here is over.');
    expect(buttons(card())).toEqual([]);
    expect(await isOpen(approval)).toBe(false);
  });

  it.each([
    ['dryRun', 'would have moved it', '*Dry run*, 2026-11-20 08:06 UTC: it would have been done; nothing was touched.'],
    ['failed', 'read back different', '*Failed*, 2026-11-20 08:06 UTC: read back different.'],
    ['refused', 'frozen by an operator', '*Not done*, 2026-11-20 08:06 UTC: frozen by an operator.'],
  ] as const)('is honest about %s and offers nothing', async (status, reason, said) => {
    const { approval, at, card } = await approvedAndDone({ status, reason });
    await sweep(at(minutesAfter(ASKED, 7)));
    expect(words(card())).toContain(said);
    expect(buttons(card())).toEqual([]);
    expect(await isOpen(approval)).toBe(false);
  });
});

describe('Undo', () => {
  it('is asked for once, done by the scheduler, read back, and shown', async () => {
    const { approval, at, ports, card, events, effect, privateReplies } = await approvedAndDone();
    await sweep(at(minutesAfter(ASKED, 7)));
    await answerClick(at(minutesAfter(ASKED, 8)), click(approval, BEN, 'undo'));
    await answerClick(at(minutesAfter(ASKED, 8)), click(approval, ANNA, 'undo'));
    expect(privateReplies).toEqual([expect.stringContaining('asked to undo this already')]);
    const wanted = { type: 'UndoRequested', detail: { approvalId: approval.approval_id } };
    expect(events.filter(({ type }) => type === 'UndoRequested')).toMatchObject([wanted]);
    expect(words(card())).toContain('It is being undone');

    await takeBack({ ...ports, now: minutesAfter(ASKED, 9) }, approval.approval_id, async () => obliging);
    expect(await effect()).toMatchObject({ status: 'undone', intervened: true });
    expect(words(card())).toContain('*Undone*, 2026-11-20 08:09 UTC, and read back from the scheduler.');
    await sweep(at(minutesAfter(ASKED, 10)));
    expect(await isOpen(approval)).toBe(false);
    expect(await auditOf(approval)).toEqual(
      expect.arrayContaining([`${BEN}: asked to undo`, 'vgac-agentic: effect undone']),
    );
  });

  it.each([
    [
      'the job has left the queue',
      scheduler(() => Promise.reject(new SchedulerRefused('it runs'))),
      'could not be taken back',
    ],
    [
      'it reads back as if it were not',
      scheduler(async (placed) => placed, 'different'),
      'reads back as if it were not',
    ],
    [
      'dry run was switched on since',
      scheduler(async (placed) => placed, 'asIntended', false),
      'dry run was switched on',
    ],
  ])('says so when %s', async (_why, failing, said) => {
    const { approval, at, ports, card, effect } = await approvedAndDone();
    await answerClick(at(minutesAfter(ASKED, 7)), click(approval, ANNA, 'undo'));
    await takeBack({ ...ports, now: minutesAfter(ASKED, 8) }, approval.approval_id, async () => failing);
    expect((await effect())?.status).toBe('failed');
    expect(words(card())).toContain('*Failed*');
    expect(words(card())).toContain(said);
  });

  it('that got lost on its way is asked for again by the sweeper until it is done', async () => {
    const { approval, ports, at, events } = await approvedAndDone();
    const deaf = { ...ports, now: minutesAfter(ASKED, 7), emit: () => Promise.reject(new Error('bus down')) };
    await answerClick(deaf, click(approval, ANNA, 'undo'));
    await sweep(at(minutesAfter(ASKED, 9)));
    expect(events.filter(({ type }) => type === 'UndoRequested')).toHaveLength(1);
    const down = scheduler(() => Promise.reject(new SchedulerUnavailable('no answer')));
    await expect(takeBack(at(minutesAfter(ASKED, 9)), approval.approval_id, async () => down)).rejects.toThrow(
      'no answer',
    );
    await sweep(at(minutesAfter(ASKED, 10)));
    expect(events.filter(({ type }) => type === 'UndoRequested')).toHaveLength(2);
    expect(await isOpen(approval)).toBe(true);
  });

  it('is refused to the owner of the job, and after its time', async () => {
    const { approval, at, privateReplies, events } = await approvedAndDone();
    await answerClick(at(minutesAfter(ASKED, 7)), click(approval, OWNER, 'undo'));
    await sweep(at(minutesAfter(ASKED, 7)));
    await answerClick(at(minutesAfter(DONE, 15)), click(approval, ANNA, 'undo'));
    expect(privateReplies).toEqual([expect.stringContaining('this is your own job'), 'The time to undo this is over.']);
    expect(events.map(({ type }) => type)).not.toContain('UndoRequested');
  });

  it('undoes nothing for an event alone', async () => {
    const { approval, ports, effect } = await approvedAndDone();
    expect(await takeBack(ports, approval.approval_id, async () => obliging)).toBeNull();
    expect((await effect())?.status).toBe('done');
  });
});

describe('what may be undone', () => {
  const decided = { status: 'approved', decided_at: now5.toISOString(), decided_by: ANNA } as const;
  const irreversible = aDecision({ asks: { tier: 3, ...requeue({ action: 'terminate' }) } });

  it.each([
    ['approved, not known to be done yet', anApproval(decided), 'open'],
    ['an action that nobody can take back', anApproval({ ...decided, pinned: irreversible }), 'never'],
    ['undo switched off', anApproval({ ...decided, undo_seconds: 0 }), 'never'],
    ['denied', anApproval({ ...decided, status: 'denied' }), 'never'],
    ['asked in dry run', anApproval({ ...decided, pinned: aDecision({ dryRun: true }) }), 'never'],
    ['a dry run', anApproval({ ...decided, effect: { status: 'dryRun', at: DONE.toISOString() } }), 'never'],
    ['asked already', anApproval({ ...decided, undo_asked_at: now5.toISOString() }), 'asked'],
  ] as const)('%s: %s', (_what, approval, state) => {
    expect(undoState(approval, DONE)).toBe(state);
  });

  it('ends with the second', () => {
    const approval = anApproval({ ...decided, effect: { status: 'done', at: DONE.toISOString() } });
    expect(undoState(approval, minutesAfter(DONE, 14.999))).toBe('open');
    expect(undoState(approval, minutesAfter(DONE, 15))).toBe('over');
    expect(toFollow(approval, minutesAfter(DONE, 15))).toBe(false);
  });

  it('follows the release of a hold that nobody kept, and nothing after a plain no', () => {
    expect(toFollow(anApproval({ ...decided, status: 'denied', question: 'keep' }), DONE)).toBe(true);
    expect(toFollow(anApproval({ ...decided, status: 'denied' }), DONE)).toBe(false);
    expect(toFollow(anApproval({ ...decided, status: 'void' }), DONE)).toBe(false);
  });
});

/** A hold in place, of which somebody is asked whether it stays. */
async function held(at: Date) {
  const question = await asked({ question: 'keep' });
  const { decision } = question;
  const { decisionId, clusterId, jobId, submittedAt } = decision;
  const placed = { decisionId, action: 'hold', jobId: 'job-17', before: { held: false }, undone: false };
  const common = { status: 'done', action: 'hold', decisionId, intervened: true, undo: placed } as const;
  const effect = { ...common, at: at.toISOString() };
  const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, claimed_by: 'arn', decision, effect };
  await putItem(dynamo.table, { ...jobKey(decision), ...row });
  return question;
}

describe('a hold that nobody kept', () => {
  it('is released by the sweeper once its execution has ended without doing so, however long the scheduler is away', async () => {
    const { approval, decision, at, ports, cards, events } = await held(ASKED);
    const { approval_id: id } = approval;
    const askedAgain = () => events.filter(({ type }) => type === 'UndoRequested').length;
    await answerClick(at(now5), click(approval, ANNA, 'deny'));
    await sweep(at(DONE));
    expect(askedAgain()).toBe(0);
    await closeJob(dynamo.table, decision, { status: 'failed', at: DONE });
    for (const minute of [7, 8]) await sweep(at(minutesAfter(ASKED, minute)));
    expect(askedAgain()).toBe(2);
    const away = { ...obliging, undo: () => Promise.reject(new SchedulerUnavailable('no answer')) };
    await expect(takeBack(ports, id, async () => away)).rejects.toThrow('no answer');
    expect(await isOpen(approval)).toBe(true);
    await takeBack({ ...ports, now: minutesAfter(ASKED, 9) }, id, async () => obliging);
    expect((await loadJob(dynamo.table, decision))?.effect?.status).toBe('undone');
    await sweep(at(minutesAfter(ASKED, 10)));
    expect(askedAgain()).toBe(2);
    expect(await isOpen(approval)).toBe(false);
    expect(words(cards.get('1.000001'))).toContain('*Undone*');
  });

  it('is not released for an event alone while somebody is still asked, or its execution goes on', async () => {
    const { approval, decision, ports, at } = await held(ASKED);
    const takes = () => takeBack(ports, approval.approval_id, async () => obliging);
    expect(await takes()).toBeNull();
    await answerClick(at(now5), click(approval, ANNA, 'deny'));
    expect(await takes()).toBeNull();
    expect((await loadJob(dynamo.table, decision))?.effect?.status).toBe('done');
  });
});

describe('an approved effect whose execution ended in the middle of its call', () => {
  it('is not called undone: nobody knows, and the card says so', async () => {
    const { approval, decision, at, cards } = await asked();
    const decisionId = effectIdOf(decision.decisionId, 'asked');
    const { clusterId, jobId, submittedAt } = decision;
    const acting = { decisionId, at: now5.toISOString(), until: DONE.toISOString(), note: false };
    const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, claimed_by: 'arn', decision };
    await putItem(dynamo.table, { ...jobKey(decision), ...row });
    await answerClick(at(now5), click(approval, ANNA));
    await recordActing(dynamo.table, decision, acting);
    await closeJob(dynamo.table, decision, { status: 'failed', at: DONE });
    await sweep(at(minutesAfter(ASKED, 7)));
    expect(words(cards.get('1.000001'))).toContain('nobody knows whether it was done');
  });
});

describe('a hold that the agent placed and somebody kept', () => {
  it('may be undone from the card, and is then wrong', async () => {
    const { approval, decision, at, ports, cards } = await held(DONE);
    await answerClick(at(now5), click(approval, ANNA));
    await answerClick(at(DONE), click(approval, ANNA, 'undo'));
    await takeBack({ ...ports, now: DONE }, approval.approval_id, async () => obliging);
    const after = (await loadJob(dynamo.table, decision)) ?? expect.fail('no row');
    expect(after.effect?.status).toBe('undone');
    expect(words(cards.get('1.000001'))).toContain('*Undone*');
    const labelled = { ...after, label_at: minutesAfter(ASKED, 5).toISOString(), long_wait: true };
    expect(ledgerEntry(labelled, 0.5)).toMatchObject({ done: true, touched: true, undone: true });
  });

  it('was no fault of the agent where a human had asked for it', () => {
    const decision = aDecision({ asks: { tier: 4, ...requeue({ action: 'hold', target: undefined }) } });
    const decisionId = effectIdOf(decision.decisionId, 'asked');
    const approved_effect = {
      status: 'undone',
      action: 'hold',
      decisionId,
      at: ASKED.toISOString(),
      intervened: true,
    } as const;
    const { clusterId, jobId, submittedAt } = decision;
    const row = { ...jobKey(decision), v: 1 as const, cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt };
    const labelled = {
      ...row,
      decision,
      approved_effect,
      label_at: minutesAfter(ASKED, 5).toISOString(),
      long_wait: true,
    };
    expect(ledgerEntry(labelled, 0.5)).toMatchObject({ done: false, touched: true, undone: false });
  });
});
