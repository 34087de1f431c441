import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { answerClick } from '../../../../functions/adapters/slack/answer-click.ts';
import type { Slack } from '../../../../functions/adapters/slack/client.ts';
import { SlackRefused, SlackUnavailable } from '../../../../functions/adapters/slack/errors.ts';
import { loadApproval } from '../../../../functions/adapters/tables/approval-item.ts';
import { voidApproval } from '../../../../functions/adapters/tables/approvals.ts';
import { loadPause } from '../../../../functions/adapters/tables/channel-pauses.ts';
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

describe('a channel that takes no messages', () => {
  /** Posting and updating in one channel ends so; all others work. */
  const refusing = (bad: string, how: () => Promise<never>, asking: string[] = []) => {
    const slack = recorder(dynamo.table);
    const post: Slack['post'] = async (channel, message, thread) => {
      asking.push(channel);
      return channel === bad ? how() : slack.ports.slack.post(channel, message, thread);
    };
    return withSlack(slack.ports, { post });
  };
  const down = () => Promise.reject(new SlackUnavailable('no answer'));
  const refused = () => Promise.reject(new SlackRefused('chat.postMessage', 'not_in_channel'));
  /** Asked while Slack was down: no card is there yet. */
  async function unseen(channel: string, token: string) {
    const question = await asked({ token, about: { jobId: token }, config: { slackChannel: channel } });
    await dynamo.table.client.send(
      new UpdateCommand({
        TableName: dynamo.table.name,
        Key: { PK: question.approval.PK, SK: 'APPROVAL' },
        UpdateExpression: 'SET channel = :channel REMOVE card_ts',
        ExpressionAttributeValues: { ':channel': channel },
      }),
    );
    return question;
  }

  it('does not delay an answer elsewhere: every execution goes on before anything is said to anybody', async () => {
    const steps: string[] = [];
    await Promise.all(Array.from({ length: 30 }, (_, i) => unseen('#bad', `bad-${i}`)));
    const good = await unseen('#good', 'token-good');
    const later = { ...good.ports, now: now5, answerTask: () => Promise.reject(new Error('x')) };
    await answerClick(later, click(good.approval, ANNA));
    const ports = refusing('#bad', async () => {
      steps.push('asked the bad channel');
      return refused();
    });
    const answerTask = async (token: string) => {
      steps.push(token);
      return 'resumed' as const;
    };
    await sweep({ ...ports, answerTask, now: minutesAfter(ASKED, 6) });
    expect(steps[0]).toBe('token-good');
    // Three refusals in a row are enough for this run.
    expect(steps.slice(1)).toEqual(Array(3).fill('asked the bad channel'));
    expect(await isOpen(good.approval)).toBe(false);
  });

  it('is left alone for longer each time, and not after it has taken one', async () => {
    const { approval } = await unseen('#gpu-alerts', 'token-1');
    const asking: string[] = [];
    const tried: number[] = [];
    for (let minute = 5; minute < 25; minute++) {
      const before = asking.length;
      await sweep({ ...refusing('#gpu-alerts', down, asking), now: minutesAfter(ASKED, minute) });
      if (asking.length > before) tried.push(minute);
    }
    expect(tried).toEqual([5, 6, 8, 12, 20]);
    await sweep(recorder(dynamo.table).at(minutesAfter(ASKED, 40)));
    const stored = await loadApproval(dynamo.table, approval.approval_id);
    expect(stored?.card_ts).toBeDefined();
    expect(await loadPause(dynamo.table, '#gpu-alerts')).toMatchObject({ failures: 0 });
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
