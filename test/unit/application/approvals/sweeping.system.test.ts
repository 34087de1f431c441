import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import { SlackRefused, SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { voidApproval } from '../../../../functions/adapters/tables/approvals.ts';
import { loadToken } from '../../../../functions/adapters/tables/task-tokens.ts';
import { sweep } from '../../../../functions/application/approvals/sweep.ts';
import { answerOf } from '../../../../functions/domain/approval.ts';
import { ANNA, ASKED, BEN, buttons, EXPIRES, minutesAfter, recorder, withSlack, words } from './builders.ts';
import { now5, useQuestions } from './questions.ts';

const { dynamo, asked, click, auditOf, isOpen } = useQuestions();

describe('a crash', () => {
  const broken = () => Promise.reject(new Error('crashed here'));

  it.each(['answerTask', 'emit', 'update'] as const)('at %s is finished by the sweeper, once', async (step) => {
    const { approval, ports, stored } = await asked();
    const failing = {
      ...(step === 'update' ? withSlack(ports, { update: broken }) : { ...ports, [step]: broken }),
      now: now5,
    };
    await answerClick(failing, click(approval, ANNA));
    expect((await stored()).status).toBe('approved');
    expect(await isOpen(approval)).toBe(true);

    const after = recorder(dynamo.table);
    await sweep(after.at(minutesAfter(ASKED, 6)));
    await sweep(after.at(minutesAfter(ASKED, 7)));
    expect(await isOpen(approval)).toBe(false);
    expect(await loadToken(dynamo.table, approval.approval_id)).toBeNull();
    expect(after.resumed).toHaveLength(step === 'answerTask' ? 1 : 0);
    expect(after.events.filter(({ type }) => type === 'ApprovalDecided')).toHaveLength(step === 'emit' ? 1 : 0);
    expect(buttons(after.cards.get('1.000001') ?? { text: '', blocks: [] })).toEqual([]);
    expect(words(after.cards.get('1.000001'))).toContain('*Approved* by <@U0ANNA>');
  });

  it('between the answer and its token lets the execution say that it is closed', async () => {
    const { approval, at, stored } = await asked();
    await answerClick({ ...at(now5), answerTask: broken }, click(approval, ANNA));
    const after = recorder(dynamo.table, { answerTask: async () => 'closed' });
    await sweep(after.at(minutesAfter(ASKED, 6)));
    expect(await isOpen(approval)).toBe(false);
    expect((await stored()).status).toBe('approved');
    expect(await auditOf(approval)).toContain('vgac-agentic: found the execution closed');
  });

  it('of the card being deleted by somebody does not keep the approval open', async () => {
    const { approval, ports, warnings } = await asked();
    const gone = () => Promise.reject(new SlackRefused('chat.update', 'message_not_found'));
    await answerClick({ ...withSlack(ports, { update: gone }), now: now5 }, click(approval, ANNA));
    expect(warnings).toEqual(['the card is gone: MessageGone']);
    await sweep(recorder(dynamo.table).at(minutesAfter(ASKED, 6)));
    expect(await isOpen(approval)).toBe(false);
  });
});

describe('the sweeper', () => {
  it('answers the token of a question that was asked again after the decision', async () => {
    const { approval, at, request, posts } = await asked();
    await answerClick(at(now5), click(approval, BEN, 'deny'));
    await request('token-2');
    const after = recorder(dynamo.table);
    await sweep(after.at(minutesAfter(ASKED, 6)));
    expect(after.resumed).toEqual([
      { token: 'token-2', answer: expect.objectContaining({ decision: 'denied', by: BEN }) },
    ]);
    expect(posts.filter(({ thread }) => thread === undefined)).toHaveLength(1);
    expect(await isOpen(approval)).toBe(false);
  });

  it('expires what nobody answered, but only a minute after the machine should have', async () => {
    const { approval, at, resumed, stored, cards } = await asked();
    await sweep(at(minutesAfter(EXPIRES, 1)));
    expect((await stored()).status).toBe('pending');
    await sweep(at(minutesAfter(EXPIRES, 1.1)));
    expect((await stored()).status).toBe('expired');
    expect(resumed).toEqual([{ token: 'token-1', answer: expect.objectContaining({ decision: 'expired' }) }]);
    expect(words(cards.get('1.000001'))).toContain('*Expired*: nobody answered');
    expect(await isOpen(approval)).toBe(false);
  });

  it('goes on when one approval is poisoned, and reports it', async () => {
    const poison = { PK: 'APPROVAL#poison', SK: 'APPROVAL', v: 1, listing: 'APPROVALS#OPEN', listing_key: '0#poison' };
    await dynamo.table.client.send(new PutCommand({ TableName: dynamo.table.name, Item: poison }));
    const first = await asked();
    const second = await asked({ token: 'token-good' });
    for (const { approval, ports } of [first, second]) {
      await answerClick(
        { ...ports, now: now5, answerTask: () => Promise.reject(new Error('x')) },
        click(approval, ANNA),
      );
    }
    const after = recorder(dynamo.table, {
      answerTask: async (token) => (token === 'token-1' ? Promise.reject(new Error('InvalidToken')) : 'resumed'),
    });
    const report = await sweep(after.at(minutesAfter(ASKED, 6)));
    expect(report.failed).toBe(2);
    expect(after.warnings).toHaveLength(2);
    expect(await isOpen(second.approval)).toBe(false);
    expect(await isOpen(first.approval)).toBe(true);
  });

  it('may run twice at once', async () => {
    const { approval, at, resumed } = await asked();
    const late = at(minutesAfter(EXPIRES, 2));
    await Promise.all([sweep(late), sweep(late)]);
    expect(new Set(resumed.filter(({ token }) => token === 'token-1').map(({ answer }) => answer.decision))).toEqual(
      new Set(['expired']),
    );
    expect(await isOpen(approval)).toBe(false);
  });

  it('asks Slack no more in a run once Slack is down, and resumes executions all the same', async () => {
    const both = [await asked({ token: 'a' }), await asked({ token: 'b' })];
    for (const { approval, ports } of both) {
      await answerClick(
        { ...ports, now: now5, answerTask: () => Promise.reject(new Error('x')) },
        click(approval, ANNA),
      );
    }
    let asking = 0;
    const after = recorder(dynamo.table);
    const down = () => {
      asking += 1;
      return Promise.reject(new SlackUnavailable('down'));
    };
    await sweep(withSlack(after.at(minutesAfter(ASKED, 6)), { update: down, post: down }));
    expect(asking).toBe(1);
    expect(after.resumed.map(({ token }) => token)).toEqual(expect.arrayContaining(['a', 'b']));
    await sweep(after.at(minutesAfter(ASKED, 7)));
    expect(await Promise.all(both.map(({ approval }) => isOpen(approval)))).toEqual([false, false]);
  });
});

describe('a void approval', () => {
  it('says why on the card, keeps who approved, and is announced as void', async () => {
    const { approval, at, ports, stored, cards, events } = await asked();
    await answerClick(at(now5), click(approval, ANNA));
    const { approval: voided } = await voidApproval(
      ports.table,
      approval.approval_id,
      'job already started',
      minutesAfter(ASKED, 6),
    );
    expect(answerOf(voided)).toMatchObject({ decision: 'void', by: 'vgac-agentic', reason: 'job already started' });
    await sweep(at(minutesAfter(ASKED, 7)));
    expect(words(cards.get('1.000001'))).toContain('*Void*, 2026-11-20 08:06 UTC: job already started');
    expect(events.at(-1)).toMatchObject({ type: 'ApprovalDecided', detail: { decision: 'void', by: 'vgac-agentic' } });
    expect((await stored()).decided_by).toBe(ANNA);
    expect(await isOpen(approval)).toBe(false);
  });

  it('keeps its first reason when it is voided again', async () => {
    const { approval, ports } = await asked();
    await voidApproval(ports.table, approval.approval_id, 'first', now5);
    const again = await voidApproval(ports.table, approval.approval_id, 'second', now5);
    expect(again).toMatchObject({ won: false, approval: { decided_reason: 'first' } });
  });
});
