import { slackSignature } from '../../../functions/adapters/slack/signature.ts';
import { type CardAction, DENY_MODAL, REASON_FIELD } from '../../../schemas/ports/slack.ts';
import { SIGNING_SECRET } from './settings.ts';

interface Signed {
  readonly body: string;
  readonly headers: Record<string, string>;
}

const ORIGIN = { team: { id: 'T0TEAM01', domain: 't' }, api_app_id: 'A0APP001' };
const person = (id: string) => ({ id, username: 'x', name: 'x', team_id: 'T0TEAM01' });

/** A click on a button of a card as Slack sends it; without a trigger no modal can be opened for it. */
export function signedClick(action: CardAction, approvalId: string, user: string, trigger?: string): Signed {
  const message_ts = '1700000000.000001';
  return signed({
    ...{ type: 'block_actions', ...ORIGIN, ...(trigger !== undefined && { trigger_id: trigger }) },
    user: person(user),
    channel: { id: 'C0ALERTS1', name: 'gpu-alerts' },
    container: { type: 'message', message_ts, channel_id: 'C0ALERTS1' },
    message: { ts: message_ts },
    actions: [{ type: 'button', action_id: action, block_id: 'b', value: approvalId, action_ts: '1' }],
  });
}

/** The modal that asks why, sent off. */
export function signedDenial(approvalId: string, user: string, reason: string): Signed {
  const values = { [REASON_FIELD]: { [REASON_FIELD]: { type: 'plain_text_input', value: reason } } };
  const view = {
    id: 'V0VIEW',
    type: 'modal',
    callback_id: DENY_MODAL,
    private_metadata: approvalId,
    state: { values },
  };
  return signed({ type: 'view_submission', ...ORIGIN, user: person(user), view });
}

function signed(payload: object): Signed {
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
