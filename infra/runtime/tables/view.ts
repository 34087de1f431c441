import type { Definition, KeyType } from './definition.ts';
import { invalid, invalidParameter } from './refusals.ts';
import { type Key, keyOf } from './storage/keys.ts';
import { type AttributeValue, attribute, bytesOf, type Item, pick, typeOf } from './values/attribute-value.ts';

const LONGEST_HASH = 2048;
const LONGEST_RANGE = 1024;

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** One order in which the rows of a table can be read: by its own keys, or by those of an index. */
export interface View {
  /** Where its entries are. */
  readonly tree: number;
  /** The index; undefined for the table itself. */
  readonly index?: string;
  /** Partition key, and sort key where there is one. */
  readonly keys: readonly KeyAttribute[];
  /** What names a row: these keys, and on an index those of the table. */
  readonly names: readonly string[];
  /** Attributes that an index shows; undefined for all. */
  readonly shown?: ReadonlySet<string>;
}

/** The table's own view and those of its indexes, which may show less. */
export function viewsOf(
  definition: Definition,
  trees: { readonly table: number; readonly indexes: readonly number[] },
) {
  const types = new Map(definition.AttributeDefinitions.map((each) => [each.AttributeName, each.AttributeType]));
  const keysOf = (schema: Definition['KeySchema']): readonly KeyAttribute[] =>
    schema.map(({ AttributeName: name }) => ({ name, type: types.get(name) ?? 'S' }));
  const keys = keysOf(definition.KeySchema);
  const own = keys.map((key) => key.name);
  const table: View = { tree: trees.table, keys, names: own };
  const indexes = definition.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }, at): View => {
    const [indexKeys, tree] = [keysOf(KeySchema), trees.indexes[at]];
    if (tree === undefined) throw new Error(`index ${IndexName} has no tree`);
    const names = [...new Set([...indexKeys.map((key) => key.name), ...own])];
    const shown = new Set([...names, ...(Projection.NonKeyAttributes ?? [])]);
    return { tree, index: IndexName, keys: indexKeys, names, ...(Projection.ProjectionType !== 'ALL' && { shown }) };
  });
  return { table, indexes };
}

/** What a view shows of an item. */
export const showIn = ({ shown }: View, item: Item): Item => (shown === undefined ? item : pick(item, shown));

/** Where an item stands in the table. @throws AwsError for an item without its keys */
export function keyOfItem({ keys }: View, item: Item): Key {
  const values = keys.map(({ name, type }) => {
    const value = attribute(item, name);
    if (value === undefined) throw invalidParameter(`Missing the key ${name} in the item`);
    if (typeOf(value) !== type) {
      throw invalidParameter(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
    }
    return value;
  });
  checkKeyValues(keys, values);
  return keyOf(values);
}

/** Where a row stands that a request names by its keys alone. @throws AwsError */
export function keyOfKey(view: View, key: Item): Key {
  const fits = ({ name, type }: KeyAttribute) => {
    const value = attribute(key, name);
    return value !== undefined && typeOf(value) === type;
  };
  if (Object.keys(key).length !== view.keys.length || !view.keys.every(fits)) {
    throw invalid('The provided key element does not match the schema');
  }
  return keyOfItem(view, key);
}

/** @throws AwsError for what no key may be */
export function checkKeyValues(keys: readonly KeyAttribute[], values: readonly AttributeValue[]): void {
  for (const [at, value] of values.entries()) {
    const size = lengthOfKey(value);
    if (size === 0) throw emptyKey('', value, `Key: ${keys[at]?.name}`);
    if (at === 0 && size > LONGEST_HASH) {
      throw invalidParameter('Size of hashkey has exceeded the maximum size limit of2048 bytes');
    }
    if (at > 0 && size > LONGEST_RANGE) {
      throw invalidParameter('Aggregated size of all range keys has exceeded the size limit of 1024 bytes');
    }
  }
}

/**
 * Where an item of the table stands on an index; undefined when it does not appear there.
 * @param wrongType words for an attribute of another type than the index has it
 * @throws AwsError for what no key of an index may be
 */
export function keyOnIndex(view: View, table: View, item: Item, wrongType?: string): Key | undefined {
  const values: AttributeValue[] = [];
  for (const { name, type } of view.keys) {
    const value = attribute(item, name);
    if (value === undefined) continue;
    if (typeOf(value) !== type) {
      const mismatch = `Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)}`;
      throw wrongType === undefined ? invalidParameter(`${mismatch} IndexName: ${view.index}`) : invalid(wrongType);
    }
    if (lengthOfKey(value) === 0) {
      const words = 'A value specified for a secondary index key is not supported. ';
      throw emptyKey(words, value, `IndexName: ${view.index}, IndexKey: ${name}`);
    }
    values.push(value);
  }
  if (values.length < view.keys.length) return undefined;
  checkKeyValues(view.keys, values);
  const own = table.keys.map(({ name }) => attribute(item, name)).filter((value) => value !== undefined);
  return keyOf([...values, ...own]);
}

function emptyKey(words: string, value: AttributeValue, where: string) {
  const kind = 'S' in value ? 'string' : 'binary';
  const rule = `The AttributeValue for a key attribute cannot contain an empty ${kind} value`;
  return invalid(`One or more parameter values are not valid. ${words}${rule}. ${where}`);
}

function lengthOfKey(value: AttributeValue): number {
  if ('B' in value) return bytesOf(value.B).length;
  if (!('S' in value)) return 1;
  // UTF-8 has no place for half a character: two of them would become the same key.
  if (!value.S.isWellFormed()) throw invalidParameter('a key must be text that UTF-8 can hold');
  return Buffer.byteLength(value.S);
}
