import * as z from 'zod';
import { ApprovalRequestedEvent } from '../../schemas/events/emitted.ts';
import { readSecret } from '../adapters/aws/secrets.ts';
import { slackClient } from '../adapters/slack/client.ts';
import { explainCard } from '../adapters/slack/explain-card.ts';
import { table } from '../adapters/tables/table.ts';
import { task } from '../runtime/task.ts';

/** Explains a request in words, on the card that is already posted. Nothing waits for this, and nothing follows from it. */
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
    const slack = slackClient({
      baseUrl: env.SLACK_API_BASE_URL,
      botToken: () => readSecret(env.SLACK_BOT_TOKEN_NAME),
    });
    const warn = (message: string, error: unknown) => {
      const { name, message: why } = error instanceof Error ? error : new Error(String(error));
      log.warn(message, { error: { name, message: why } });
    };
    const model = { modelId: env.EXPLANATION_MODEL_ID, perDay: env.EXPLANATIONS_PER_DAY };
    const edges = { table: table(env.DYNAMODB_TABLE_NAME), slack, now, warn, ...model };
    return { outcome: await explainCard(edges, detail.approvalId) };
  },
);
