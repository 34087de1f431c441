import type { Branch, Visit } from './branch.ts';
import type { Block, State } from './definition.ts';
import { BranchStopped, StateFailure } from './errors.ts';
import { evaluate, type Outcome, stateCause } from './frame.ts';
import { isObject, type JsonValue } from './json.ts';
import { matches, retryOf } from './retry.ts';
import { runChoice } from './states/choice.ts';
import { runFail } from './states/fail.ts';
import { runFork } from './states/fork.ts';
import { runTask } from './states/task.ts';
import { runWait } from './states/wait.ts';

/**
 * Runs the states of a block to its end and gives the last output: from where the branch stands, which is a state that
 * is not entered again after a restart, or from its beginning with `input`.
 *
 * @throws StateFailure that no state caught
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
    if (state === undefined) throw new StateFailure('States.Runtime', `no state '${name}'`);
    await runState(branch.enter(state.Type, name), state);
  }
}

async function runState(visit: Visit, state: State): Promise<void> {
  const { branch } = visit;
  const { clock, random } = branch.execution.services;
  for (;;) {
    // Before the next attempt, or where a restart found it asleep.
    if (visit.until !== undefined) await branch.sleep(visit.until);
    try {
      return await leave(visit, state, await execute(visit, state));
    } catch (error) {
      const failure = asFailure(visit, error);
      const retry = 'Retry' in state ? retryOf(state.Retry, visit.attempts, failure, random) : undefined;
      if (retry !== undefined) {
        branch.remember({ until: clock.now() + retry.delayMs, retrier: retry.retrier });
        continue;
      }
      const catchers = 'Catch' in state ? state.Catch : [];
      const catcher = catchers.find(({ ErrorEquals }) => matches(ErrorEquals, failure));
      if (catcher === undefined) throw failure;
      const errorOutput = { Error: failure.error ?? null, Cause: failure.reason ?? null };
      return leave(visit, state, { output: errorOutput, reads: { errorOutput }, source: catcher, next: catcher.Next });
    }
  }
}

function execute(visit: Visit, state: State): Promise<Outcome> | Outcome {
  switch (state.Type) {
    case 'Pass':
      return { output: visit.input, source: state, next: state.Next };
    case 'Succeed':
      return { output: visit.input, source: state, next: undefined };
    case 'Fail':
      return runFail(visit, state);
    case 'Choice':
      return runChoice(visit, state);
    case 'Wait':
      return runWait(visit, state);
    case 'Task':
      return runTask(visit, state);
    case 'Map':
    case 'Parallel':
      return runFork(visit, state, runBlock);
  }
}

/** Assign and Output both read the variables as they were on entry; what is assigned is seen by the next state. */
async function leave(visit: Visit, state: State, { output, reads, source, next }: Outcome): Promise<void> {
  const assigned = source.Assign && (await evaluate(visit, source.Assign, 'Assign', reads));
  const assignedVariables = assigned !== undefined && isObject(assigned) ? assigned : undefined;
  const leaving = source.Output === undefined ? output : await evaluate(visit, source.Output, 'Output', reads);
  const { branch, name } = visit;
  branch.record({ type: `${state.Type}StateExited`, name, output: leaving, assignedVariables }, { next });
}

/** Whatever is no failure of a state is a fault of this machine: it ends the execution and no Retry or Catch hides it. */
function asFailure(visit: Visit, error: unknown): StateFailure {
  if (error instanceof BranchStopped) throw error;
  if (error instanceof StateFailure) return error;
  return new StateFailure('States.Runtime', stateCause(visit, error instanceof Error ? error.message : String(error)));
}
