import { ChannelUnavailable } from '../../application/approvals/messages.ts';

/** Slack did not answer, is rate limiting for longer than we may wait, or has a fault of its own. Worth a retry. */
export class SlackUnavailable extends ChannelUnavailable {
  override name = 'SlackUnavailable' as const;
}

/** Codes that say the message cannot be changed any more, whatever we do. */
const MESSAGE_GONE = new Set([
  'message_not_found',
  'channel_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_archived',
  'is_inactive',
]);

/** Slack understood and said no; `code` is its own word for it. The same call fails the same way. */
export class SlackRefused extends Error {
  override name = 'SlackRefused' as const;
  readonly code: string;

  constructor(method: string, code: string) {
    super(`Slack refused ${method}: ${code}`);
    this.code = code;
  }

  /** The card was deleted or can no longer be edited: there is nothing left to keep true. */
  get messageGone(): boolean {
    return MESSAGE_GONE.has(this.code);
  }
}
