import type * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { bindCondition, type Predicate } from './expressions/condition.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { bindUpdate, type Update } from './expressions/update.ts';
import type { condition, placeholders } from './request.ts';
import type { Key } from './storage/keys.ts';
import { PUT_WORDS, type Row, type Table, UPDATE_WORDS } from './table.ts';
import { copyOf, type Item } from './values/attribute-value.ts';
import { parseItem } from './values/parse-value.ts';

type Optional<T> = { readonly [K in keyof T]?: T[K] extends z.ZodType ? z.infer<T[K]> : never };
type Conditional = Optional<typeof condition> & Optional<typeof placeholders>;

/** One write to one row, read and checked, but for what depends on the row. */
export interface Write {
  readonly table: Table;
  readonly key: Key;
  /** @throws AwsError ConditionalCheckFailedException, or what is wrong with the item that would be written */
  run(): Written;
}

export interface Written {
  readonly old: Item | undefined;
  readonly new: Item | undefined;
  readonly update?: Update;
}

const NOTHING: Item = copyOf({});

/** @throws AwsError */
export function putWrite(table: Table, request: Conditional & { readonly Item: unknown }): Write {
  const item = parseItem(request.Item);
  const key = table.keyOfItem(item);
  const guard = guardOf(request);
  return {
    table,
    key,
    run() {
      // An item that is wrong is refused whatever is there.
      const prepared = table.prepare(item, PUT_WORDS);
      const row = guarded(table, key, guard);
      table.put(key, prepared, row);
      return { old: row?.item, new: item };
    },
  };
}

/** @throws AwsError */
export function deleteWrite(table: Table, request: Conditional & { readonly Key: unknown }): Write {
  return writeOf(table, table.keyOf(parseItem(request.Key)), guardOf(request), (row) => {
    if (row !== undefined) table.remove(row);
    return { old: row?.item, new: undefined };
  });
}

/** Only the condition: nothing is written. @throws AwsError */
export function checkWrite(table: Table, request: Conditional & { readonly Key: unknown }): Write {
  return writeOf(table, table.keyOf(parseItem(request.Key)), guardOf(request), (row) => {
    return { old: row?.item, new: row?.item };
  });
}

type UpdateRequest = Conditional & { readonly Key: unknown; readonly UpdateExpression?: string | undefined };

/** @throws AwsError */
export function updateWrite(table: Table, request: UpdateRequest): Write {
  const keys = parseItem(request.Key);
  const key = table.keyOf(keys);
  const { UpdateExpression: text } = request;
  let update: Update | undefined;
  const guard = guardOf(request, [text], (placeholders) => {
    if (text !== undefined) update = bindUpdate(text, placeholders, table.view.names);
  });
  return writeOf(table, key, guard, (row) => {
    const before = row?.item ?? keys;
    const item = update?.apply(before) ?? before;
    table.put(key, table.prepare(item, UPDATE_WORDS), row);
    return { old: row?.item, new: item, ...(update && { update }) };
  });
}

interface Guard {
  readonly holds: Predicate;
  /** Whether a request that fails is told what was there. */
  readonly tells: boolean;
}

/** @param others further expressions of the request, and what binds them to the same names and values */
function guardOf(
  request: Conditional,
  others: readonly unknown[] = [],
  bindOthers: (bound: Placeholders) => void = () => undefined,
): Guard {
  const { ConditionExpression: text, ReturnValuesOnConditionCheckFailure: failed = 'NONE' } = request;
  const expressions = [text, ...others];
  const bound = new Placeholders(request, { names: expressions, values: expressions });
  bindOthers(bound);
  const holds = text === undefined ? () => true : bindCondition('ConditionExpression', text, bound);
  bound.end();
  return { holds, tells: failed === 'ALL_OLD' };
}

function writeOf(table: Table, key: Key, guard: Guard, write: (row: Row | undefined) => Written): Write {
  return { table, key, run: () => write(guarded(table, key, guard)) };
}

/** The row as it is. @throws AwsError when the condition does not hold for it */
function guarded(table: Table, key: Key, { holds, tells }: Guard): Row | undefined {
  const row = table.get(key);
  if (!holds(row?.item ?? NOTHING)) throw conditionFailed(tells ? row?.item : undefined);
  return row;
}

function conditionFailed(item: Item | undefined): AwsError {
  const extra = item === undefined ? {} : { Item: item };
  return new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, { extra });
}

/** The `Attributes` of an answer. */
export function attributesOf(
  { old, new: now, update }: Written,
  wanted: 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW',
): { Attributes?: Item } {
  const of = (item: Item | undefined) => (item === undefined ? {} : { Attributes: item });
  const some = (item: Item | undefined) => {
    const updated = item === undefined ? undefined : update?.updatedOf(item);
    return updated === undefined || Object.keys(updated).length === 0 ? {} : { Attributes: updated };
  };
  switch (wanted) {
    case 'NONE':
      return {};
    case 'ALL_OLD':
      return of(old);
    case 'ALL_NEW':
      return of(now);
    case 'UPDATED_OLD':
      return some(old);
    case 'UPDATED_NEW':
      return some(now);
  }
}
