import type { Decision } from '../../../schemas/decision.ts';
import { acceptExplanation, explanationFacts, factsHash, INSTRUCTIONS } from '../../domain/explanation.ts';
import type { ExplanationStore, LanguageModel, Warn } from './ports.ts';

export interface ExplanationPorts {
  store: ExplanationStore;
  model: LanguageModel;
  /** Explanations a model may write per day. */
  perDay: number;
  now: Date;
  warn: Warn;
}

/**
 * A model's explanation of a decision, or null if there is none: switched off, daily budget spent, no answer in time, or the
 * text was not accepted. Never throws, because a failure here must not matter.
 */
export async function writeExplanation(ports: ExplanationPorts, decision: Decision): Promise<string | null> {
  const { store, model, perDay, now, warn } = ports;
  if (!model.id) return null;
  const facts = explanationFacts(decision);
  const hash = factsHash(facts, model.id);
  try {
    const known = await store.loadExplanation(hash);
    if (known !== null) return known;
    if (!(await store.spendOne(perDay, now))) return null;
    const accepted = acceptExplanation(await model.complete(INSTRUCTIONS, facts.join('\n')), facts);
    if (!accepted.ok) {
      warn('an explanation was not accepted', new Error(accepted.why));
      return null;
    }
    await store.keepExplanation(hash, { text: accepted.text, model: model.id, now });
    return accepted.text;
  } catch (error) {
    warn('no explanation', error);
    return null;
  }
}
