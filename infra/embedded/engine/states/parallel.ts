import type { ParallelState } from '../definition.ts';
import { evaluate, type Frame, type Outcome, withinLimit } from '../frame.ts';
import type { JsonValue } from '../json.ts';
import { failingAs, join, runChild } from './fork.ts';

/** Runs every branch on the same input; the result is theirs in the order of the definition. */
export async function runParallel(frame: Frame, state: ParallelState): Promise<Outcome> {
  const results = await failingAs(frame, 'Parallel', () => runBranches(frame, state));
  frame.branch.note({ type: 'ParallelStateSucceeded' });
  return { output: results, reads: { result: results }, source: state, next: state.Next };
}

async function runBranches(frame: Frame, state: ParallelState): Promise<JsonValue> {
  const { branch } = frame;
  const input = state.Arguments === undefined ? frame.input : await evaluate(frame, state.Arguments, 'Arguments');
  const after = branch.record({ type: 'ParallelStateStarted' });
  const results: JsonValue[] = state.Branches.map(() => null);
  await join(
    branch,
    state.Branches.map((block, index) => async () => {
      const child = branch.child({ after });
      results[index] = await runChild(branch, child, () => frame.runBlock(block, input, frame.variables, child));
      branch.last = child.last;
    }),
  );
  return withinLimit(results, frame.name);
}
