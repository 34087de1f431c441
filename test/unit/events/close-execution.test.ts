import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadApproval } from '../../../functions/adapters/tables/approval-item.ts';
import { decideApproval, openApproval } from '../../../functions/adapters/tables/approvals.ts';
import { loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { closeJob, loadJob, recordDecision } from '../../../functions/adapters/tables/jobs.ts';
import { subjectOf } from '../../../functions/domain/subject.ts';
import { handler } from '../../../functions/events/close-execution.ts';
import { aSubmission } from '../../fixtures/builders.ts';
import { useTable } from '../../fixtures/handlers.ts';
import { requeue } from '../application/approvals/builders.ts';
import {
  calibrationOf,
  claim,
  configOf,
  decided,
  decisionOf,
  expectNothingTaken,
  instant,
  moment,
  reserve,
  roundOf,
  taken,
  useEmbeddedClock,
} from '../application/outcomes/fixture.ts';

const dynamo = useTable();
const at = useEmbeddedClock();
afterAll(() => vi.unstubAllGlobals());

const broken = (clusterId: string, more: object = {}) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: {
    executionArn: 'arn:execution:job',
    status: 'TIMED_OUT',
    input: JSON.stringify(aSubmission({ clusterId, jobId: 'job', submittedAt: instant(0) })),
    ...more,
  },
});

describe('CloseExecution', () => {
  it('closes the row as failed and gives the place back when nothing was decided', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('undecided'), moment(0));
    await claim(dynamo.table, 'undecided', 'job');
    await reserve(dynamo.table, decisionOf('undecided', 'job'));
    expect(await handler(broken('undecided'), at(90))).toEqual({ outcome: 'closed' });
    expect(await loadJob(dynamo.table, roundOf('undecided', 'job'))).toMatchObject({
      status: 'failed',
      failure: { error: 'Execution.TIMED_OUT' },
      closed_at: instant(90),
    });
    expectNothingTaken(await calibrationOf(dynamo.table, 'undecided'));
  });

  it('keeps the place of a recorded decision until its label folds', async () => {
    await decided(dynamo.table, 'decided', 'job');
    const event = broken('decided', { status: 'FAILED', error: 'States.Runtime', cause: 'no such field' });
    expect(await handler(event, at(90))).toEqual({ outcome: 'closed' });
    expect(await loadJob(dynamo.table, roundOf('decided', 'job'))).toMatchObject({
      status: 'failed',
      failure: { error: 'States.Runtime', cause: 'no such field' },
    });
    expect(taken(await calibrationOf(dynamo.table, 'decided'))).toEqual({ places: 1, open: 1 });
  });

  it('voids the question that its execution waited for, and nothing that was answered', async () => {
    for (const [clusterId, answer] of [
      ['asked', null],
      ['answered', 'approved'],
    ] as const) {
      const decision = { ...decisionOf(clusterId, 'job'), executed: false, next: 'ask' as const };
      const asks = { tier: 3, ...requeue({ clusterId, jobId: 'job' }) };
      await claim(dynamo.table, clusterId, 'job');
      const asking = { ...decision, asks };
      await recordDecision(dynamo.table, asking, instant(300));
      const subject = subjectOf(asking, 'act') ?? expect.fail('asks nothing');
      const terms = { alternatives: [], undo_seconds: 900, cards_at_once: 5 };
      const question = {
        decision: asking,
        question: 'act',
        subject,
        executionArn: 'arn:execution:job',
        taskToken: 't',
      } as const;
      await openApproval(dynamo.table, { ...question, channel: '#gpu', terms }, moment(1));
      const yes = { status: 'approved', by: 'U1', via: 'slack', reason: 'yes' } as const;
      if (answer) await decideApproval(dynamo.table, decision.decisionId, yes, moment(2));
      expect(await handler(broken(clusterId, { status: 'ABORTED' }), at(90))).toEqual({ outcome: 'closed' });
      expect(await loadApproval(dynamo.table, decision.decisionId)).toMatchObject(
        answer
          ? { status: 'approved' }
          : { status: 'void', decided_reason: 'the execution that asked is over', listing: 'APPROVALS#OPEN' },
      );
    }
  });

  it('closes once, and finishes what an earlier try left half done', async () => {
    await loadOrCreateCalibration(dynamo.table, configOf('half'), moment(0));
    await claim(dynamo.table, 'half', 'job');
    await reserve(dynamo.table, decisionOf('half', 'job'));
    await closeJob(dynamo.table, roundOf('half', 'job'), { status: 'failed', at: moment(80) });
    expect(await handler(broken('half'), at(90))).toEqual({ outcome: 'closedBefore' });
    expect(await loadJob(dynamo.table, roundOf('half', 'job'))).toHaveProperty('closed_at', instant(80));
    expectNothingTaken(await calibrationOf(dynamo.table, 'half'));
  });

  it('puts a job on record whose execution broke before it could claim it', async () => {
    expect(await handler(broken('unclaimed'), at(90))).toEqual({ outcome: 'closed' });
    expect(await loadJob(dynamo.table, roundOf('unclaimed', 'job'))).toMatchObject({
      claimed_by: 'arn:execution:job',
      submitted_at: instant(0),
      status: 'failed',
    });
  });

  it('leaves the row of another execution alone', async () => {
    await claim(dynamo.table, 'others', 'job');
    const event = broken('others', { executionArn: 'arn:execution:duplicate' });
    expect(await handler(event, at(90))).toEqual({ outcome: 'notItsJob' });
    expect((await loadJob(dynamo.table, roundOf('others', 'job')))?.closed_at).toBeUndefined();
  });

  it.each([
    ['missing', undefined],
    ['null, as for a large input', null],
    ['not JSON', '{'],
    ['an event that names no job', JSON.stringify(aSubmission({ jobId: undefined }))],
  ])('only reports an execution whose input is %s', async (_, input) => {
    expect(await handler(broken('nameless', { input }), at(90))).toEqual({ outcome: 'noJob' });
  });

  it('refuses an event of another service', async () => {
    const event = { ...broken('x'), source: 'vgac.collectors' };
    await expect(handler(event, at(90))).rejects.toMatchObject({ name: 'MalformedEvent' });
  });
});
