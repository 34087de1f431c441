import type { Decision } from '../../schemas/decision.ts';
import type { Question, Subject } from '../../schemas/items/approval.ts';

/** Whose effect it is: that of the agent's own decision, or that of a question a human answered. */
export type Whose = Subject['whose'];

/**
 * The name under which a scheduler keeps an effect. A decision has at most one of its own and its approval at most one more, so
 * the two are never confused.
 */
export function effectIdOf(decisionId: string, whose: Whose): string {
  return whose === 'asked' ? `${decisionId}.asked` : decisionId;
}

/**
 * The subject of a question about a decision: `act` is the proposed intervention, `keep` the hold in place, whether approved or
 * the agent's own. Null when the decision contains no such thing.
 */
export function subjectOf(decision: Decision, question: Question): Subject | null {
  const { asks } = decision;
  const asked = asks && { whose: 'asked' as const, ...asks };
  if (question === 'act') return asked;
  return asked?.arguments.action === 'hold' ? asked : ownSubject(decision);
}

/** What the agent does autonomously, if anything. */
export function ownSubject({ tier, arguments: args, argumentsHash }: Decision): Subject | null {
  return args === null || argumentsHash === null ? null : { whose: 'own', tier, arguments: args, argumentsHash };
}
