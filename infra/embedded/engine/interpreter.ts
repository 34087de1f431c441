import type { Branch } from './branch.ts';
import type { Block, State } from './definition.ts';
import { BranchStopped, StateFailure } from './errors.ts';
import { evaluate, type Frame, type Outcome, stateCause } from './frame.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Position, Variables, Visit } from './position.ts';
import { matches, retryBook } from './retry.ts';
import { runChoice } from './states/choice.ts';
import { runFail } from './states/fail.ts';
import { runMap } from './states/map.ts';
import { runParallel } from './states/parallel.ts';
import { runTask } from './states/task.ts';
import { runWait } from './states/wait.ts';

interface Step {
  input: JsonValue;
  variables: Variables;
  next: string | undefined;
}

/**
 * Runs states from a position in a block to the block's end and gives the last output. A state that was entered before
 * a restart is not entered again; it goes on with what is known of it.
 *
 * @throws StateFailure that no state caught
 * @throws BranchStopped when it was stopped from outside
 */
export async function runBlock(block: Block, position: Position, branch: Branch): Promise<JsonValue> {
  let visit = position.visit;
  let step: Step = { ...position, next: visit?.name ?? position.next };
  while (step.next !== undefined) {
    const state = block.States.get(step.next);
    if (state === undefined) throw new StateFailure('States.Runtime', `no state '${step.next}'`);
    step = await runState(step.next, state, step, branch, visit);
    visit = undefined;
  }
  return step.input;
}

async function runState(
  name: string,
  state: State,
  { input, variables }: Step,
  branch: Branch,
  resumed: Visit | undefined,
): Promise<Step> {
  const { clock, random } = branch.execution.services;
  const enteredAfter = resumed?.enteredAfter ?? branch.last;
  const enteredId = resumed?.enteredId ?? branch.record({ type: `${state.Type}StateEntered`, name, input });
  const attempts = resumed?.attempts ?? [];
  const retries = retryBook('Retry' in state ? state.Retry : [], random, attempts);
  const frame: Frame = {
    ...{ branch, name, input, variables, enteredId, enteredAfter, runBlock, resumed },
    enteredAt: resumed?.enteredAt ?? clock.now(),
    retryCount: retries.made(),
  };
  branch.active = state.Type;
  if (resumed?.retrying === true) await branch.sleepOn(resumed.until ?? 0);
  for (;;) {
    try {
      return await leave(frame, state, await execute(frame, state));
    } catch (error) {
      const failure = asFailure(frame, error);
      const retry = retries.next(failure);
      if (retry !== undefined) {
        await branch.sleep(clock.now() + retry.delayMs, retry.retrier);
        frame.retryCount = retries.made();
        frame.resumed = undefined;
        branch.active = state.Type;
        continue;
      }
      const catchers = 'Catch' in state ? state.Catch : [];
      const catcher = catchers.find(({ ErrorEquals }) => matches(ErrorEquals, failure));
      if (catcher === undefined) throw failure;
      const errorOutput = { Error: failure.error ?? null, Cause: failure.reason ?? null };
      return leave(frame, state, { output: errorOutput, reads: { errorOutput }, source: catcher, next: catcher.Next });
    }
  }
}

function execute(frame: Frame, state: State): Promise<Outcome> | Outcome {
  switch (state.Type) {
    case 'Pass':
      return { output: frame.input, source: state, next: state.Next };
    case 'Succeed':
      return { output: frame.input, source: state, next: undefined };
    case 'Fail':
      return runFail(frame, state);
    case 'Choice':
      return runChoice(frame, state);
    case 'Wait':
      return runWait(frame, state);
    case 'Task':
      return runTask(frame, state);
    case 'Map':
      return runMap(frame, state);
    case 'Parallel':
      return runParallel(frame, state);
  }
}

/** Assign and Output both read the variables as they were on entry; what is assigned is seen by the next state. */
async function leave(frame: Frame, state: State, { output, reads, source, next }: Outcome): Promise<Step> {
  const assigned = source.Assign && asObject(await evaluate(frame, source.Assign, 'Assign', reads));
  const leaving = source.Output === undefined ? output : await evaluate(frame, source.Output, 'Output', reads);
  const { branch, name, variables } = frame;
  if (state.Type !== 'Fail') {
    const event = { type: `${state.Type}StateExited`, name, output: leaving, assignedVariables: assigned } as const;
    branch.record(event, branch.last, { next });
  }
  branch.active = undefined;
  return { input: leaving, variables: assigned === undefined ? variables : { ...variables, ...assigned }, next };
}

function asObject(value: JsonValue): JsonObject {
  return isObject(value) ? value : {};
}

/** Whatever is no failure of a state is a fault of this machine: it ends the execution and no Retry or Catch hides it. */
function asFailure(frame: Frame, error: unknown): StateFailure {
  if (error instanceof BranchStopped) throw error;
  if (error instanceof StateFailure) return error;
  return new StateFailure('States.Runtime', stateCause(frame, error instanceof Error ? error.message : String(error)));
}
