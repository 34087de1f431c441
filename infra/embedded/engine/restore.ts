import { ENDING_EVENTS, type ExecutionStatus, type ExecutionSummary, ended } from './execution.ts';
import { type HistoryEvent, redact } from './history.ts';
import { advance, type Entry, type Position, positionAt } from './position.ts';

/** An execution as the journal tells it. */
export interface Past {
  summary: ExecutionSummary;
  /** Where its definition is kept. */
  definition: string;
  position: Position;
  events: number;
  tokens: Set<string>;
}

const STATUS = new Map<string, Exclude<ExecutionStatus, 'RUNNING'>>([
  [ENDING_EVENTS.SUCCEEDED, 'SUCCEEDED'],
  [ENDING_EVENTS.FAILED, 'FAILED'],
  [ENDING_EVENTS.TIMED_OUT, 'TIMED_OUT'],
  [ENDING_EVENTS.ABORTED, 'ABORTED'],
]);

/** The journal's checksums vouch for it: these lines are what `Execution` wrote. */
const read = (line: string): Entry => JSON.parse(line);

const isEvent = (entry: Entry): entry is Entry & HistoryEvent => entry.type !== undefined;

/** Reads where an execution stands. `startAt` gives the first state of a definition. Undefined where its beginning is lost. */
export function restore(lines: readonly string[], startAt: (definition: string) => string): Past | undefined {
  const entries = lines.map(read);
  const [first] = entries;
  const { machine, name, definition } = first?.memo ?? {};
  if (first?.type !== 'ExecutionStarted') return undefined;
  if (machine === undefined || name === undefined || definition === undefined) return undefined;
  const { input = null, timestamp: startDate } = first;
  const past: Past = {
    summary: {
      executionArn: executionArn(machine, name),
      stateMachineArn: machine,
      name,
      status: 'RUNNING',
      startDate,
      input,
    },
    ...{ definition, position: positionAt(startAt(definition), input), events: 0, tokens: new Set() },
  };
  for (const entry of entries) {
    if (entry.memo?.token !== undefined) past.tokens.add(entry.memo.token);
    if (isEvent(entry)) {
      past.events += 1;
      const status = STATUS.get(entry.type);
      if (status !== undefined) past.summary = ended(past.summary, { ...entry, status }, entry.timestamp);
    }
    advance(past.position, entry);
  }
  return past;
}

/** The events among the lines, as whoever may read a history sees them. */
export function historyOf(lines: readonly string[]): HistoryEvent[] {
  const entries = lines.map(read);
  const tokens = new Set(entries.flatMap(({ memo }) => memo?.token ?? []));
  return entries.filter(isEvent).map(({ path: _path, memo: _memo, ...event }) => redact(event, tokens));
}

export const executionArn = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
