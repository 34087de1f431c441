import * as z from 'zod';
import type { Catalog } from './catalog.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { bindProjection } from './expressions/projection.ts';
import { invalid } from './refusals.ts';
import * as part from './request.ts';
import type { Key } from './storage/keys.ts';
import type { Table } from './table.ts';
import type { Item } from './values/attribute-value.ts';
import { sizeOf } from './values/compare.ts';
import { parseItem } from './values/parse-value.ts';
import { deleteWrite, putWrite, type Write } from './write.ts';

const MOST_READS = 100;
const MOST_WRITES = 25;
const ANSWER_BYTES = 16 * 2 ** 20;

const atLeastOne = (all: object) => Object.keys(all).length > 0;
const ONE = 'Member must have length greater than or equal to 1';

const Get = z.strictObject({
  RequestItems: z
    .record(
      z.string(),
      z.strictObject({
        Keys: z.array(part.Attributes).min(1, ONE),
        ConsistentRead: z.boolean().optional(),
        ...part.projection,
        ExpressionAttributeNames: part.placeholders.ExpressionAttributeNames,
      }),
    )
    .refine(atLeastOne, ONE),
  ...part.counted,
});
const WriteRequest = z.union([
  z.strictObject({ PutRequest: z.strictObject({ Item: part.Attributes }) }),
  z.strictObject({ DeleteRequest: z.strictObject({ Key: part.Attributes }) }),
]);
const WriteAll = z.strictObject({
  RequestItems: z.record(z.string(), z.array(WriteRequest).min(1, ONE)).refine(atLeastOne, ONE),
  ...part.countedWrite,
});

/** The operations on many items, each for itself. */
export function batchOperations(catalog: Catalog): Record<string, part.Operation> {
  return {
    BatchGetItem: part.operation('BatchGetItem', 'read', Get, ({ RequestItems }) => {
      const asked = Object.entries(RequestItems);
      if (asked.reduce((sum, [, { Keys }]) => sum + Keys.length, 0) > MOST_READS) {
        throw invalid('Too many items requested for the BatchGetItem call');
      }
      const reads = asked.map(([name, request]) => readsOf(catalog.table(name), request));
      const unprocessed: Record<string, unknown> = {};
      const responses: Record<string, Item[]> = {};
      let size = 0;
      for (const { table, request, show, keys } of reads) {
        const found: Item[] = [];
        const left: unknown[] = [];
        for (const [at, key] of keys.entries()) {
          const item = size > ANSWER_BYTES ? undefined : table.get(key)?.item;
          size += item === undefined ? 0 : sizeOf(item);
          if (size > ANSWER_BYTES) left.push(request.Keys[at]);
          else if (item !== undefined) found.push(show(item));
        }
        responses[table.name] = found;
        if (left.length > 0) unprocessed[table.name] = { ...request, Keys: left };
      }
      return { Responses: responses, UnprocessedKeys: unprocessed };
    }),
    BatchWriteItem: part.operation('BatchWriteItem', 'write', WriteAll, ({ RequestItems }) => {
      const writes = Object.entries(RequestItems).flatMap(([name, requests]) => {
        const table = catalog.table(name);
        return requests.map((request) =>
          'PutRequest' in request ? putWrite(table, request.PutRequest) : deleteWrite(table, request.DeleteRequest),
        );
      });
      if (writes.length > MOST_WRITES) throw invalid('Too many items requested for the BatchWriteItem call');
      refuseDuplicates(writes);
      for (const write of writes) write.run();
      return { UnprocessedItems: {} };
    }),
  };
}

type GetRequest = z.infer<typeof Get>['RequestItems'][string];

function readsOf(table: Table, request: GetRequest) {
  const placeholders = new Placeholders(request, { names: [request.ProjectionExpression] });
  const show = bindProjection(request.ProjectionExpression, placeholders);
  placeholders.end();
  const keys = request.Keys.map((key) => table.keyOf(parseItem(key)));
  refuseDuplicates(keys.map((key) => ({ table, key })));
  return { table, request, show, keys };
}

function refuseDuplicates(named: readonly (Pick<Write, 'table'> & { readonly key: Key })[]): void {
  if (new Set(named.map(identityOf)).size < named.length) {
    throw invalid('Provided list of item keys contains duplicates');
  }
}

/** The same for two writes to one row. */
export const identityOf = ({ table, key }: Pick<Write, 'table' | 'key'>) =>
  `${table.name} ${Buffer.from(key).toString('base64')}`;
