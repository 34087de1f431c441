import * as z from 'zod';

/**
 * The buttons. Their value is only an id: of the approval, of the digest for `acknowledge`, of the list as shown for
 * `approveAll` and `denyAll`. `freeze` and `unfreeze` mean the cluster of the approval; `unfreeze` also carries,
 * after a `#`, when the freeze that it lifts was made.
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

/** The modal that asks for the reason of a denial, and its one field. */
export const DENY_MODAL = 'deny';
export const REASON_FIELD = 'reason';

export const SlackUserId = z
  .string()
  .regex(/^[UW][A-Z0-9]{1,20}$/, 'use a Slack user id such as U02ABCDEF (not a name)');
const ChannelId = z.string().min(1).max(80);
const MessageTs = z.string().regex(/^\d{1,12}\.\d{1,9}$/);

/** Answer to a successful chat.postMessage or chat.update. */
export const ChatDone = z.object({ ok: z.literal(true), channel: ChannelId, ts: MessageTs });
/** Answer to a successful chat.postEphemeral or views.open. */
export const OkAnswer = z.object({ ok: z.literal(true) });
export const ErrorAnswer = z.object({ ok: z.literal(false), error: z.string().min(1).max(200) });
/** Answer to chat.postMessage and chat.update: HTTP 200 either way; `ok` says which. */
export const ChatAnswer = z.discriminatedUnion('ok', [ChatDone, ErrorAnswer]);

/** Compared if one is configured, never shown. Loose, so that a signed click is not lost if Slack changes its ids. */
const ForeignId = z.string().max(100);
/**
 * Whose workspace and which app an interaction belongs to. `team` is null if the app is installed for a whole
 * Enterprise Grid.
 */
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
  // Other ways to reach the person: if one is missing or malformed, the click still counts.
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

/** A submitted modal. `private_metadata` is ours: the id of the approval. Field values are by block and element. */
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

/** Everything else that Slack may send to the same URL (shortcuts, closed modals): authentic, but not for us. */
export const OtherInteraction = z.object({ type: z.string().max(100), ...Origin });
