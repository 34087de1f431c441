import type { HistoryEvent } from '../runtime/engine/history.ts';
import type { StateView } from './views.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/**
 * An execution's history as the list of states entered, each with its input, output and assigned variables.
 * An iteration of a Map closes the newest open state of its name.
 */
export function statesOf(events: readonly HistoryEvent[]): StateView[] {
  const states: StateView[] = [];
  const attempts = new Map<StateView, number>();
  const current = () => states.findLast((state) => state.leftAt === null) ?? states.at(-1);
  const note = (text: string) => current()?.notes.push(text);

  for (const event of events) {
    if (event.type.endsWith('StateEntered')) {
      states.push({
        name: event.name ?? '',
        type: event.type.slice(0, -'StateEntered'.length),
        enteredAt: iso(event.timestamp),
        leftAt: null,
        input: event.input,
        output: undefined,
        variables: undefined,
        notes: [],
      });
    } else if (event.type.endsWith('StateExited')) {
      const state = states.findLast((open) => open.name === event.name && open.leftAt === null);
      if (state === undefined) continue;
      state.leftAt = iso(event.timestamp);
      state.output = event.output;
      state.variables = event.assignedVariables;
    } else if (event.type === 'TaskScheduled' || event.type === 'LambdaFunctionScheduled') {
      const state = current();
      if (state === undefined) continue;
      const attempt = (attempts.get(state) ?? 0) + 1;
      attempts.set(state, attempt);
      if (attempt > 1) state.notes.push(`attempt ${attempt} at ${iso(event.timestamp)}`);
    } else if (/(Failed|TimedOut|Aborted)$/.test(event.type) && !event.type.startsWith('Execution')) {
      note([event.error ?? event.type, event.cause?.slice(0, 500)].filter(Boolean).join(': '));
    } else if (event.type === 'TaskSubmitted') {
      note('waiting for the answer to its task token');
    } else if (event.type.startsWith('Execution') && event.type !== 'ExecutionStarted') {
      // A Fail state has no exit event, and neither has a state that the end of the execution cut short.
      for (const state of states) state.leftAt ??= iso(event.timestamp);
    }
  }
  for (const state of states) {
    if (state.leftAt !== null) state.notes = state.notes.filter((text) => !text.startsWith('waiting for the answer'));
  }
  return states;
}
