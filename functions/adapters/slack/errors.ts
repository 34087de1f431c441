import { ChannelUnavailable } from '../../application/approvals/messages.ts';

/** Slack did not answer, is rate limiting for longer than we may wait, or has an internal fault. Worth a retry. */
export class SlackUnavailable extends ChannelUnavailable {
  override name = 'SlackUnavailable' as const;
}

/** Codes that mean the message can no longer be changed, whatever we do. */
const MESSAGE_GONE = new Set([
  'message_not_found',
  'channel_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_archived',
  'is_inactive',
]);

/** Slack refused the call; `code` is its error code. Repeating the call fails the same way. */
export class SlackRefused extends Error {
  override name = 'SlackRefused' as const;
  readonly code: string;

  constructor(method: string, code: string) {
    super(`Slack refused ${method}: ${code}`);
    this.code = code;
  }

  /** The card was deleted or can no longer be edited: there is nothing left to update. */
  get messageGone(): boolean {
    return MESSAGE_GONE.has(this.code);
  }
}
