import { describe, expect, it, vi } from 'vitest';
import { aDecision, EXPIRES } from '../application/approvals/builders.ts';
import { useApprovalHandlers } from '../application/approvals/handlers.ts';

const { slack, bus, ask, stored } = useApprovalHandlers();

describe('RequestApproval', () => {
  it('stores what is asked, shows one card and publishes an event', async () => {
    const decision = aDecision();
    expect(await ask(decision)).toEqual({ approvalId: decision.decisionId, expiresAt: EXPIRES.toISOString() });
    expect(await stored(decision.decisionId)).toMatchObject({
      status: 'pending',
      pinned: decision,
      listing: 'APPROVALS#OPEN',
    });
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage']);
    expect(JSON.stringify(bus.calls().map(({ args }) => args[0].input))).toContain('ApprovalRequested');
  });

  it('never shows the token', async () => {
    await ask(aDecision(), 'token-secret');
    expect(JSON.stringify([slack.calls, bus.calls().map(({ args }) => args[0].input)])).not.toContain('token-secret');
  });

  it('reuses the card when the machine retries', async () => {
    const decision = aDecision();
    await ask(decision, 'token-1');
    await ask(decision, 'token-2');
    expect(slack.calls.filter(({ method }) => method === 'chat.postMessage')).toHaveLength(1);
  });

  it('goes on waiting when Slack is down, and leaves the card to the sweeper', async () => {
    const decision = aDecision();
    slack.down = true;
    await expect(ask(decision)).resolves.toHaveProperty('approvalId');
    expect(await stored(decision.decisionId)).not.toHaveProperty('card_ts');
  });

  it('posts to the incoming webhook where there is no bot, and offers no buttons there', async () => {
    vi.stubEnv('SLACK_BOT_TOKEN_NAME', 'no-such-secret');
    const decision = aDecision();
    await expect(ask(decision)).resolves.toHaveProperty('approvalId');
    vi.unstubAllEnvs();
    expect(slack.calls.map(({ method }) => method)).toEqual(['hook']);
    const said = JSON.stringify(slack.calls);
    expect(said).toContain(
      `Nothing can be answered here.* Open the approvals page of the console, or run \`npx vgac approve ${decision.decisionId}\``,
    );
    expect(said).not.toMatch(/"actions"|action_id|button/);
    expect((await stored(decision.decisionId))?.status).toBe('pending');
  });

  it('refuses a question without a token', async () => {
    await expect(ask(aDecision(), '')).rejects.toMatchObject({ name: 'MalformedEvent' });
  });
});
