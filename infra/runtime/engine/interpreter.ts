import type { Branch, Visit } from './branch.ts';
import type { Block, Exit, State } from './definition.ts';
import { BranchStopped, TaskError } from './errors.ts';
import { evaluate, stateCause } from './evaluation.ts';
import { isObject, type JsonValue } from './json.ts';
import { matches, retryOf } from './retry.ts';
import { runFork } from './states/fork.ts';
import { choose, failureOf, runWait } from './states/simple.ts';
import { runTask } from './states/task.ts';

/**
 * Runs the states of a block to its end and returns the last output. Begins with `input`, or continues where the
 * branch is after a restart, without entering that state again.
 *
 * @throws TaskError that no state caught
 * @throws BranchStopped when it was stopped from outside
 */
export async function runBlock(
  block: Block,
  branch: Branch,
  input: () => JsonValue | Promise<JsonValue>,
): Promise<JsonValue> {
  if (branch.input === undefined) {
    branch.input = await input();
    branch.next = block.StartAt;
  }
  for (;;) {
    const name = branch.visit?.name ?? branch.next;
    if (name === undefined) return branch.input;
    const state = block.States.get(name);
    if (state === undefined) throw new TaskError('States.Runtime', `no state '${name}'`);
    await runState(branch.enter(state.Type, name), state);
  }
}

async function runState(visit: Visit, state: State): Promise<void> {
  const { branch } = visit;
  const { clock, random } = branch.execution.services;
  for (;;) {
    // Before the next attempt, or if a restart found it asleep.
    if (visit.until !== undefined) await branch.sleep(visit.until);
    const attempt = { forkFailed: false };
    try {
      return await runOnce(visit, state, attempt);
    } catch (error) {
      const failure = asFailure(visit, error);
      const retry = 'Retry' in state ? retryOf(state.Retry, visit.attempts, failure, random) : undefined;
      if (retry !== undefined) {
        branch.remember({ until: clock.now() + retry.delayMs, retrier: retry.retrier });
        continue;
      }
      // As on AWS: of an attempt that is retried only what failed in it is recorded.
      if (attempt.forkFailed && (state.Type === 'Map' || state.Type === 'Parallel')) {
        branch.record({ type: `${state.Type}StateFailed` });
      }
      const catchers = 'Catch' in state ? state.Catch : [];
      const catcher = catchers.find(({ ErrorEquals }) => matches(ErrorEquals, failure));
      if (catcher === undefined) throw failure;
      const errorOutput = { Error: failure.error ?? null, Cause: failure.reason ?? null };
      return await leave(visit, catcher, errorOutput, { errorOutput });
    }
  }
}

async function runOnce(visit: Visit, state: State, attempt: { forkFailed: boolean }): Promise<void> {
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return await leave(visit, state, visit.input);
    case 'Fail':
      throw await failureOf(visit, state);
    case 'Choice':
      return await leave(visit, await choose(visit, state), visit.input);
    case 'Wait':
      await runWait(visit, state);
      return await leave(visit, state, visit.input);
    default: {
      attempt.forkFailed = state.Type !== 'Task';
      const result = await (state.Type === 'Task' ? runTask(visit, state) : runFork(visit, state, runBlock));
      attempt.forkFailed = false;
      return await leave(visit, state, result, { result });
    }
  }
}

/**
 * Assign and Output both read the variables as they were on entry; assignments are visible to the next state.
 * `output` is the state's output unless Output says otherwise.
 */
async function leave(visit: Visit, exit: Exit, output: JsonValue, reads?: Record<string, JsonValue>): Promise<void> {
  const assigned = exit.Assign && (await evaluate(visit, exit.Assign, 'Assign', reads));
  const assignedVariables = assigned !== undefined && isObject(assigned) ? assigned : undefined;
  const leaving = exit.Output === undefined ? output : await evaluate(visit, exit.Output, 'Output', reads);
  const { branch, type, name } = visit;
  branch.record({ type: `${type}StateExited`, name, output: leaving, assignedVariables }, { next: exit.Next });
}

/** Any other error is a bug of this runtime: it ends the execution, and no Retry or Catch hides it. */
function asFailure(visit: Visit, error: unknown): TaskError {
  if (error instanceof BranchStopped) throw error;
  if (error instanceof TaskError) return error;
  return new TaskError('States.Runtime', stateCause(visit, error instanceof Error ? error.message : String(error)));
}
