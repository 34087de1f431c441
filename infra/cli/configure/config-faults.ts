import * as z from 'zod';

type Path = readonly PropertyKey[];

export interface Fault {
  path: Path;
  /** What to write instead. */
  advice: string;
}

/** `clusters[0].approvers.suggest[1]` */
export function pathText(path: Path): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

/** Every issue of a failed parse as a field and an advice. Values are not repeated: one may be a secret. */
export function faultsOf(schema: z.ZodType, error: z.ZodError, source: unknown): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, advice: adviceOn(issue, source) }];
    const fields = fieldsAt(schema, issue.path);
    return issue.keys.map((key) => ({ path: [...issue.path, key], advice: unknownField(key, fields) }));
  });
}

const ARTICLES: Record<string, string> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};
const aKind = (kind: string) =>
  ARTICLES[kind] ?? (kind === 'int' ? 'a whole number' : `a ${kind === 'string' ? 'text' : kind}`);

function adviceOn(issue: z.core.$ZodIssue, source: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = aKind(issue.expected);
      return valueAt(source, issue.path) === undefined ? `is missing: write ${kind}` : `use ${kind}`;
    }
    case 'invalid_value': {
      const choices = `use ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
      return valueAt(source, issue.path) === undefined ? `is missing: ${choices}` : choices;
    }
    case 'too_small':
      return bound(issue.origin, 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, 'at most', issue.maximum);
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

function bound(origin: string, side: string, limit: number | bigint): string {
  if (origin === 'string') return `use ${side} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `use ${side} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `use ${side} ${limit}`;
}

/** Names a field that differs only in case, dashes or underscores; else all that there are. */
function unknownField(key: string, fields: string[]): string {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const meant = fields.find((field) => plain(field) === plain(key));
  return meant ? `there is no such field: write ${meant}` : `there is no such field: use ${fields.join(', ')}`;
}

/** Fields of the object schema at a path, through defaults, options and lists. */
function fieldsAt(schema: z.core.$ZodType, path: Path): string[] {
  const bare = unwrapped(schema);
  const [key, ...rest] = path;
  if (bare instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(bare.shape);
    const next: unknown = bare.shape[String(key)];
    return next instanceof z.ZodType ? fieldsAt(next, rest) : [];
  }
  return bare instanceof z.ZodArray ? fieldsAt(bare.element, rest) : [];
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.def.innerType);
  }
  return schema;
}

function valueAt(source: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    source,
  );
}
