import * as z from 'zod';

/** The buttons of a card. Their value is the approval's id and nothing else. */
export const CardAction = z.enum(['approve', 'deny', 'details']);
export type CardAction = z.infer<typeof CardAction>;

export const SlackUserId = z.string().regex(/^[UW][A-Z0-9]{2,20}$/);
const ChannelId = z.string().min(1).max(80);
const MessageTs = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

/** What the Web API answers to chat.postMessage and chat.update: HTTP 200 either way, `ok` tells. */
export const ChatAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), channel: ChannelId, ts: MessageTs }),
  z.object({ ok: z.literal(false), error: z.string().min(1).max(200) }),
]);

/** A click on a button, as Slack posts it in the form field `payload`. Fields that we do not use are tolerated. */
export const BlockActions = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: SlackUserId }),
  response_url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional(),
  actions: z
    .array(
      z.object({
        action_id: z.string().max(255),
        value: z.string().max(2000).optional(),
      }),
    )
    .min(1)
    .max(25),
});

/** Everything else that Slack may send to the same URL (modals, shortcuts): known to be authentic, not for us. */
export const OtherInteraction = z.object({ type: z.string().max(100) });
