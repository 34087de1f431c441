import { SendTaskSuccessCommand, TaskTimedOut } from '@aws-sdk/client-sfn';
import { describe, expect, it, vi } from 'vitest';
import { handler as webhook } from '../../../functions/http/slack-webhook.ts';
import { handler as expireApproval } from '../../../functions/job-workflow/expire-approval.ts';
import { context } from '../../fixtures/handlers.ts';
import { ASKED, aDecision, aHold, BEN, EXPIRES, minutesAfter } from '../application/approvals/builders.ts';
import { job, useApprovalHandlers } from '../application/approvals/handlers.ts';
import { signedClick } from '../application/approvals/signed-click.ts';

const { slack, sfn, ask, answers, stored } = useApprovalHandlers();

describe('ExpireApproval', () => {
  it('expires what nobody answered, without ever touching the token', async () => {
    const decision = aHold();
    await ask(decision, 'token-1', 'keep');
    vi.setSystemTime(minutesAfter(EXPIRES, 1));
    const answer = await expireApproval({ job, decision, question: 'keep' }, context);
    expect(answer).toMatchObject({ decision: 'expired', by: 'vgac-agentic', reason: 'nobody answered in time' });
    expect(JSON.stringify(slack.calls.at(-1))).toContain('the hold is released');
    expect(answers()).toEqual([]);
  });

  it('follows the answer that was stored before the execution timed out', async () => {
    const decision = aDecision();
    await ask(decision);
    sfn.on(SendTaskSuccessCommand).rejects(new TaskTimedOut({ message: 'timed out', $metadata: {} }));
    await webhook(signedClick(decision.decisionId, { by: BEN }), context);
    vi.setSystemTime(minutesAfter(EXPIRES, 1));
    const answer = await expireApproval({ job, decision, question: 'act' }, context);
    expect(answer).toEqual({ decision: 'approved', by: BEN, at: ASKED.toISOString(), reason: 'approved in Slack' });
  });

  it('gives one decision when the timeout and an answer race', async () => {
    for (let round = 0; round < 20; round += 1) {
      const decision = aDecision();
      await ask(decision);
      const [expired] = await Promise.all([
        expireApproval({ job, decision, question: 'act' }, context),
        webhook(signedClick(decision.decisionId), context),
      ]);
      const final = await stored(decision.decisionId);
      expect(expired.decision).toBe(final?.status);
    }
  });

  it('fails by name when the question was never stored', async () => {
    const lost = expireApproval({ job, decision: aDecision(), question: 'act' }, context);
    await expect(lost).rejects.toMatchObject({ name: 'ApprovalNotFound' });
  });

  it('does not fail when Slack is down', async () => {
    const decision = aDecision();
    await ask(decision);
    slack.down = true;
    expect(await expireApproval({ job, decision, question: 'act' }, context)).toMatchObject({ decision: 'expired' });
  });
});
