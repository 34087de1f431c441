import type { ParallelState } from '../definition.ts';
import { evaluate, type Frame, type Outcome, withinLimit } from '../frame.ts';
import type { JsonValue } from '../json.ts';
import { positionAt } from '../position.ts';
import { failingAs, join, runChild } from './fork.ts';

/** Runs every branch on the same input; the result is theirs in the order of the definition. */
export async function runParallel(frame: Frame, state: ParallelState): Promise<Outcome> {
  const results = await failingAs(frame, 'Parallel', () => runBranches(frame, state));
  frame.branch.note({ type: 'ParallelStateSucceeded' });
  return { output: results, reads: { result: results }, source: state, next: state.Next };
}

async function runBranches(frame: Frame, state: ParallelState): Promise<JsonValue> {
  const { branch } = frame;
  const known = frame.resumed?.fork;
  const input = known === undefined ? await inputOf(frame, state) : known.input;
  const after = known?.startedId ?? branch.record({ type: 'ParallelStateStarted' }, branch.last, { input });
  const results: JsonValue[] = state.Branches.map(() => null);
  await join(
    branch,
    state.Branches.map((block, index) => async () => {
      const position = known?.children.get(index) ?? positionAt(block.StartAt, input, frame.variables);
      const child = branch.child({ index, after: position.last || after });
      results[index] = await runChild(branch, child, () => frame.runBlock(block, position, child));
      branch.last = child.last;
    }),
  );
  return withinLimit(results, frame.name);
}

async function inputOf(frame: Frame, state: ParallelState): Promise<JsonValue> {
  return state.Arguments === undefined ? frame.input : evaluate(frame, state.Arguments, 'Arguments');
}
