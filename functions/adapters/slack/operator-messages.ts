import type { OperatorMessages } from '../../application/approvals/messages.ts';
import { driftMessage } from './drift.ts';
import type { Send } from './notifier.ts';
import { refitMessage } from './refit.ts';
import { troubleMessage } from './trouble.ts';

/** Notices to operators, by the bot or the incoming webhook. */
export const operatorMessages = (send: Send): OperatorMessages => ({
  postDrift: (channel, report) => send(channel, driftMessage(report)),
  postRefit: (channel, change) => send(channel, refitMessage(change)),
  postTrouble: (channel, failures) => send(channel, troubleMessage(failures)),
});
