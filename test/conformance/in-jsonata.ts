import { isObject, type JsonObject, type JsonValue } from '../../infra/runtime/engine/json.ts';
import type { Case } from './case.ts';

/** Field names that JSONata gives the same meaning; a `...Path` field becomes the field itself. */
const RENAMED: Readonly<Record<string, string>> = {
  Parameters: 'Arguments',
  TimeoutSecondsPath: 'TimeoutSeconds',
  HeartbeatSecondsPath: 'HeartbeatSeconds',
  Result: 'Output',
};

/**
 * Rewrites a JSONPath definition that only passes parts of the input on: AWS's recordings of it then say what the same
 * machine does in JSONata. What has no plain counterpart (ResultPath, OutputPath, ...) stays, and is refused by name.
 */
export function inJsonata(one: Case): Case {
  const { definition } = one;
  if (!isFields(definition) || definition.QueryLanguage === 'JSONata') return one;
  return { ...one, definition: { ...rewritten(definition), QueryLanguage: 'JSONata' } };
}

function rewritten(fields: JsonObject): JsonObject {
  const { ResultPath: path, ...others } = fields;
  const output = resultPath(path, others);
  return Object.fromEntries(
    Object.entries({ ...others, ...output }).map(([key, value]): [string, JsonValue] => {
      const name = RENAMED[key] ?? key;
      if (key === 'Parameters') return [name, template(value)];
      if (key === 'Result' || key === 'Output') return [name, value];
      // An empty result of a Map or Parallel differs from one with a path; the input is the only place to read from.
      if (key.endsWith('SecondsPath') && typeof value === 'string') return [name, query(value)];
      if (key === 'InputPath' && fields.Type === 'Map' && typeof value === 'string') return ['Items', query(value)];
      if (Array.isArray(value)) return [name, value.map((item) => (isObject(item) ? rewritten(item) : item))];
      return [name, isObject(value) ? rewritten(value) : value];
    }),
  );
}

/** `$.name` puts the result of a task, a catcher or a Pass beside what the state was given. */
function resultPath(path: JsonValue | undefined, { Type, ErrorEquals, Result }: JsonObject): JsonObject {
  const name = typeof path === 'string' ? /^\$\.(\w+)$/.exec(path)?.[1] : undefined;
  if (name === undefined) return path === undefined ? {} : { ResultPath: path };
  const result = ErrorEquals === undefined ? 'result' : 'errorOutput';
  const value = Type === 'Pass' ? '$states.input' : `$states.${result}`;
  if (Type === 'Pass' && Result !== undefined) return { ResultPath: path ?? null };
  return { Output: `{% $merge([$states.input, {'${name}': ${value}}]) %}` };
}

function template(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(template);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, JsonValue] =>
      key.endsWith('.$') && typeof item === 'string' ? [key.slice(0, -2), query(item)] : [key, template(item)],
    ),
  );
}

/** `$.a.b` and `$$.Task.Token`. */
function query(path: string): string {
  const expression = path.startsWith('$$') ? path.replace('$$', '$states.context') : path.replace('$', '$states.input');
  return `{% ${expression} %}`;
}

function isFields(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
