import * as z from 'zod';
import { ApprovalRequestedEvent } from '../../schemas/events/emitted.ts';
import { languageModel } from '../adapters/bedrock/converse.ts';
import { warnOn } from '../adapters/messages/approval-ports.ts';
import { stateMessagesFor } from '../adapters/messages/bot.ts';
import { explainStore } from '../adapters/tables/approval-stores.ts';
import { table } from '../adapters/tables/table.ts';
import { explainApproval } from '../application/approvals/explain-approval.ts';
import { task } from '../runtime/task.ts';

/** Adds an explanation in words to a posted card. Nothing waits for it or depends on it. */
export const handler = task(
  {
    input: ApprovalRequestedEvent,
    output: z.object({ outcome: z.enum(['explained', 'plain', 'answered', 'noCard']) }),
    env: {
      DYNAMODB_TABLE_NAME: z.string().min(1),
      SLACK_API_BASE_URL: z.url({ protocol: /^https?$/ }),
      SLACK_BOT_TOKEN_NAME: z.string().min(1),
      EXPLANATION_MODEL_ID: z.string().default(''),
      EXPLANATIONS_PER_DAY: z.coerce.number().int().min(0),
    },
  },
  async ({ detail }, { env, now, log }) => {
    const ports = {
      store: explainStore(table(env.DYNAMODB_TABLE_NAME)),
      messages: stateMessagesFor(env),
      model: languageModel(env.EXPLANATION_MODEL_ID),
      perDay: env.EXPLANATIONS_PER_DAY,
      now,
      warn: warnOn(log),
    };
    return { outcome: await explainApproval(ports, detail.approvalId) };
  },
);
