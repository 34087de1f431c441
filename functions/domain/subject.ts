import type { Decision } from '../../schemas/decision.ts';
import type { Question, Subject } from '../../schemas/items/approval.ts';

/** Whose effect it is: the agent's own decision's, or that of a question which a human answered. */
export type Whose = Subject['whose'];

/**
 * The name under which a scheduler keeps an effect. A decision has at most one of its own, and its approval at most one more: so the two
 * can never be taken for each other.
 */
export function effectIdOf(decisionId: string, whose: Whose): string {
  return whose === 'asked' ? `${decisionId}.asked` : decisionId;
}

/**
 * What a question about a decision is about: `act` the intervention that is asked, `keep` the hold that is in place, on a human's word
 * or on the agent's own. Null where the decision holds no such thing.
 */
export function subjectOf(decision: Decision, question: Question): Subject | null {
  const { asks } = decision;
  const asked = asks && { whose: 'asked' as const, ...asks };
  if (question === 'act') return asked;
  return asked?.arguments.action === 'hold' ? asked : ownSubject(decision);
}

/** What the agent does alone, where it does something. */
export function ownSubject({ tier, arguments: args, argumentsHash }: Decision): Subject | null {
  return args === null || argumentsHash === null ? null : { whose: 'own', tier, arguments: args, argumentsHash };
}
