import type { Visit } from '../branch.ts';
import type { ChoiceState } from '../definition.ts';
import { StateFailure } from '../errors.ts';
import { evaluate, type Outcome, stateCause, unexpectedType } from '../frame.ts';

/** Takes the first rule whose condition is true; its Assign and Output replace the state's own. */
export async function runChoice(visit: Visit, state: ChoiceState): Promise<Outcome> {
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const value = await evaluate(visit, rule.Condition, field);
    if (typeof value !== 'boolean') throw unexpectedType(visit, rule.Condition, field, 'boolean', value);
    if (value) return { output: visit.input, source: rule, next: rule.Next };
  }
  if (state.Default !== undefined) return { output: visit.input, source: state, next: state.Default };
  const reason = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new StateFailure('States.NoChoiceMatched', stateCause(visit, reason));
}
