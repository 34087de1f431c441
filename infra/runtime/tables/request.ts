import * as z from 'zod';
import { Name } from './definition.ts';
import { invalid, wrongType } from './refusals.ts';

/** Parts that requests have in common. Items and values are looked into later, by `parseItem`. */
export const Attributes = z.record(z.string(), z.unknown());
/** A name, or an ARN, which ends in it. */
export const TableName = z
  .string()
  .transform((nameOrArn) => nameOrArn.replace(/^arn:.*:table\//, ''))
  .pipe(Name);
const Expression = z.string();

/** What an expression may refer to. */
export const placeholders = {
  ExpressionAttributeNames: z.record(z.string(), z.string()).optional(),
  ExpressionAttributeValues: Attributes.optional(),
};
/** Taken and answered with nothing: on one machine there is no capacity to count. */
export const counted = { ReturnConsumedCapacity: z.enum(['INDEXES', 'TOTAL', 'NONE']).optional() };
export const countedWrite = { ...counted, ReturnItemCollectionMetrics: z.enum(['SIZE', 'NONE']).optional() };

export const condition = {
  ConditionExpression: Expression.optional(),
  ReturnValuesOnConditionCheckFailure: z.enum(['ALL_OLD', 'NONE']).optional(),
};
export const projection = { ProjectionExpression: Expression.optional() };

/** What an operation does with a request of its schema. */
export interface Operation {
  readonly access: 'read' | 'write';
  readonly answer: (input: unknown) => unknown;
}

/**
 * An operation whose requests are parsed before it answers them. What a request has that is not in its schema is refused:
 * to drop a part of a condition could turn a guarded write into an unguarded one.
 */
export function operation<T extends z.ZodType>(
  name: string,
  access: Operation['access'],
  schema: T,
  answer: (request: z.infer<T>) => unknown,
): Operation {
  return { access, answer: (input) => answer(parseRequest(name, schema, input)) };
}

function parseRequest<T extends z.ZodType>(name: string, schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  if (unknown.length > 0) throw invalid(`${name} with ${unknown.join(', ')} is not supported on one machine`);
  const wrong = issues.find(({ code, path }) => code === 'invalid_type' && isThere(input, path));
  if (wrong !== undefined) throw wrongType(`${wrong.path.join('.')}: ${wrong.message}`);
  const faults = issues.map(({ code, path, message }) => {
    const words = code === 'invalid_type' ? 'Member must not be null' : message;
    return `Value at '${path.map(lowerFirst).join('.')}' failed to satisfy constraint: ${words}`;
  });
  const errors = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`;
  throw invalid(`${errors} detected: ${faults.join('; ')}`);
}

const isThere = (input: unknown, path: readonly PropertyKey[]): boolean =>
  path.reduce<unknown>((found, key) => Object(found)[key], input) !== undefined;
const lowerFirst = (key: PropertyKey) => `${String(key).charAt(0).toLowerCase()}${String(key).slice(1)}`;
