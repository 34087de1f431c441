import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { loadJob, recordEffect } from '../../../functions/adapters/job-store.ts';
import { SchedulerRefused, SchedulerUnavailable } from '../../../functions/adapters/schedulers/errors.ts';
import type { Scheduler } from '../../../functions/adapters/schedulers/scheduler.ts';
import { answerClick } from '../../../functions/adapters/slack/answer-click.ts';
import { sweep } from '../../../functions/adapters/slack/sweep.ts';
import { jobKey } from '../../../functions/adapters/table.ts';
import { takeBack } from '../../../functions/adapters/take-back.ts';
import { argumentsHash } from '../../../functions/domain/ids.ts';
import { ledgerEntry, mayYetBeUndone } from '../../../functions/domain/outcome.ts';
import { toFollow, undoState } from '../../../functions/domain/undoing.ts';
import type { Effect } from '../../../schemas/effect.ts';
import type { PlacedEffect } from '../../../schemas/ports/scheduler.ts';
import { ANNA, ASKED, aDecision, anApproval, BEN, buttons, minutesAfter, OWNER, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();
const DONE = minutesAfter(ASKED, 6);

const ROUND = { clusterId: 'west-1', jobId: 'job-17', submittedAt: ASKED.toISOString() };

/** An approved requeue that Act has done and read back. */
async function approvedAndDone(change: Partial<Effect> = {}) {
  const question = await asked();
  const { approval, decision, at } = question;
  const hash = argumentsHash(decision.arguments ?? expect.fail('nothing to do'));
  const placed: PlacedEffect = {
    decisionId: decision.decisionId,
    action: 'requeue',
    jobId: 'job-17',
    target: 'short',
    before: { queue: 'long' },
    undone: false,
  };
  const row = {
    ...jobKey(ROUND),
    v: 1,
    cluster_id: 'west-1',
    job_id: 'job-17',
    submitted_at: ROUND.submittedAt,
    decision: { ...decision, argumentsHash: hash },
  };
  await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: row }));
  await answerClick(at(now5), click(approval, ANNA));
  const common = { action: 'requeue', decisionId: decision.decisionId, at: DONE.toISOString(), intervened: true };
  await recordEffect(dynamo.table, ROUND, { ...common, status: 'done', undo: placed, ...change });
  const card = () => question.cards.get('1.000001');
  const effect = async () => (await loadJob(dynamo.table, ROUND))?.effect;
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
    ['dryRun', 'would have moved it', '*Dry run*, 2026-11-20 08:06 UTC: would have moved it. Nothing was touched'],
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
    const { approval, at, edges, card, events, effect, whispers } = await approvedAndDone();
    await sweep(at(minutesAfter(ASKED, 7)));
    await answerClick(at(minutesAfter(ASKED, 8)), click(approval, BEN, 'undo'));
    await answerClick(at(minutesAfter(ASKED, 8)), click(approval, ANNA, 'undo'));
    expect(whispers).toEqual([expect.stringContaining('asked to undo this already')]);
    const wanted = { type: 'UndoRequested', detail: { approvalId: approval.approval_id } };
    expect(events.filter(({ type }) => type === 'UndoRequested')).toMatchObject([wanted]);
    expect(words(card())).toContain('It is being taken back');

    await takeBack({ ...edges, now: minutesAfter(ASKED, 9) }, approval.approval_id, async () => obliging);
    expect(await effect()).toMatchObject({ status: 'undone', intervened: true });
    expect(words(card())).toContain('*Taken back*, 2026-11-20 08:09 UTC, and read back from the scheduler.');
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
    const { approval, at, edges, card, effect } = await approvedAndDone();
    await answerClick(at(minutesAfter(ASKED, 7)), click(approval, ANNA, 'undo'));
    await takeBack({ ...edges, now: minutesAfter(ASKED, 8) }, approval.approval_id, async () => failing);
    expect((await effect())?.status).toBe('failed');
    expect(words(card())).toContain('*Failed*');
    expect(words(card())).toContain(said);
  });

  it('that got lost on its way is asked for again by the sweeper until it is done', async () => {
    const { approval, edges, at, events } = await approvedAndDone();
    const deaf = { ...edges, now: minutesAfter(ASKED, 7), emit: () => Promise.reject(new Error('bus down')) };
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
    const { approval, at, whispers, events } = await approvedAndDone();
    await answerClick(at(minutesAfter(ASKED, 7)), click(approval, OWNER, 'undo'));
    await sweep(at(minutesAfter(ASKED, 7)));
    await answerClick(at(minutesAfter(DONE, 15)), click(approval, ANNA, 'undo'));
    expect(whispers).toEqual([expect.stringContaining('this is your own job'), 'The time to undo this is over.']);
    expect(events.map(({ type }) => type)).not.toContain('UndoRequested');
  });

  it('undoes nothing for an event alone', async () => {
    const { approval, edges, effect } = await approvedAndDone();
    expect(await takeBack(edges, approval.approval_id, async () => obliging)).toBeNull();
    expect((await effect())?.status).toBe('done');
  });
});

describe('what may be undone', () => {
  const decided = { status: 'approved', decided_at: now5.toISOString(), decided_by: ANNA } as const;
  const irreversible = aDecision({ arguments: { action: 'terminate', clusterId: 'west-1', jobId: 'job-17' } });

  it.each([
    ['approved, not known to be done yet', anApproval(decided), 'open'],
    ['an action that nobody can take back', anApproval({ ...decided, pinned: irreversible }), 'never'],
    ['undo switched off', anApproval({ ...decided, undo_seconds: 0 }), 'never'],
    ['denied', anApproval({ ...decided, status: 'denied' }), 'never'],
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

describe('an undone intervention of the agent', () => {
  const decision = aDecision({ executed: true, next: 'act', scope: 'autonomous', tier: 4 });
  const effect = (status: Effect['status']): Effect => ({
    status,
    action: 'hold',
    decisionId: decision.decisionId,
    at: ASKED.toISOString(),
    intervened: true,
  });
  const row = {
    ...jobKey(ROUND),
    v: 1 as const,
    cluster_id: 'west-1',
    job_id: 'job-17',
    submitted_at: ASKED.toISOString(),
    decision,
    status: 'approved' as const,
    closed_at: now5.toISOString(),
    label_at: minutesAfter(ASKED, 5).toISOString(),
    long_wait: true,
  };

  it('that a human had kept is settled only when it cannot be undone from the card any more', () => {
    const kept = { ...row, effect: effect('done') };
    expect(mayYetBeUndone(kept, 15, minutesAfter(now5, 19.9))).toBe(true);
    expect(mayYetBeUndone(kept, 15, minutesAfter(now5, 20))).toBe(false);
    expect(mayYetBeUndone(kept, 0, now5)).toBe(false);
    expect(mayYetBeUndone({ ...kept, status: 'executed' }, 15, now5)).toBe(false);
  });

  it('is settled at once when it is undone, and counts as harm', () => {
    const undone = { ...row, effect: effect('undone') };
    expect(mayYetBeUndone(undone, 15, now5)).toBe(false);
    expect(ledgerEntry(undone)).toMatchObject({ executed: true, harmed: true, intervened: true });
  });

  it('was no harm of the agent when a human had approved it', () => {
    const approved = { ...row, decision: { ...decision, executed: false }, effect: effect('undone') };
    expect(ledgerEntry(approved)).toMatchObject({ executed: false, harmed: false });
  });
});
