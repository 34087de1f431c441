import * as z from 'zod';
import { Instant } from '../primitives.ts';
import { SlackUserId } from './slack.ts';

/** What a person can do about an approval outside Slack; named like the buttons on its card. */
export const AnswerAction = z.enum(['approve', 'deny', 'details', 'undo', 'freeze', 'unfreeze']);
export type AnswerAction = z.infer<typeof AnswerAction>;

/** Body of `POST /approvals/answer`. The caller is never part of it: the gateway in front authenticates them. */
export const AnswerRequest = z.strictObject({
  approvalId: z.string().regex(/^[\w.:@-]{1,200}$/, 'use the id of an approval'),
  action: AnswerAction,
  /** For `unfreeze`: when the freeze that the person sees was made. A later one is not lifted. */
  freeze: Instant.optional(),
  /** In the person's own words. */
  reason: z.string().max(500, 'use at most 500 characters').optional(),
});
export type AnswerRequest = z.infer<typeof AnswerRequest>;

/**
 * The caller as authenticated by the gateway: on AWS an IAM identity, which the configuration maps to a person; on
 * one machine the person of the token, and whether it came from the page or the command line.
 */
export const Authorizer = z.union([
  z.object({ iam: z.object({ userArn: z.string().min(1).max(512) }) }),
  z.object({ lambda: z.object({ person: SlackUserId, via: z.enum(['console', 'cli']) }) }),
]);
export type Authorizer = z.infer<typeof Authorizer>;

/** Only `done` changed anything; `message` is for the person who asked. */
export const AnswerReply = z.object({
  outcome: z.enum(['done', 'refused', 'tooLate', 'nothingToDo', 'unknown', 'malformed', 'unavailable']),
  message: z.string(),
});
export type AnswerReply = z.infer<typeof AnswerReply>;
