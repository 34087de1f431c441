import type { Visit } from '../branch.ts';
import type { FailState } from '../definition.ts';
import { StateFailure } from '../errors.ts';
import { evaluate, unexpectedType } from '../frame.ts';

/** Ends the line with the state's own error and cause. */
export async function runFail(visit: Visit, state: FailState): Promise<never> {
  const error = await text(visit, state.Error, 'Error');
  throw new StateFailure(error, await text(visit, state.Cause, 'Cause'));
}

async function text(visit: Visit, template: string | undefined, field: string): Promise<string | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluate(visit, template, field);
  if (typeof value !== 'string') throw unexpectedType(visit, template, field, 'string', value);
  return value;
}
