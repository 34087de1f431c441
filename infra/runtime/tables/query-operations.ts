import * as z from 'zod';
import type { Catalog } from './catalog.ts';
import { Name } from './definition.ts';
import { bindCondition } from './expressions/condition.ts';
import { bindKeyCondition } from './expressions/key-condition.ts';
import { type Path, Placeholders } from './expressions/placeholders.ts';
import { bindProjection } from './expressions/projection.ts';
import { invalid, invalidParameter } from './refusals.ts';
import * as part from './request.ts';
import { EVERYTHING, justAfter, type Key } from './storage/keys.ts';
import type { Range } from './storage/trees.ts';
import type { Table } from './table.ts';
import { type Item, pick } from './values/attribute-value.ts';
import { sizeOf } from './values/compare.ts';
import { parseItem } from './values/parse-value.ts';
import { keyOfKey, keyOnIndex, showIn, type View } from './view.ts';

/** A page ends with the row that reaches this. */
const PAGE_BYTES = 2 ** 20;

const Scan = z.strictObject({
  TableName: part.TableName,
  IndexName: Name.optional(),
  ...part.placeholders,
  ...part.counted,
  FilterExpression: z.string().optional(),
  ...part.projection,
  ConsistentRead: z.boolean().default(false),
  Select: z.enum(['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'COUNT']).optional(),
  Limit: z.int().min(1, 'Member must have value greater than or equal to 1').optional(),
  ExclusiveStartKey: part.Attributes.optional(),
});
const Query = Scan.extend({
  KeyConditionExpression: z.string(),
  ScanIndexForward: z.boolean().default(true),
});

/** The operations that read many rows, a page at a time. */
export function queryOperations(catalog: Catalog): Record<string, part.Operation> {
  return {
    Scan: part.operation('Scan', 'read', Scan, (request) => {
      const { table, view, page } = plan(catalog, request, []);
      return page(startingFrom(EVERYTHING, startKey(table, view, request), 'forwards'), 'forwards');
    }),
    Query: part.operation('Query', 'read', Query, (request) => {
      const { table, view, placeholders, page } = plan(catalog, request, [request.KeyConditionExpression]);
      const range = bindKeyCondition(request.KeyConditionExpression, placeholders, view.keys);
      const order = request.ScanIndexForward ? 'forwards' : 'backwards';
      const start = startKey(table, view, request);
      if (start !== undefined && !isWithin(range, start)) {
        throw invalid('The provided starting key is outside query boundaries based on provided conditions');
      }
      return page(startingFrom(range, start, order), order);
    }),
  };
}

type Request = z.infer<typeof Scan>;

/** What query and scan have in common. `page` is to be called when all expressions are bound. */
function plan(catalog: Catalog, request: Request, conditions: readonly string[]) {
  const { FilterExpression: filter, ProjectionExpression: projection, Limit: limit = Infinity } = request;
  const table = catalog.table(request.TableName);
  const view = table.viewOf(request.IndexName);
  checkSelect(view, request);
  const placeholders = new Placeholders(request, {
    names: [...conditions, filter, projection],
    values: [...conditions, filter],
  });
  const onlyShown = (path: Path) => checkShown(view, path);
  const show = bindProjection(projection, placeholders, onlyShown);
  const passes =
    filter === undefined
      ? () => true
      : bindCondition('FilterExpression', filter, placeholders, (path) => {
          onlyShown(path);
          if (conditions.length > 0) checkNoKey(view, path);
        });

  const page = (range: Range, order: 'forwards' | 'backwards') => {
    placeholders.end();
    const items: Item[] = [];
    let [scanned, size, count] = [0, 0, 0];
    let last: Item | undefined;
    for (const whole of table.range(view, range, order)) {
      const item = showIn(view, whole);
      scanned++;
      size += sizeOf(item);
      if (passes(item)) {
        count++;
        if (request.Select !== 'COUNT') items.push(show(item));
      }
      last = whole;
      if (scanned >= limit || size >= PAGE_BYTES) break;
    }
    const more = last !== undefined && (scanned >= limit || size >= PAGE_BYTES);
    return {
      ...(request.Select !== 'COUNT' && { Items: items }),
      Count: count,
      ScannedCount: scanned,
      ...(more && last && { LastEvaluatedKey: pick(last, view.names) }),
    };
  };
  return { table, view, placeholders, page };
}

function checkSelect(view: View, { ConsistentRead, Select, ProjectionExpression }: Request): void {
  if (view.index !== undefined && ConsistentRead) {
    throw invalid('Consistent reads are not supported on global secondary indexes');
  }
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && view.index === undefined) {
    throw invalidParameter('Select type ALL_PROJECTED_ATTRIBUTES is only for an index');
  }
  if (Select === 'ALL_ATTRIBUTES' && view.shown !== undefined) {
    const why = 'because its projection type is not ALL';
    const what = `Select type ALL_ATTRIBUTES is not supported for global secondary index ${view.index}`;
    throw invalidParameter(`${what} ${why}`);
  }
  if (ProjectionExpression !== undefined && Select !== undefined && Select !== 'SPECIFIC_ATTRIBUTES') {
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${Select}`);
  }
  if (Select === 'SPECIFIC_ATTRIBUTES' && ProjectionExpression === undefined) {
    throw invalid('Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  }
}

/** What an index does not show is as if it were not there, which a filter would take for an answer. */
function checkShown({ index, shown }: View, [name]: Path): void {
  if (shown === undefined || typeof name !== 'string' || shown.has(name)) return;
  throw invalidParameter(`Global secondary index ${index} does not project [${name}]`);
}

function checkNoKey({ keys }: View, [name]: Path): void {
  if (!keys.some((key) => key.name === name)) return;
  const rule = 'Filter Expression can only contain non-primary key attributes';
  throw invalid(`${rule}: Primary key attribute: ${name}`);
}

/** Where the page before ended. */
function startKey(table: Table, view: View, { ExclusiveStartKey }: Request): Key | undefined {
  if (ExclusiveStartKey === undefined) return undefined;
  const key = parseItem(ExclusiveStartKey);
  if (Object.keys(key).length !== view.names.length) throw invalid('The provided starting key is invalid');
  if (view.index === undefined) return keyOfKey(view, key);
  keyOfKey(table.view, pick(key, table.view.names));
  const place = keyOnIndex(view, table.view, key);
  if (place === undefined) throw invalid('The provided starting key is invalid');
  return place;
}

const isWithin = ({ from, to }: Range, key: Key) => Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0;

function startingFrom(range: Range, start: Key | undefined, order: 'forwards' | 'backwards'): Range {
  if (start === undefined) return range;
  return order === 'forwards' ? { ...range, from: justAfter(start) } : { ...range, to: start };
}
