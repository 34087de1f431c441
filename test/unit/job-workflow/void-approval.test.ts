import { describe, expect, it } from 'vitest';
import { handler as webhook } from '../../../functions/http/slack-webhook.ts';
import { handler as voidApproval } from '../../../functions/job-workflow/void-approval.ts';
import { context } from '../../fixtures/handlers.ts';
import { ASKED, aDecision, aHold } from '../application/approvals/builders.ts';
import { job, useApprovalHandlers } from '../application/approvals/handlers.ts';
import { signedClick } from '../application/approvals/signed-click.ts';

const { slack, ask, stored } = useApprovalHandlers();

describe('VoidApproval', () => {
  it('closes an approval that no longer fits the situation', async () => {
    const decision = aDecision();
    await ask(decision);
    await webhook(signedClick(decision.decisionId), context);
    const answer = await voidApproval({ job, decision, question: 'act', reason: 'the job already started' }, context);
    expect(answer).toEqual({
      decision: 'void',
      by: 'vgac-agentic',
      at: ASKED.toISOString(),
      reason: 'the job already started',
    });
    expect(JSON.stringify(slack.calls.at(-1))).toContain('the job already started');
    expect((await stored(decision.decisionId))?.status).toBe('void');
  });

  it('closes a question that could not be asked properly, so that no live card is left behind', async () => {
    const decision = aHold();
    await ask(decision, 'token-1', 'keep');
    const input = { job, decision, question: 'keep', reason: 'the question failed: States.Timeout' };
    expect(await voidApproval(input, context)).toMatchObject({ decision: 'void' });
    expect((await stored(`${decision.decisionId}-keep`))?.status).toBe('void');
  });
});
