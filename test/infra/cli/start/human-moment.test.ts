import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Ending, HumanMoment } from '../../../../infra/cli/start/human-moment.ts';
import type { EventType, HistoryEvent } from '../../../../infra/runtime/engine/history.ts';
import type { ApprovalItem } from '../../../../schemas/items/approval.ts';
import { anApproval } from '../../../unit/application/approvals/builders.ts';

const arnOf = (job: string) => `arn:aws:states:eu-west-1:1:execution:vgac-agentic-job-workflow:${job}`;
const event = (type: EventType, name: string, output: unknown = {}) =>
  ({ id: 1, previousEventId: 0, timestamp: 0, type, name, output }) as HistoryEvent;

function world({ status = 'pending', seen: outcomes = 10 }: { status?: ApprovalItem['status']; seen?: number } = {}) {
  const told: string[] = [];
  const seen = { held: 0, released: 0 };
  const keyboard = Promise.withResolvers<void>();
  const moment = new HumanMoment({
    hold: () => {
      seen.held += 1;
      return () => {
        seen.released += 1;
      };
    },
    questionOf: async (id) => ({
      ...anApproval({ status, card_ts: '1', record: { seen: outcomes, right: 9, promise: 0.65 } }),
      approval_id: id,
    }),
    show: (question) => told.push(`asks ${question.approval_id}`),
    letGo: () => keyboard.promise,
    ended: (ending: Ending) => told.push(ending),
  });
  const asks = (job: string, action = 'requeue') => {
    const question = { tier: 3, arguments: { action, clusterId: 'c', jobId: job }, argumentsHash: 'h' };
    const decision = { decisionId: `dec_${job}`, clusterId: 'c', jobId: job, asks: question };
    moment.observe(arnOf(job), event('TaskStateExited', 'PredictInShadow', decision));
    moment.observe(arnOf(job), event('TaskStateEntered', 'RequestApproval'));
  };
  const leaves = (job: string) => moment.observe(arnOf(job), event('TaskStateExited', 'RequestApproval'));
  const settled = async () => {
    for (let i = 0; i < 5; i++) await turn();
  };
  return { moment, told, seen, asks, leaves, settled, enter: keyboard.resolve };
}

describe('waiting for a person', () => {
  it('holds time at the third question, and not before', async () => {
    const { asks, told, seen, settled } = world();
    asks('a');
    asks('b');
    await settled();
    expect(seen.held).toBe(0);
    asks('c');
    await settled();
    expect(told).toEqual(['asks dec_c']);
    expect(seen).toEqual({ held: 1, released: 0 });
  });

  it('goes on when the question is answered, wherever that was', async () => {
    const { asks, leaves, told, seen, settled } = world();
    for (const job of ['a', 'b', 'c']) asks(job);
    await settled();
    leaves('b');
    await settled();
    expect(seen.released).toBe(0);
    leaves('c');
    await settled();
    expect(told).toEqual(['asks dec_c', 'answered']);
    expect(seen).toEqual({ held: 1, released: 1 });
  });

  it('goes on at Enter, and waits for no other question', async () => {
    const { asks, enter, told, seen, settled } = world();
    for (const job of ['a', 'b', 'c']) asks(job);
    await settled();
    enter();
    await settled();
    for (const job of ['d', 'e', 'f', 'g']) asks(job);
    await settled();
    expect(told).toEqual(['asks dec_c', 'left']);
    expect(seen).toEqual({ held: 1, released: 1 });
  });

  it('goes on when the run is ended meanwhile', async () => {
    const { moment, asks, told, seen, settled } = world();
    for (const job of ['a', 'b', 'c']) asks(job);
    await settled();
    moment.end();
    await settled();
    expect(told).toEqual(['asks dec_c', 'over']);
    expect(seen.released).toBe(1);
  });

  it('waits only for a question whose answer shows: a move to another queue', async () => {
    const { asks, told, settled } = world();
    for (const job of ['a', 'b', 'c']) asks(job, 'adjust-priority');
    await settled();
    expect(told).toEqual([]);
    asks('d');
    await settled();
    expect(told).toEqual(['asks dec_d']);
  });

  it('holds time while it looks for the question, and lets go when that is over before it can be seen', async () => {
    const { asks, leaves, told, seen, settled } = world({ status: 'void' });
    for (const job of ['a', 'b', 'c']) asks(job);
    expect(seen).toEqual({ held: 1, released: 0 });
    await settled();
    leaves('c');
    await settled();
    expect(told).toEqual([]);
    expect(seen.released).toBe(1);
  });

  it('leaves out questions about which nothing is known yet, but not for ever', async () => {
    const { asks, leaves, told, seen, settled } = world({ seen: 9 });
    for (let i = 1; i <= 12; i++) {
      asks(`j${i}`);
      await settled();
      if (i < 12) leaves(`j${i}`);
    }
    expect(told).toEqual(['asks dec_j12']);
    expect(seen.held - seen.released).toBe(1);
  });
});
