import type { Branch, Visit } from '../branch.ts';
import type { Block, MapState, ParallelState } from '../definition.ts';
import { BranchStopped } from '../errors.ts';
import { evaluate, evaluateNumber, evaluationFailed, unexpectedType, withinLimit } from '../evaluation.ts';
import type { JsonValue } from '../json.ts';

/** The interpreter: runs a block to its end, on `input` if the branch has not begun. */
type RunBlock = (block: Block, branch: Branch, input: () => JsonValue | Promise<JsonValue>) => Promise<JsonValue>;

/** AWS runs at most this many iterations of an inline Map at a time. */
const INLINE_CONCURRENCY = 40;

/** Runs the children of a Map or Parallel; children that ended before a restart return the same result again. */
export async function runFork(visit: Visit, state: MapState | ParallelState, runBlock: RunBlock): Promise<JsonValue> {
  const { branch, name } = visit;
  const work = state.Type === 'Map' ? iterateAll(visit, state, runBlock) : runBranches(visit, state, runBlock);
  const result = withinLimit(await work, name);
  branch.record({ type: `${state.Type}StateSucceeded` });
  return result;
}

/** Runs every branch on the same input; the results are in the order of the definition. */
async function runBranches(visit: Visit, state: ParallelState, runBlock: RunBlock): Promise<JsonValue[]> {
  const { branch } = visit;
  if (visit.fork === undefined) {
    const input = state.Arguments === undefined ? visit.input : await evaluate(visit, state.Arguments, 'Arguments');
    branch.record({ type: 'ParallelStateStarted' }, { input });
  }
  const input = () => visit.fork?.input ?? null;
  return concurrently(branch, () =>
    state.Branches.map((block, index) => {
      const child = branch.child(index);
      return runChild(branch, child, () => runBlock(block, child, input));
    }),
  );
}

/** Runs the processor once per item; items start in order, at most MaxConcurrency at a time. */
async function iterateAll(visit: Visit, state: MapState, runBlock: RunBlock): Promise<JsonValue[]> {
  const { branch, name } = visit;
  const items = visit.fork?.items ?? (await itemsOf(visit, state));
  const asked = await evaluateNumber(visit, state.MaxConcurrency ?? 0, 'MaxConcurrency');
  await checkTolerance(visit, state);
  if (visit.fork === undefined) branch.record({ type: 'MapStateStarted', length: items.length }, { items });
  const results: JsonValue[] = items.map(() => null);
  const queue = items.entries();
  /** Runs items one after the other, each following the last event of the previous one, not counting its success. */
  const lane = async () => {
    let after: number | undefined;
    for (const [index, item] of queue) {
      const child = branch.child(index);
      const ended = child.ended;
      child.mapItem = { Index: index, Value: item };
      if (child.input === undefined) child.record({ type: 'MapIterationStarted', name, index }, undefined, after);
      const input = () => itemInput(visit, state, child, item);
      results[index] = await runChild(branch, child, () => runBlock(state.ItemProcessor, child, input));
      if (!ended) child.record({ type: 'MapIterationSucceeded', name, index });
      after = child.last;
    }
  };
  const limit = Math.min(asked === 0 ? INLINE_CONCURRENCY : asked, INLINE_CONCURRENCY, items.length);
  await concurrently(branch, () => Array.from({ length: limit }, lane));
  return results;
}

/** Runs one child to its end; the first child that fails stops the others. */
async function runChild(parent: Branch, child: Branch, work: () => Promise<JsonValue>): Promise<JsonValue> {
  try {
    return await child.run(work);
  } catch (error) {
    if (!(error instanceof BranchStopped)) parent.failFrom(child);
    throw error;
  }
}

/** Waits for concurrent work, which holds the clock itself meanwhile. */
function concurrently<T>(parent: Branch, work: () => Promise<T>[]): Promise<T[]> {
  return parent.wait<T[]>((done, fail) => {
    Promise.all(work()).then(done, fail);
    return () => undefined;
  });
}

/**
 * AWS accepts a tolerance on an inline Map too, but documents it for distributed Maps only: here as on AWS, the first
 * failed iteration ends an inline Map.
 */
async function checkTolerance(visit: Visit, state: MapState): Promise<void> {
  const { ToleratedFailureCount: count = 0, ToleratedFailurePercentage: percentage = 0 } = state;
  await evaluateNumber(visit, count, 'ToleratedFailureCount');
  await evaluateNumber(visit, percentage, 'ToleratedFailurePercentage', 'number', 100);
}

async function itemsOf(visit: Visit, state: MapState): Promise<JsonValue[]> {
  if (state.Items === undefined) {
    if (Array.isArray(visit.input)) return visit.input;
    const reason = `Map state input must be an array but was: ${JSON.stringify(visit.input)}`;
    throw evaluationFailed(visit, reason, undefined);
  }
  const items = await evaluate(visit, state.Items, 'Items');
  if (!Array.isArray(items)) throw unexpectedType(visit, state.Items, 'Items', 'array', items);
  return items;
}

/** An ItemSelector is evaluated in the branch of its iteration. */
async function itemInput(visit: Visit, state: MapState, branch: Branch, item: JsonValue): Promise<JsonValue> {
  if (state.ItemSelector === undefined) return item;
  return evaluate({ ...visit, branch }, state.ItemSelector, 'ItemSelector');
}
