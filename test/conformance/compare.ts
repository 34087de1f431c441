import { isDeepStrictEqual } from 'node:util';
import type { HistoryEvent } from '../../infra/runtime/engine/history.ts';
import { isObject, type JsonValue } from '../../infra/runtime/engine/json.ts';
import type { Case, RecordedEvent } from './case.ts';

/** What is left out of every comparison, and why. Everything else must be equal. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'SdkHttpMetadata, SdkResponseMetadata': 'headers of one HTTP answer',
  'of a Lambda error all but errorMessage and errorType': 'request id and stack of one run, in another language',
  '(Service: ..., Request ID: ...) after a cause': 'names one request',
  'what follows "threw an error during evaluation."':
    "AWS's JSONata is another implementation; its messages are not published",
  '<name:1>, <some_name>, ...ArnPart_0idx, and timestamp, start-date or stop-date alone, in a recording':
    'stand for what differs from run to run',
  'task tokens, and the output of TaskSubmitted': 'a token is a credential: histories here show a placeholder',
  'ids and order of events side by side, but not what follows what on each line': 'AWS leaves their order open',
};
const METADATA = new Set(['SdkHttpMetadata', 'SdkResponseMetadata']);

/** A value without what is left out. */
export function comparable(value: unknown): unknown {
  if (typeof value === 'string') return lambdaError(value) ?? worded(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, item]) => !METADATA.has(key) && item !== undefined);
  const fields = Object.fromEntries(kept.map(([key, item]) => [key, comparable(item)]));
  return 'errorMessage' in fields && 'errorType' in fields ? whatLambdaThrew(fields) : fields;
}

const whatLambdaThrew = ({ errorMessage, errorType }: Record<string, unknown>) => ({ errorMessage, errorType });

function worded(text: string): string {
  return text
    .replace(/ \(Service: [^()]*Request ID: [^()]*\).*$/s, '')
    .replace(/(threw an error during evaluation\.).*$/s, '$1');
}

/** Undefined where it is no such error, or was cut off. */
function lambdaError(text: string): unknown {
  if (!text.startsWith('{"error')) return undefined;
  try {
    const parsed: JsonValue = JSON.parse(text);
    return isObject(parsed) && 'errorMessage' in parsed && 'errorType' in parsed ? whatLambdaThrew(parsed) : undefined;
  } catch {
    return undefined;
  }
}

/** Names with a number, names of several words, parts of ARNs, and times alone. */
const PLACEHOLDER =
  /<{1,2}[A-Za-z][\w-]*>?:\d+>{1,2}|<{1,2}[A-Za-z]+(?:[_-][A-Za-z0-9]+)+>{1,2}|\b[A-Za-z]*Part\d*_\d+idx\b|^(?:timestamp|start-date|stop-date)$/;
const TASK_TOKEN = /task_?token/i;

/** Equality, where a placeholder of the recording stands for any text. */
export function same(recorded: unknown, ours: unknown): boolean {
  // Histories here hold no task token: it is a credential.
  if (ours === '(task token)') return typeof recorded === 'string' && TASK_TOKEN.test(recorded);
  if (typeof recorded === 'string' && typeof ours === 'string' && PLACEHOLDER.test(recorded)) {
    const parts = recorded.split(new RegExp(PLACEHOLDER, 'g'));
    return new RegExp(`^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.+')}$`, 's').test(
      ours,
    );
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    return recorded.length === ours.length && recorded.every((item, i) => same(item, ours[i]));
  }
  if (isFields(recorded) && isFields(ours)) {
    const keys = Object.keys(recorded);
    return (
      keys.length === Object.keys(ours).length && keys.every((key) => key in ours && same(recorded[key], ours[key]))
    );
  }
  return isDeepStrictEqual(recorded, ours);
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Comparable {
  readonly type: string;
  /** Undefined for an event side by side with others. */
  readonly place: readonly [id: number, previous: number] | undefined;
  readonly facts: unknown;
}

function recordedEvent({ type, id, previousEventId, details, cause_json, ...event }: RecordedEvent): Comparable {
  const cause = causeOf({ ...event, cause_json });
  const place = Array.isArray(id) ? undefined : ([id, previousEventId] as const);
  return { type, place, facts: comparable({ ...event, ...details, cause }) };
}

interface GivenCause {
  readonly cause?: string | null | undefined;
  readonly cause_json?: JsonValue | undefined;
}

/** A recording may give a cause that is JSON text as what it says. */
export function causeOf({ cause, cause_json }: GivenCause): string | undefined {
  return cause ?? (cause_json === undefined ? undefined : JSON.stringify(cause_json));
}

function ourEvent(event: HistoryEvent, placed: (id: number) => boolean): Comparable {
  const { id, previousEventId, type, timestamp: _, ...facts } = event;
  return { type, place: placed(id) ? [id, previousEventId] : undefined, facts: comparable(facts) };
}

/** What a token was is not in a history of ours, and not in a recording. */
function withoutToken(event: Comparable): Comparable {
  return event.type === 'TaskSubmitted' ? { ...event, facts: omit(event.facts, 'output') } : event;
}

function omit(facts: unknown, key: string): unknown {
  return isFields(facts) ? Object.fromEntries(Object.entries(facts).filter(([name]) => name !== key)) : facts;
}

/**
 * Says where the events differ; undefined where they agree. Events in the open order are compared as a set. Where a Map
 * or a Parallel runs lines side by side, histories that differ in nothing but how the lines interleave agree.
 */
export function differenceOfEvents({ expected }: Case, history: readonly HistoryEvent[]): string | undefined {
  const open = expected.events.some(({ id }) => Array.isArray(id));
  const ids = new Set(expected.events.map(({ id }) => id));
  const recorded = expected.events.map(recordedEvent).map(withoutToken);
  const ours = history
    // Recordings with an open order lack ParallelStateFailed; the gap in their ids shows that it was there.
    .filter(({ type }) => !(open && type === 'ParallelStateFailed'))
    .map((event) => ourEvent(event, (id) => !open || ids.has(id)))
    .map(withoutToken);
  const inOrder = (events: readonly Comparable[]) => events.filter(({ place }) => place !== undefined);
  const beside = (events: readonly Comparable[]) => events.filter(({ place }) => place === undefined);
  const first = firstDifference(inOrder(recorded), inOrder(ours));
  if (first === undefined && sameSet(beside(recorded), beside(ours))) return undefined;
  if (open || !sideBySide(history)) return first ?? 'the events side by side differ';
  const around = firstDifference(outsideForks(recorded), outsideForks(ours));
  if (around !== undefined) return around;
  if (sameSet(recorded.map(withLine(recorded)), ours.map(withLine(ours)))) return undefined;
  return first ?? 'the events side by side differ';
}

/** Whether two lines were open at a time: branches, or iterations of a Map that is not held to one. */
function sideBySide(history: readonly HistoryEvent[]): boolean {
  let iterations = 0;
  return history.some(({ type }) => {
    if (type === 'MapIterationStarted') iterations += 1;
    else if (type.startsWith('MapIteration')) iterations -= 1;
    return type === 'ParallelStateStarted' || iterations > 1;
  });
}

/** What comes before the first fork and after the last has one order only. */
function outsideForks(events: readonly Comparable[]): readonly Comparable[] {
  const from = events.findIndex(({ type }) => /^(Map|Parallel)StateStarted$/.test(type));
  const to = events.findLastIndex(({ type }) => /^(Map|Parallel)State(Exited|Failed)$/.test(type));
  return [...events.slice(0, from), ...events.slice(Math.max(from, to) + 1)];
}

function firstDifference(recorded: readonly Comparable[], ours: readonly Comparable[]): string | undefined {
  for (let at = 0; at < Math.max(recorded.length, ours.length); at++) {
    const [theirs, own] = [recorded[at], ours[at]];
    if (theirs === undefined || own === undefined || !same(theirs, own)) {
      return `event ${at + 1}: AWS ${JSON.stringify(theirs)}, here ${JSON.stringify(own)}`;
    }
  }
  return undefined;
}

function sameSet(recorded: readonly Comparable[], ours: readonly Comparable[]): boolean {
  const left = [...ours];
  return (
    recorded.length === ours.length &&
    recorded.every((event) => {
      const at = left.findIndex((own) => same(event, own));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    })
  );
}

/** Which of the lines ends or begins next is open: these follow whatever came before. */
const JOINT = /^(MapIteration(Started|Aborted)|(Map|Parallel)State(Succeeded|Failed|Exited|Aborted)|TaskStateAborted)$/;

/** An event with the events it follows on its own line instead of their ids. */
function withLine(events: readonly Comparable[]) {
  const byId = new Map(events.map((event) => [event.place?.[0], event]));
  const line = (event: Comparable | undefined): string => {
    if (event === undefined) return '';
    const name = isFields(event.facts) ? `${event.type} ${String(event.facts.name)} ${String(event.facts.index)}` : '';
    return JOINT.test(event.type) ? name : `${line(byId.get(event.place?.[1]))} > ${name}`;
  };
  return (event: Comparable): Comparable => ({
    type: event.type,
    place: undefined,
    facts: { line: line(event), facts: event.facts },
  });
}
