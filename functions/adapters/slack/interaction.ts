import type * as z from 'zod';
import { parseJson } from '../../../schemas/parse-json.ts';
import {
  BlockActions,
  CardAction,
  DENY_MODAL,
  OtherInteraction,
  REASON_FIELD,
  ViewSubmission,
} from '../../../schemas/ports/slack.ts';

export interface Click {
  action: CardAction;
  /** What the button carries: the id of the approval, or of the digest. */
  approvalId: string;
  /** Slack id of the person who clicked. */
  by: string;
  /** When the freeze was made that this button lifts. */
  freeze?: string | undefined;
  responseUrl: string | undefined;
  /** Opens a modal, within three seconds of the click. */
  triggerId?: string | undefined;
  /** The message with the button. */
  channel?: string | undefined;
  messageTs?: string | undefined;
}

/** The submitted modal with the reason for a denial. */
export interface Denial {
  approvalId: string;
  by: string;
  reason: string;
}

export type Interaction =
  | { kind: 'click'; click: Click }
  | { kind: 'denial'; denial: Denial }
  | { kind: 'ignored' }
  | { kind: 'malformed' }
  | { kind: 'foreign' };

/** The workspace and app that interactions must come from; empty if not configured. */
export interface Home {
  teamId: string;
  appId: string;
}

const ANYWHERE: Home = { teamId: '', appId: '' };

/**
 * Reads an authentic request body: exactly one form field, `payload`, with JSON.
 * Interactions that are not ours to answer are ignored; those of another workspace or app are foreign even though they
 * are signed: an app has one signing secret for every workspace it is installed in.
 */
export function readInteraction(body: Buffer, home: Home = ANYWHERE): Interaction {
  const json = payloadOf(body);
  const any = OtherInteraction.safeParse(json);
  if (!any.success) return { kind: 'malformed' };
  if (isForeign(any.data, home)) return { kind: 'foreign' };
  if (any.data.type === 'block_actions') return readClick(json);
  if (any.data.type === 'view_submission') return readDenial(json);
  return { kind: 'ignored' };
}

function readClick(json: unknown): Interaction {
  const actions = BlockActions.safeParse(json);
  if (!actions.success) return { kind: 'malformed' };
  const { user, response_url: responseUrl, trigger_id: triggerId, container, actions: pressed } = actions.data;
  const [button] = pressed;
  const action = CardAction.safeParse(button?.action_id);
  if (pressed.length !== 1 || !action.success || !button?.value) return { kind: 'ignored' };
  const where = { channel: container?.channel_id, messageTs: container?.message_ts };
  return {
    kind: 'click',
    click: {
      action: action.data,
      ...meantBy(action.data, button.value),
      by: user.id,
      responseUrl,
      triggerId,
      ...where,
    },
  };
}

function meantBy(action: CardAction, value: string): Pick<Click, 'approvalId' | 'freeze'> {
  const [approvalId = '', freeze] = action === 'unfreeze' ? value.split('#') : [value];
  return freeze === undefined ? { approvalId } : { approvalId, freeze };
}

function readDenial(json: unknown): Interaction {
  const submission = ViewSubmission.safeParse(json);
  if (!submission.success) return { kind: 'malformed' };
  const { user, view } = submission.data;
  if (view.callback_id !== DENY_MODAL || !view.private_metadata) return { kind: 'ignored' };
  const reason = view.state.values[REASON_FIELD]?.[REASON_FIELD]?.value ?? '';
  return { kind: 'denial', denial: { approvalId: view.private_metadata, by: user.id, reason } };
}

/** If an origin is configured, an interaction without one is foreign too. */
function isForeign({ api_app_id, team, user }: z.infer<typeof OtherInteraction>, { teamId, appId }: Home): boolean {
  return (teamId !== '' && (team?.id ?? user.team_id) !== teamId) || (appId !== '' && api_app_id !== appId);
}

function payloadOf(body: Buffer): unknown {
  try {
    const fields = [...new URLSearchParams(new TextDecoder('utf-8', { fatal: true }).decode(body))];
    const [field] = fields;
    return fields.length === 1 && field?.[0] === 'payload' ? parseJson(field[1]) : undefined;
  } catch {
    return undefined;
  }
}
