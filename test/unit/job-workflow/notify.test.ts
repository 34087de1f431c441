import { describe, expect, it, vi } from 'vitest';
import { handler as notify } from '../../../functions/job-workflow/notify.ts';
import { context } from '../../fixtures/handlers.ts';
import { ASKED, anOwnDecision } from '../application/approvals/builders.ts';
import { job, useApprovalHandlers } from '../application/approvals/handlers.ts';

const { slack } = useApprovalHandlers();

describe('Notify', () => {
  const decision = anOwnDecision({ dryRun: true });
  const effect = {
    ...{ status: 'dryRun', action: 'requeue', decisionId: decision.decisionId },
    ...{ at: ASKED.toISOString(), intervened: false },
  } as const;

  it('announces an intervention at once, with why people are notified and how far it may be trusted', async () => {
    expect(await notify({ job, decision, effect }, context)).toEqual({ sent: true });
    expect(slack.calls).toMatchObject([{ method: 'chat.postMessage', body: { channel: '#gpu-alerts' } }]);
    const said = JSON.stringify(slack.calls);
    expect(said).toContain('Would have moved job `job-17` to queue `short`.');
    expect(said).toContain('calibration score 0.720 has to be above 0.85 · ⚠️ calibration: 72%');
  });

  it('puts statements into one message', async () => {
    for (const jobId of ['job-1', 'job-2']) {
      const args = { action: 'warn', clusterId: 'west-1', jobId, text: '~12 minutes' };
      const warned = anOwnDecision({ tier: 2, kind: 'statement', arguments: args, jobId });
      const done = { ...effect, status: 'done' as const, action: 'warn', decisionId: warned.decisionId };
      expect(await notify({ job: { ...job, jobId }, decision: warned, effect: done }, context)).toEqual({ sent: true });
    }
    expect(slack.calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'chat.update']);
    expect(JSON.stringify(slack.calls.at(-1))).toContain('*2 statements* on `west-1`');
  });

  it('fails by name when Slack is down, so that the machine can retry and go on', async () => {
    slack.down = true;
    await expect(notify({ job, decision, effect }, context)).rejects.toMatchObject({
      name: 'SlackUnavailable',
    });
  });

  it('uses the incoming webhook where there is no bot token, and nothing where there is neither', async () => {
    vi.stubEnv('SLACK_BOT_TOKEN_NAME', '');
    expect(await notify({ job, decision, effect }, context)).toEqual({ sent: true });
    expect(slack.calls.map(({ method }) => method)).toEqual(['hook']);
    vi.stubEnv('SLACK_WEBHOOK_URL_NAME', '');
    expect(await notify({ job, decision, effect }, context)).toEqual({ sent: false });
    vi.unstubAllEnvs();
  });
});
