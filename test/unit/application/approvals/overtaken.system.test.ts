import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it, vi } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { loadAskPlaces, takePlace } from '../../../../functions/adapters/tables/asking.ts';
import { closeJob, recordDecision, recordEffect } from '../../../../functions/adapters/tables/jobs.ts';
import { joinOutcomeToRow } from '../../../../functions/adapters/tables/outcomes.ts';
import { jobKey, putItem, table } from '../../../../functions/adapters/tables/table.ts';
import { answerOutsideSlack } from '../../../../functions/application/approvals/answer-outside-slack.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { voidQuestions } from '../../../../functions/application/approvals/void-questions.ts';
import { handler as ingest } from '../../../../functions/events/ingest-outcome.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import { context } from '../../../fixtures/handlers.ts';
import { ANNA, ASKED, aConfig, aDecision, aHold, BEN, buttons, minutesAfter, recorder, words } from './builders.ts';
import { useApprovalHandlers } from './handlers.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();
const STARTED = minutesAfter(ASKED, 3);
const STARTS = { type: 'JobStarted', at: STARTED.toISOString(), ofTask: false } as const;
const CANCELS = { type: 'JobCancelled', at: STARTED.toISOString(), ofTask: false } as const;

/** A question about a job whose row is on record, as it is while the machine waits. */
async function waiting(of: Parameters<typeof asked>[0] = {}) {
  const question = await asked(of);
  const { clusterId, jobId, submittedAt } = question.decision;
  const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, claimed_by: 'arn:execution' };
  await putItem(dynamo.table, { ...jobKey(question.decision), ...row });
  await recordDecision(dynamo.table, question.decision, ASKED.toISOString());
  const become = (told: typeof STARTS | typeof CANCELS) =>
    joinOutcomeToRow(dynamo.table, question.decision, told, 300, STARTED);
  return { ...question, become };
}

describe('a question whose job no longer waits', () => {
  it.each([
    [STARTS, 'the job started, 2026-11-20 08:03 UTC'],
    [CANCELS, 'the job was cancelled, 2026-11-20 08:03 UTC'],
  ])('is void at once, resumes its execution, and says so on its card', async (told, why) => {
    const { approval, decision, at, become, stored, resumed, cards } = await waiting();
    await become(told);
    expect(await voidQuestions(at(STARTED), decision)).toBe(1);
    expect(await stored()).toMatchObject({ status: 'void', decided_reason: why, decided_by: 'vgac-agentic' });
    expect(resumed).toMatchObject([{ token: 'token-1', answer: { decision: 'void', reason: why } }]);
    expect(words(cards.get('1.000001'))).toContain(`🚫 *Void*, 2026-11-20 08:03 UTC: ${why}; nothing is done.`);
    expect(buttons(cards.get('1.000001'))).toEqual([]);
    expect(await isOpen(approval)).toBe(false);
    expect(await auditOf(approval)).toContain('vgac-agentic: void');
  });

  it('is void for whoever answers later, from wherever, and never approved', async () => {
    const { approval, decision, at, become, privateReplies, stored } = await waiting();
    await become(STARTS);
    await voidQuestions(at(STARTED), decision);
    await answerClick(at(now5), click(approval, ANNA));
    expect(privateReplies).toEqual([expect.stringContaining('🚫 *Void*, 2026-11-20 08:03 UTC: the job started')]);
    const body = Buffer.from(JSON.stringify({ approvalId: approval.approval_id, action: 'approve' }));
    const reply = await answerOutsideSlack(at(now5), { lambda: { person: ANNA, via: 'cli' } }, body);
    expect(reply).toEqual({
      outcome: 'tooLate',
      message: 'Void, 2026-11-20 08:03 UTC: the job started, 2026-11-20 08:03 UTC; nothing is done.',
    });
    expect((await stored()).status).toBe('void');
  });

  it.each(['approve', 'deny'] as const)(
    'is void for a click on %s that comes before the start is looked at',
    async (action) => {
      const { approval, at, become, privateReplies, resumed, stored } = await waiting();
      await become(STARTS);
      await answerClick(at(now5), click(approval, ANNA, action));
      expect(privateReplies).toEqual([expect.stringContaining('*Void*, 2026-11-20 08:05 UTC: the job started')]);
      expect(resumed).toMatchObject([{ answer: { decision: 'void' } }]);
      expect((await stored()).status).toBe('void');
    },
  );

  it('leaves an answer that was faster as it is', async () => {
    const { approval, decision, at, become, stored } = await waiting();
    await answerClick(at(minutesAfter(ASKED, 2)), click(approval, BEN));
    await become(STARTS);
    expect(await voidQuestions(at(STARTED), decision)).toBe(0);
    expect((await stored()).status).toBe('approved');
  });

  it('has one end, whoever is first of a click and the start', async () => {
    for (let round = 0; round < 10; round++) {
      const { approval, decision, at, become, stored, resumed } = await waiting({
        token: `token-${round}`,
        about: { jobId: `raced-${round}` },
      });
      await become(STARTS);
      await Promise.all([voidQuestions(at(STARTED), decision), answerClick(at(STARTED), click(approval, ANNA))]);
      const { status } = await stored();
      expect(resumed.map(({ answer }) => answer.decision)).toEqual([status]);
    }
  });

  it('is void for whoever answers once its execution was stopped, from wherever, and says why', async () => {
    const { approval, decision, at, cards, privateReplies, stored } = await waiting();
    await closeJob(dynamo.table, decision, { status: 'failed', at: STARTED });
    const body = Buffer.from(JSON.stringify({ approvalId: approval.approval_id, action: 'approve' }));
    const reply = await answerOutsideSlack(at(now5), { lambda: { person: ANNA, via: 'cli' } }, body);
    const why = 'Void, 2026-11-20 08:05 UTC: the execution that asked is over; nothing is done.';
    expect(reply).toEqual({ outcome: 'tooLate', message: why });
    expect((await stored()).status).toBe('void');
    await answerClick(at(now5), click(approval, BEN));
    expect(privateReplies).toEqual([expect.stringContaining('the execution that asked is over')]);
    expect(words(cards.get('1.000001'))).toContain('*Void*');
    expect(buttons(cards.get('1.000001'))).toEqual([]);
  });

  it('gives its place back to the next question', async () => {
    const { decision, at, become } = await waiting();
    const question = { id: decision.decisionId, tier: 3, until: minutesAfter(ASKED, 240).getTime() };
    await takePlace(dynamo.table, 'west-1', question, aConfig().asking, ASKED);
    await become(STARTS);
    await voidQuestions(at(STARTED), decision);
    expect((await loadAskPlaces(dynamo.table, 'west-1')).open).toEqual([]);
  });

  it('is void also where a hold would have been kept, and the hold is over by itself', async () => {
    const { approval, at, become, decision, cards } = await waiting({ question: 'keep' });
    await become(CANCELS);
    expect(await voidQuestions(at(STARTED), decision)).toBe(1);
    expect(words(cards.get('1.000001'))).toContain('🚫 *Void*, 2026-11-20 08:03 UTC: the job was cancelled');
    expect(approval.approval_id).toMatch(/-keep$/);
  });

  it('is never shown where the start came first', async () => {
    const about = aDecision();
    const { clusterId, jobId, submittedAt } = about;
    const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, started_at: ASKED.toISOString() };
    await putItem(dynamo.table, { ...jobKey(about), ...row });
    const { approval, posts, events, at, resumed } = await asked();
    expect(approval.status).toBe('void');
    expect(posts).toEqual([]);
    expect(events).toMatchObject([{ type: 'ApprovalDecided', detail: { decision: 'void' } }]);
    // Which wakes up the sweeper: the one that may answer the token.
    await sweep(at(ASKED));
    expect(resumed).toMatchObject([{ token: 'token-1', answer: { decision: 'void' } }]);
    expect(posts).toEqual([]);
  });

  it('is found by the sweeper, where whoever recorded the start died before it could say so', async () => {
    const { at, become, stored, resumed } = await waiting();
    await become(STARTS);
    await sweep(at(now5));
    expect((await stored()).status).toBe('void');
    expect(resumed).toHaveLength(1);
  });

  it('is void where its execution has broken', async () => {
    const { decision, at, stored } = await waiting();
    await putItem(dynamo.table, {
      ...jobKey(decision),
      ...{ cluster_id: 'west-1', job_id: 'job-17', submitted_at: decision.submittedAt, decision },
      ...{ closed_at: now5.toISOString(), status: 'failed' },
    });
    await sweep(at(now5));
    expect(await stored()).toMatchObject({ status: 'void', decided_reason: 'the execution that asked is over' });
  });

  it('is looked for only where somebody may be asked', async () => {
    const decision = aDecision({ asks: null, next: 'withhold', jobId: 'unasked' });
    const { clusterId, jobId, submittedAt } = decision;
    const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, started_at: STARTS.at, decision };
    await putItem(dynamo.table, { ...jobKey(decision), ...row });
    const { at } = recorder(dynamo.table);
    expect(await voidQuestions(at(STARTED), decision)).toBe(0);
    expect(await voidQuestions(at(STARTED), { ...decision, jobId: 'unknown' })).toBe(0);
  });
});

describe('IngestOutcome', () => {
  const { slack, bus, ask, answers, stored } = useApprovalHandlers();

  async function open(decision: Decision, question: 'act' | 'keep' = 'act') {
    const store = table(process.env.DYNAMODB_TABLE_NAME ?? expect.fail('no table'));
    const { clusterId, jobId, submittedAt } = decision;
    const row = { cluster_id: clusterId, job_id: jobId, submitted_at: submittedAt, claimed_by: 'arn:execution' };
    await putItem(store, { ...jobKey(decision), ...row, decision });
    if (decision.executed) {
      const { decisionId } = decision;
      const effect = { status: 'done', action: 'hold', decisionId, at: ASKED.toISOString(), intervened: true } as const;
      await recordEffect(store, decision, effect);
    }
    await ask(decision, 'token-1', question);
  }
  const started = (decision: Decision) => ({
    source: 'vgac.collectors',
    'detail-type': 'JobStarted',
    detail: {
      ...{ schemaVersion: 1, clusterId: decision.clusterId, jobId: decision.jobId },
      ...{ submittedAt: decision.submittedAt, startedAt: STARTED.toISOString() },
    },
  });

  it('makes the question void, answers its token and shows it, with one event', async () => {
    const decision = aDecision({ jobId: 'ingested-1' });
    await open(decision);
    vi.setSystemTime(STARTED);
    expect(await ingest(started(decision), context)).toMatchObject({ contradicts: false });
    expect((await stored(decision.decisionId))?.status).toBe('void');
    expect(answers()).toMatchObject([{ taskToken: 'token-1', output: expect.stringContaining('"void"') }]);
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'chat.update']);
    const events = bus.commandCalls(PutEventsCommand).flatMap(({ args: [{ input }] }) => input.Entries ?? []);
    expect(events.filter(({ DetailType }) => DetailType === 'ApprovalDecided')).toHaveLength(1);
  });

  it('records the void and folds the outcome although Slack is down', async () => {
    const decision = aHold({ jobId: 'ingested-2' });
    await open(decision, 'keep');
    slack.down = true;
    vi.setSystemTime(STARTED);
    expect(await ingest(started(decision), context)).toMatchObject({ contradicts: false });
    expect((await stored(`${decision.decisionId}-keep`))?.status).toBe('void');
    expect(answers()).toHaveLength(1);
  });

  it('does the same again for an event that comes twice, and changes nothing', async () => {
    const decision = aDecision({ jobId: 'ingested-3' });
    await open(decision);
    vi.setSystemTime(STARTED);
    await ingest(started(decision), context);
    await ingest(started(decision), context);
    expect(answers()).toHaveLength(1);
  });
});
