import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import * as z from 'zod';
import type { LanguageModel } from '../../application/approvals/ports.ts';
import { plainHttp } from './plain-http.ts';

/** An explanation that takes longer is not worth waiting for. */
const TIMEOUT_MS = 2_000;
/** 500 characters are below 200 tokens. */
const MAX_TOKENS = 250;

/** Nobody waits for an explanation, so nothing is tried again. */
const client = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: plainHttp() });

/** The model gave no text: it was unavailable, throttled, too slow, refused, or answered something else. */
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
 * Asks a model once, without thinking and without tools. `timeoutMs` is for the whole call.
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
        // No temperature: the newest models refuse one.
        inferenceConfig: { maxTokens: MAX_TOKENS },
        // The time is too short to think first, which the newest models do unless told not to.
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
