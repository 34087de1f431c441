import type { Decision } from '../../../schemas/decision.ts';
import { acceptExplanation, explanationFacts, factsHash, INSTRUCTIONS } from '../../domain/explanation.ts';
import { keepExplanation, loadExplanation, spendOne } from '../tables/explanations.ts';
import type { Table } from '../tables/table.ts';
import { converse } from './converse.ts';

/** An explanation that takes longer is not worth waiting for. */
const TIMEOUT_MS = 2_000;

export interface Explaining {
  table: Table;
  /** Empty: explanations by a model are off. */
  modelId: string;
  perDay: number;
  now: Date;
  /** For the whole call. Default: what an explanation is worth. */
  timeoutMs?: number;
  warn(message: string, error: unknown): void;
}

/**
 * A model's explanation of a decision, or null where there is none to be had: switched off, the day's budget spent, no
 * answer in time, or a text that was not accepted. Never throws: whatever is wrong here must not matter.
 */
export async function explain(explaining: Explaining, decision: Decision): Promise<string | null> {
  const { table, modelId, perDay, now, timeoutMs = TIMEOUT_MS, warn } = explaining;
  if (!modelId) return null;
  const facts = explanationFacts(decision);
  const hash = factsHash(facts, modelId);
  try {
    const known = await loadExplanation(table, hash);
    if (known !== null) return known;
    if (!(await spendOne(table, perDay, now))) return null;
    const accepted = acceptExplanation(await converse({ modelId, timeoutMs }, INSTRUCTIONS, facts.join('\n')), facts);
    if (!accepted.ok) {
      warn('an explanation was not accepted', new Error(accepted.why));
      return null;
    }
    await keepExplanation(table, hash, { text: accepted.text, model: modelId, now });
    return accepted.text;
  } catch (error) {
    warn('no explanation', error);
    return null;
  }
}
