import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import * as z from 'zod';
import type { LanguageModel } from '../../application/approvals/ports.ts';
import { plainHttp } from './plain-http.ts';

/** A slower explanation is not worth the wait. */
const TIMEOUT_MS = 2_000;
/** 500 characters are fewer than 200 tokens. */
const MAX_TOKENS = 250;

/** Nobody waits for an explanation, so there are no retries. */
const client = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: plainHttp() });

/** The model gave no text: it was unavailable, throttled or too slow, refused, or answered with something else. */
export class NoText extends Error {
  override name = 'NoText' as const;
}

const Answer = z.object({
  stopReason: z.literal('end_turn'),
  output: z.object({
    message: z.object({ role: z.literal('assistant'), content: z.array(z.object({ text: z.string().optional() })) }),
  }),
});

/** @param modelId of a foundation model or an inference profile; empty for none */
export const languageModel = (modelId: string, timeoutMs = TIMEOUT_MS): LanguageModel => ({
  id: modelId,
  complete: (instructions, facts) => converse({ modelId, timeoutMs }, instructions, facts),
});

/**
 * Asks a model once, without thinking and without tools. `timeoutMs` covers the whole call.
 * @throws NoText
 */
async function converse(
  { modelId, timeoutMs }: { modelId: string; timeoutMs: number },
  instructions: string,
  facts: string,
): Promise<string> {
  const answer = await client
    .send(
      new ConverseCommand({
        modelId,
        system: [{ text: instructions }],
        messages: [{ role: 'user', content: [{ text: facts }] }],
        // No temperature: the newest models reject it.
        inferenceConfig: { maxTokens: MAX_TOKENS },
        // The newest models think first unless told not to, and there is no time for that.
        additionalModelRequestFields: { thinking: { type: 'disabled' } },
      }),
      { abortSignal: AbortSignal.timeout(timeoutMs) },
    )
    .catch((cause: unknown) => {
      throw new NoText(`no answer: ${cause instanceof Error ? cause.name : 'unknown'}`, { cause });
    });
  const parsed = Answer.safeParse(answer);
  if (!parsed.success) throw new NoText(`stopped by ${answer.stopReason ?? 'nothing'}, or not a text`);
  return parsed.data.output.message.content.flatMap(({ text }) => (text === undefined ? [] : [text])).join('');
}
