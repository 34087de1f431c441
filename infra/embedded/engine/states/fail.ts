import type { FailState } from '../definition.ts';
import { StateFailure } from '../errors.ts';
import { evaluate, type Frame, unexpectedType } from '../frame.ts';

/** Ends the line with the state's own error and cause. */
export async function runFail(frame: Frame, state: FailState): Promise<never> {
  const error = await text(frame, state.Error, 'Error');
  throw new StateFailure(error, await text(frame, state.Cause, 'Cause'));
}

async function text(frame: Frame, template: string | undefined, field: string): Promise<string | undefined> {
  if (template === undefined) return undefined;
  const value = await evaluate(frame, template, field);
  if (typeof value !== 'string') throw unexpectedType(frame, template, field, 'string', value);
  return value;
}
