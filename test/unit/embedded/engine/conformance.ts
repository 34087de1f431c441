import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { TaskError } from '../../../../infra/embedded/engine/errors.ts';
import type { HistoryEvent } from '../../../../infra/embedded/engine/history.ts';
import type { Integrations } from '../../../../infra/embedded/engine/integrations.ts';
import { isObject, Json, type JsonValue } from '../../../../infra/embedded/engine/json.ts';

/** What AWS answered, recorded elsewhere and shared between projects; it is not part of this repository. */
const FILE = join(import.meta.dirname, '../../../../../shared/data/conformance/jsonata.jsonl');
export const recordingsExist = existsSync(FILE);

const RecordedEvent = z.looseObject({
  type: z.string(),
  id: z.union([z.number(), z.array(z.number())]),
  previousEventId: z.number(),
  name: z.string().optional(),
  output: Json.optional(),
  assignedVariables: Json.optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
  timeoutInSeconds: z.number().optional(),
  heartbeatInSeconds: z.number().optional(),
  details: z.looseObject({}).optional(),
});
const Recording = z.object({
  id: z.string(),
  definition: z.unknown(),
  input: Json,
  lambdas: z.record(z.string(), z.string()),
  expected: z.object({
    status: z.string(),
    output: Json,
    error: z.string().nullable(),
    cause: z.string().nullable(),
    events: z.array(RecordedEvent),
  }),
});
export type Recording = z.infer<typeof Recording>;

export function recordings(): Recording[] {
  if (!recordingsExist) return [];
  const lines = readFileSync(FILE, 'utf8').trim().split('\n');
  return lines.map((line) => Recording.parse(JSON.parse(line)));
}

const Invocation = z.object({ FunctionName: z.string(), Payload: Json.default({}) });

/** Lambda as the recordings describe it: `echo`, `raise:<type>:<message>`, `return:<json>`. */
export function recordedLambdas(behaviours: Record<string, string>): Integrations {
  const call = (arn: string, payload: JsonValue): JsonValue => {
    const behaviour = behaviours[arn] ?? 'does-not-exist';
    const [kind, errorType, ...rest] = behaviour.split(':');
    if (kind === 'echo') return payload;
    if (kind === 'return') return Json.parse(JSON.parse(behaviour.slice('return:'.length)));
    if (kind !== 'raise') throw new TaskError('Lambda.ResourceNotFoundException', `Function not found: ${arn}`);
    throw new TaskError(errorType, JSON.stringify({ errorMessage: rest.join(':'), errorType }));
  };
  return {
    supports: (resource) => resource === 'arn:aws:states:::lambda:invoke' || resource.startsWith('arn:aws:lambda:'),
    async invoke({ resource, arguments: args }) {
      if (resource.startsWith('arn:aws:lambda:')) return call(resource, args);
      const { FunctionName, Payload } = Invocation.parse(args);
      return { ExecutedVersion: '$LATEST', Payload: call(FunctionName, Payload), StatusCode: 200 };
    },
  };
}

/** Leaves out what differs from run to run: request metadata, and all of a Lambda error but its type and message. */
export function comparable(value: unknown): unknown {
  if (typeof value === 'string') return lambdaError(value) ?? value;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('Sdk'));
  return Object.fromEntries(kept.map(([key, item]) => [key, comparable(item)]));
}

function lambdaError(text: string): unknown {
  if (!text.startsWith('{"errorMessage"')) return undefined;
  const parsed: JsonValue = JSON.parse(text);
  return isObject(parsed) ? { errorMessage: parsed.errorMessage, errorType: parsed.errorType } : undefined;
}

type Comparable = { type: string; facts: unknown };

/** The events of side-by-side branches have no order of their own: they are compared by type, as a set. */
function grouped(events: { type: string; sideBySide: boolean; facts: unknown }[]): Comparable[] {
  const first = events.findIndex(({ sideBySide }) => sideBySide);
  const inner = events.filter(({ sideBySide }) => sideBySide).map(({ type, facts }) => ({ type, facts }));
  const outer = events.filter(({ sideBySide }) => !sideBySide).map(({ type, facts }) => ({ type, facts }));
  if (first === -1) return outer;
  inner.sort((a, b) => a.type.localeCompare(b.type));
  return [...outer.slice(0, first), ...inner, ...outer.slice(first)];
}

export function recordedEvents({ expected }: Recording): Comparable[] {
  return grouped(
    expected.events.map(({ details = {}, ...event }) => {
      const sideBySide = Array.isArray(event.id);
      const { location, state, resource, resourceType, region, index, length } = details;
      const chain = sideBySide ? {} : { id: event.id, previousEventId: event.previousEventId };
      const { name, output, assignedVariables, error, cause, timeoutInSeconds, heartbeatInSeconds } = event;
      const rest = {
        location,
        state,
        resource,
        resourceType,
        region,
        index,
        length,
        timeoutInSeconds,
        heartbeatInSeconds,
      };
      const facts = comparable(defined({ ...chain, name, output, assignedVariables, error, cause, ...rest }));
      return { type: event.type, sideBySide, facts };
    }),
  );
}

export function ourEvents(recording: Recording, history: readonly HistoryEvent[]): Comparable[] {
  const ordered = new Set(recording.expected.events.map(({ id }) => id));
  const sideBySideExists = recording.expected.events.some(({ id }) => Array.isArray(id));
  // The recordings lost ParallelStateFailed of such a group; the gap in their ids shows that it was there.
  const ours = history.filter(({ type }) => !(sideBySideExists && type === 'ParallelStateFailed'));
  return grouped(
    ours.map(({ id, previousEventId, type, ...details }) => {
      const sideBySide = !ordered.has(id);
      const { timestamp: _, input: _input, parameters: _parameters, ...facts } = details;
      const output = type.endsWith('Submitted') ? {} : { output: facts.output };
      return {
        type,
        sideBySide,
        facts: comparable(defined({ ...(sideBySide ? {} : { id, previousEventId }), ...facts, ...output })),
      };
    }),
  );
}

function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}
