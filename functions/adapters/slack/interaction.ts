import { BlockActions, CardAction, OtherInteraction } from '../../../schemas/ports/slack.ts';

export interface Click {
  action: CardAction;
  approvalId: string;
  /** Slack id of the person who clicked. */
  by: string;
  responseUrl: string | undefined;
}

type Interaction = { kind: 'click'; click: Click } | { kind: 'ignored' } | { kind: 'malformed' };

/**
 * Reads an authentic request body: exactly one form field `payload` with JSON.
 * Interactions that are not a click on one of our buttons are ignored; what is no interaction at all is malformed.
 */
export function readInteraction(body: Buffer): Interaction {
  const payloads = new URLSearchParams(body.toString('utf8')).getAll('payload');
  const json = payloads.length === 1 ? parseJson(payloads[0] ?? '') : undefined;
  const actions = BlockActions.safeParse(json);
  if (!actions.success) {
    const other = OtherInteraction.safeParse(json);
    return other.success && other.data.type !== 'block_actions' ? { kind: 'ignored' } : { kind: 'malformed' };
  }
  const { user, response_url: responseUrl, actions: pressed } = actions.data;
  const [button] = pressed;
  const action = CardAction.safeParse(button?.action_id);
  if (pressed.length !== 1 || !action.success || !button?.value) return { kind: 'ignored' };
  return { kind: 'click', click: { action: action.data, approvalId: button.value, by: user.id, responseUrl } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
