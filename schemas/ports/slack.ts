import * as z from 'zod';

/**
 * The buttons. Their value is the id of the approval, of the digest for `acknowledge`, of the list as it was shown for
 * `approveAll` and `denyAll`, and nothing else. `freeze` and `unfreeze` mean the cluster of the approval.
 */
export const CardAction = z.enum([
  'approve',
  'deny',
  'approveAll',
  'denyAll',
  'details',
  'undo',
  'freeze',
  'unfreeze',
  'acknowledge',
]);
export type CardAction = z.infer<typeof CardAction>;

/** The modal that asks why something is denied, and its one field. */
export const DENY_MODAL = 'deny';
export const REASON_FIELD = 'reason';

export const SlackUserId = z
  .string()
  .regex(/^[UW][A-Z0-9]{1,20}$/, 'use a Slack user id such as U02ABCDEF (not a name)');
const ChannelId = z.string().min(1).max(80);
const MessageTs = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

/** To chat.postMessage and chat.update, where it did it. */
export const ChatDone = z.object({ ok: z.literal(true), channel: ChannelId, ts: MessageTs });
/** To chat.postEphemeral and views.open. */
export const OkAnswer = z.object({ ok: z.literal(true) });
export const ErrorAnswer = z.object({ ok: z.literal(false), error: z.string().min(1).max(200) });
/** What the Web API answers to chat.postMessage and chat.update: HTTP 200 either way, `ok` tells. */
export const ChatAnswer = z.discriminatedUnion('ok', [ChatDone, ErrorAnswer]);

/** Compared where one is configured, never shown: whatever Slack makes of its ids, a signed click is not lost for it. */
const ForeignId = z.string().max(100);
/** Whose workspace and which app an interaction belongs to. `team` is null where an app is installed for a whole grid. */
const Origin = {
  api_app_id: ForeignId.optional(),
  team: z.object({ id: ForeignId }).nullish(),
  user: z.object({ id: SlackUserId, team_id: ForeignId.optional() }),
};

/** A click on a button, as Slack posts it in the form field `payload`. Fields that we do not use are tolerated. */
export const BlockActions = z.object({
  type: z.literal('block_actions'),
  ...Origin,
  trigger_id: z.string().max(200).optional().catch(undefined),
  // Second ways to a person: where one is missing or odd, the click still counts.
  container: z
    .object({ message_ts: MessageTs.optional().catch(undefined), channel_id: ChannelId.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  response_url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional()
    .catch(undefined),
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

/** A modal that was sent off. `private_metadata` is ours: the id of the approval. Field values are by block and element. */
export const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  ...Origin,
  view: z.object({
    callback_id: z.string().max(255),
    private_metadata: z.string().max(3000).default(''),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().max(3000).nullish() }))),
    }),
  }),
});

/** Everything else that Slack may send to the same URL (shortcuts, closed modals): known to be authentic, not for us. */
export const OtherInteraction = z.object({ type: z.string().max(100), ...Origin });
