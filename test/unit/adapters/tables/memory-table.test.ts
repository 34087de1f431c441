import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audit } from '../../../../functions/adapters/tables/approval-audit.ts';
import { loadApproval } from '../../../../functions/adapters/tables/approval-item.ts';
import {
  askUndo,
  markAnnounced,
  markReminded,
  markShown,
  noteEffect,
  recordCard,
} from '../../../../functions/adapters/tables/approval-notes.ts';
import {
  closeApproval,
  decideApproval,
  expireApproval,
  openApproval,
  voidApproval,
  voidQuestion,
} from '../../../../functions/adapters/tables/approvals.ts';
import { freePlace, takePlace } from '../../../../functions/adapters/tables/asking.ts';
import { changeCrowd } from '../../../../functions/adapters/tables/question-lists.ts';
import { changeStatements } from '../../../../functions/adapters/tables/statements.ts';
import type { Table } from '../../../../functions/adapters/tables/table.ts';
import { deleteToken, loadToken } from '../../../../functions/adapters/tables/task-tokens.ts';
import { joined } from '../../../../functions/domain/crowd.ts';
import { withStatement } from '../../../../functions/domain/rolling-statements.ts';
import { subjectOf } from '../../../../functions/domain/subject.ts';
import type { Decision } from '../../../../schemas/decision.ts';
import type { ApprovalItem } from '../../../../schemas/items/approval.ts';
import { useTable } from '../../../fixtures/handlers.ts';
import { memoryTable } from '../../../fixtures/memory-table.ts';
import { ANNA, ASKED, aDecision, EXPIRES, minutesAfter } from '../../application/approvals/builders.ts';

const dynamo = useTable();

const terms = { alternatives: [], undo_seconds: 900, cards_at_once: 3 };
const about = { question: 'act', executionArn: 'a', channel: '#a', terms } as const;
const subjectIn = (decision: Decision) => subjectOf(decision, 'act') ?? expect.fail('asks nothing');
const LIMITS = { open: 6, perHour: 6, keptForGate: 2 };
const said = (decisionId: string, now: Date) => ({
  ...{ decisionId, tier: 'warn' as const, dryRun: false, at: now.toISOString() },
  ...{ line: decisionId, because: 'score', mark: 'calibration: 72%' },
});
type Write = (table: Table, approval: ApprovalItem, now: Date) => Promise<unknown>;
const WRITES: Record<string, Write> = {
  again: (table, { pinned }, now) =>
    openApproval(table, { ...about, decision: pinned, subject: subjectIn(pinned), taskToken: 'two' }, now),
  approve: (table, { approval_id }, now) =>
    decideApproval(table, approval_id, { status: 'approved', by: ANNA, via: 'slack', reason: 'yes' }, now),
  expire: (table, { approval_id }, now) => expireApproval(table, approval_id, now),
  void: (table, { approval_id }, now) => voidApproval(table, approval_id, 'started', now),
  overtake: (table, { approval_id }, now) => voidQuestion(table, approval_id, 'started', now),
  join: (table, { approval_id }) => changeCrowd(table, approval_id, (crowd) => joined(crowd, approval_id, 1)),
  ask: (table, { approval_id: id }, now) =>
    takePlace(table, id, { id, tier: 3, until: now.getTime() + 60_000 }, LIMITS, now),
  free: (table, { approval_id: id }, now) => freePlace(table, id, id, now),
  tell: (table, { approval_id: id }, now) =>
    changeStatements(table, id, (all) => withStatement(all, said(id, now), 60_000)),
  card: (table, { approval_id }) => recordCard(table, approval_id, { channel: 'C1', ts: '1.1' }),
  announce: (table, approval, now) => markAnnounced(table, approval, now),
  close: (table, approval) => closeApproval(table, approval),
  effect: (table, { approval_id }, now) => noteEffect(table, approval_id, { status: 'done', at: now.toISOString() }),
  undo: (table, { approval_id }, now) => askUndo(table, approval_id, ANNA, now),
  remind: (table, { approval_id }, now) => markReminded(table, approval_id, now),
  shown: (table, { approval_id }) => markShown(table, approval_id, 'x'),
  audit: (table, approval, now) => audit(table, approval, { at: now.toISOString(), who: ANNA, what: 'looked' }),
  token: (table, { approval_id }) => deleteToken(table, approval_id, 'one'),
};

async function everything(table: Table, { PK, approval_id }: ApprovalItem) {
  const query = { KeyConditionExpression: 'PK = :pk', ExpressionAttributeValues: { ':pk': PK } };
  const answer = await table.client.send(new QueryCommand({ TableName: table.name, ...query }));
  return { items: answer.Items, token: await loadToken(table, approval_id) };
}

describe('the table in memory', () => {
  it('answers and keeps just what a real one does, whatever the order of writes', async () => {
    const order = fc.array(fc.constantFrom(...Object.keys(WRITES)), { minLength: 8, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(order, async (names) => {
        const decision = aDecision();
        const asked = { ...about, decision, subject: subjectIn(decision), taskToken: 'one' };
        const results = [dynamo.table, memoryTable().table].map(async (table) => {
          const told: unknown[] = [];
          let approval = await openApproval(table, asked, ASKED);
          for (const [index, name] of names.entries()) {
            told.push(await WRITES[name]?.(table, approval, minutesAfter(index % 2 ? EXPIRES : ASKED, index - 7)));
            // Some writers work with what they read a while ago.
            if (index % 3) approval = (await loadApproval(table, approval.approval_id)) ?? approval;
          }
          return { told, kept: await everything(table, approval) };
        });
        const [real, memory] = await Promise.all(results);
        expect(memory).toEqual(real);
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});
