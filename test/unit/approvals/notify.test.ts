import { describe, expect, it, vi } from 'vitest';
import { handler as notify } from '../../../functions/job-workflow/notify.ts';
import { context } from '../../fixtures/handlers.ts';
import { ASKED, aDecision } from './builders.ts';
import { job, useApprovalEdges } from './edges.ts';

const { slack } = useApprovalEdges();

describe('Notify', () => {
  const effect = {
    status: 'done',
    action: 'warn',
    decisionId: 'd',
    at: ASKED.toISOString(),
    intervened: false,
  } as const;

  it('posts what was done with the mark of its evidence', async () => {
    expect(await notify({ job, decision: aDecision(), effect }, context)).toEqual({ sent: true });
    expect(slack.calls).toMatchObject([{ method: 'chat.postMessage', body: { channel: '#gpu-alerts' } }]);
    expect(JSON.stringify(slack.calls)).toContain('⚠️ calibration: 72%');
  });

  it('fails by name when Slack is down, so that the machine can retry and go on', async () => {
    slack.down = true;
    await expect(notify({ job, decision: aDecision(), effect }, context)).rejects.toMatchObject({
      name: 'SlackUnavailable',
    });
  });

  it('uses the incoming webhook where there is no bot token, and nothing where there is neither', async () => {
    vi.stubEnv('SLACK_BOT_TOKEN_NAME', '');
    expect(await notify({ job, decision: aDecision(), effect }, context)).toEqual({ sent: true });
    expect(slack.calls.map(({ method }) => method)).toEqual(['hook']);
    vi.stubEnv('SLACK_WEBHOOK_URL_NAME', '');
    expect(await notify({ job, decision: aDecision(), effect }, context)).toEqual({ sent: false });
    vi.unstubAllEnvs();
  });
});
