import { slackSignature } from '../../../functions/adapters/slack/signature.ts';
import { SIGNING_SECRET } from './settings.ts';

/** A click on Approve as Slack sends it. */
export function signedClick(approvalId: string, user: string): { body: string; headers: Record<string, string> } {
  const message_ts = '1700000000.000001';
  const payload = {
    ...{ type: 'block_actions', team: { id: 'T0TEAM01', domain: 't' }, api_app_id: 'A0APP001', trigger_id: '1.2.3' },
    user: { id: user, username: 'x', name: 'x', team_id: 'T0TEAM01' },
    channel: { id: 'C0ALERTS1', name: 'gpu-alerts' },
    container: { type: 'message', message_ts, channel_id: 'C0ALERTS1' },
    message: { ts: message_ts },
    actions: [{ type: 'button', action_id: 'approve', block_id: 'b', value: approvalId, action_ts: '1' }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const at = String(Math.floor(Date.now() / 1000));
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': at,
      'x-slack-signature': slackSignature(SIGNING_SECRET, at, Buffer.from(body)),
    },
  };
}
