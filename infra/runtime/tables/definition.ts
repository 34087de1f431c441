import * as z from 'zod';
import { invalidParameter } from './refusals.ts';

/** Names as DynamoDB allows them for tables and indexes. */
export const Name = z
  .string()
  .min(3, 'Member must have length greater than or equal to 3')
  .max(255, 'Member must have length less than or equal to 255')
  .regex(/^[a-zA-Z0-9_.-]+$/, 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+');

const KeySchema = z
  .array(z.strictObject({ AttributeName: z.string().min(1).max(255), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1, 'Member must have length greater than or equal to 1')
  .max(2, 'Member must have length less than or equal to 2')
  .refine(([hash, range]) => hash?.KeyType === 'HASH' && range?.KeyType !== 'HASH', 'HASH first, then RANGE');

const Projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string().min(1)).min(1).max(20).optional(),
});

const Index = z.strictObject({ IndexName: Name, KeySchema, Projection });

/** What a table is: its keys, and its indexes with theirs. */
export const Definition = z
  .strictObject({
    TableName: Name,
    KeySchema,
    AttributeDefinitions: z.array(
      z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    GlobalSecondaryIndexes: z.array(Index).max(20).default([]),
  })
  .refine(({ KeySchema, AttributeDefinitions, GlobalSecondaryIndexes }) => {
    const used = new Set(
      [KeySchema, ...GlobalSecondaryIndexes.map((index) => index.KeySchema)].flat().map((key) => key.AttributeName),
    );
    const defined = AttributeDefinitions.map((attribute) => attribute.AttributeName);
    return defined.length === used.size && defined.every((name) => used.has(name));
  }, 'AttributeDefinitions must name exactly the attributes of all keys')
  .refine(
    ({ GlobalSecondaryIndexes: all }) => new Set(all.map((index) => index.IndexName)).size === all.length,
    'Duplicate index name',
  );

/** @throws AwsError for what cannot be a table */
export function parseDefinition(input: unknown): Definition {
  const parsed = Definition.safeParse(input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw invalidParameter(faults.join('; '));
}

export type Definition = z.infer<typeof Definition>;
export type KeyType = Definition['AttributeDefinitions'][number]['AttributeType'];
type IndexDefinition = Definition['GlobalSecondaryIndexes'][number];

const byName = <T>(all: readonly T[], nameOf: (each: T) => string) =>
  all.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

/** The same for two tables whose rows are found in the same way; what is projected may differ. */
export function shapeOf({ KeySchema, AttributeDefinitions, GlobalSecondaryIndexes }: Definition): string {
  return JSON.stringify([
    KeySchema.map((key) => key.AttributeName),
    byName(AttributeDefinitions, (each) => each.AttributeName).map((each) => [each.AttributeName, each.AttributeType]),
    byName(GlobalSecondaryIndexes, (index: IndexDefinition) => index.IndexName).map((index) => [
      index.IndexName,
      index.KeySchema.map((key) => key.AttributeName),
    ]),
  ]);
}
