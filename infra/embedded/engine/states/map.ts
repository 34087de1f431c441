import type { Branch } from '../branch.ts';
import type { MapState } from '../definition.ts';
import {
  evaluate,
  evaluateInteger,
  evaluationFailed,
  type Frame,
  type Outcome,
  unexpectedType,
  withinLimit,
} from '../frame.ts';
import type { JsonValue } from '../json.ts';
import { hasEnded, positionAt } from '../position.ts';
import { failingAs, join, runChild } from './fork.ts';

/** AWS runs at most this many iterations of an inline Map at a time. */
const INLINE_CONCURRENCY = 40;

/** Runs the processor once per item, in order of the items as far as MaxConcurrency makes them wait. */
export async function runMap(frame: Frame, state: MapState): Promise<Outcome> {
  const results = await failingAs(frame, 'Map', () => iterateAll(frame, state));
  frame.branch.note({ type: 'MapStateSucceeded' });
  return { output: results, reads: { result: results }, source: state, next: state.Next };
}

async function iterateAll(frame: Frame, state: MapState): Promise<JsonValue> {
  const { branch, name } = frame;
  const known = frame.resumed?.fork;
  const items = known?.items ?? (await itemsOf(frame, state));
  const asked = await evaluateInteger(frame, state.MaxConcurrency ?? 0, 'MaxConcurrency');
  await checkTolerance(frame, state);
  const length = items.length;
  const started = known?.startedId ?? branch.record({ type: 'MapStateStarted', length }, branch.last, { items });
  const results: JsonValue[] = items.map(() => null);
  const queue = items.entries();

  /** Gives the last event of the iteration before its success: what the next one in the lane follows. */
  const iterate = async (Index: number, Value: JsonValue, after: number): Promise<number> => {
    const begun = known?.children.get(Index);
    const child = branch.child({
      ...{ index: Index, after: begun?.last ?? after },
      ...{ mapItem: { Index, Value }, iteration: { name, index: Index } },
    });
    if (begun === undefined) child.record({ type: 'MapIterationStarted', name, index: Index });
    results[Index] = await runChild(branch, child, async () => {
      if (begun !== undefined) return frame.runBlock(state.ItemProcessor, begun, child);
      const input = await itemInput(frame, state, child, Value);
      return frame.runBlock(
        state.ItemProcessor,
        positionAt(state.ItemProcessor.StartAt, input, frame.variables),
        child,
      );
    });
    if (begun !== undefined && hasEnded(begun)) return after;
    branch.last = child.note({ type: 'MapIterationSucceeded', name, index: Index });
    return child.last;
  };
  const lane = async () => {
    let after = started;
    for (const [index, item] of queue) after = await iterate(index, item, after);
  };
  const limit = Math.min(asked === 0 ? INLINE_CONCURRENCY : asked, INLINE_CONCURRENCY, items.length);
  await join(
    branch,
    Array.from({ length: limit }, () => lane),
  );
  return withinLimit(results, name);
}

/**
 * AWS takes a tolerance on an inline Map too, but documents it to count for the runs of a distributed one only: here as
 * there the first iteration that fails ends an inline Map.
 */
async function checkTolerance(frame: Frame, state: MapState): Promise<void> {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = state;
  if (count !== undefined) await evaluateInteger(frame, count, 'ToleratedFailureCount');
  if (percentage === undefined) return;
  const value = await evaluate(frame, percentage, 'ToleratedFailurePercentage');
  if (typeof value === 'number' && value >= 0 && value <= 100) return;
  throw unexpectedType(frame, percentage, 'ToleratedFailurePercentage', 'number', value);
}

async function itemsOf(frame: Frame, state: MapState): Promise<JsonValue[]> {
  if (state.Items === undefined) {
    if (Array.isArray(frame.input)) return frame.input;
    const reason = `Map state input must be an array but was: ${JSON.stringify(frame.input)}`;
    throw evaluationFailed(frame, reason, undefined);
  }
  const items = await evaluate(frame, state.Items, 'Items');
  if (!Array.isArray(items)) throw unexpectedType(frame, state.Items, 'Items', 'array', items);
  return items;
}

async function itemInput(frame: Frame, state: MapState, iteration: Branch, item: JsonValue): Promise<JsonValue> {
  if (state.ItemSelector === undefined) return item;
  return evaluate(frame, state.ItemSelector, 'ItemSelector', { iteration });
}
