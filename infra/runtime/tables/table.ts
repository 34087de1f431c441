import type { Definition } from './definition.ts';
import { invalid } from './refusals.ts';
import type { Key } from './storage/keys.ts';
import type { Range, Trees } from './storage/trees.ts';
import type { Item } from './values/attribute-value.ts';
import { sizeOf } from './values/compare.ts';
import { keyOfItem, keyOfKey, keyOnIndex, type View, viewsOf } from './view.ts';

const LARGEST_ITEM = 400 * 1024;
/** UTF-16 to UTF-8: no text that is shorter than a third of the limit needs to be counted. */
const MOST_BYTES_A_CHARACTER = 3;

/** What the catalog keeps of a table. */
export interface TableRecord {
  readonly definition: Definition;
  readonly trees: { readonly table: number; readonly indexes: readonly number[] };
  /** Seconds. */
  readonly createdAt: number;
}

/** One row as it is stored. */
export interface Row {
  readonly key: Key;
  readonly body: number;
  readonly item: Item;
}

/** An item that can be written: its text, and where it appears on the indexes. */
interface Prepared {
  readonly text: string;
  readonly places: readonly (Key | undefined)[];
}

/** What is wrong with a new item, in the words of the operation that makes it. */
export interface ItemWords {
  readonly tooLarge: string;
  readonly indexKey?: string;
}
export const PUT_WORDS: ItemWords = { tooLarge: 'Item size has exceeded the maximum allowed size' };
export const UPDATE_WORDS: ItemWords = {
  tooLarge: 'Item size to update has exceeded the maximum allowed size',
  indexKey: 'The update expression attempted to update the secondary index key to unsupported type',
};

export type Table = ReturnType<typeof openTable>;

/** A table in its trees: one for its own keys and one for each index, all with the same bodies. */
export function openTable(record: TableRecord, trees: Trees) {
  const { definition } = record;
  const { table, indexes } = viewsOf(definition, record.trees);
  const placesOf = (item: Item | undefined, words?: string) =>
    indexes.map((index) => (item === undefined ? undefined : keyOnIndex(index, table, item, words)));

  return {
    name: definition.TableName,
    record,
    /** Its own keys. */
    view: table,
    /** @throws AwsError when there is no such index */
    viewOf(index: string | undefined): View {
      if (index === undefined) return table;
      const found = indexes.find((view) => view.index === index);
      if (found === undefined) throw invalid(`The table does not have the specified index: ${index}`);
      return found;
    },
    /** Where a row is that a request names. @throws AwsError */
    keyOf: (key: Item): Key => keyOfKey(table, key),
    /** Where an item goes. @throws AwsError when it cannot be one of this table */
    keyOfItem: (item: Item): Key => keyOfItem(table, item),
    /** @throws Damaged */
    get(key: Key): Row | undefined {
      const found = trees.get(table.tree, key);
      return found && { key, body: found.body, item: JSON.parse(found.text) };
    },
    /** The items of a range of a view in order, whole ones. @throws Damaged */
    *range(view: View, range: Range, order: 'forwards' | 'backwards'): Generator<Item> {
      for (const text of trees.range(view.tree, range, order)) yield JSON.parse(text);
    },
    /** Makes an item ready to be written. @throws AwsError when it cannot be one of this table */
    prepare(item: Item, words: ItemWords): Prepared {
      const [places, text] = [placesOf(item, words.indexKey), JSON.stringify(item)];
      const isLarge = text.length * MOST_BYTES_A_CHARACTER > LARGEST_ITEM;
      if (isLarge && sizeOf(item) > LARGEST_ITEM) throw invalid(words.tooLarge);
      return { text, places };
    },
    /** Writes over what is there. @throws Damaged */
    put(key: Key, { text, places }: Prepared, old: Row | undefined): void {
      const body = old?.body ?? trees.addBody(text);
      if (old === undefined) trees.insert(table.tree, key, body);
      else trees.setBody(body, text);
      move(placesOf(old?.item), places, body);
    },
    /** @throws Damaged */
    remove({ key, body, item }: Row): void {
      trees.remove(table.tree, key);
      move(placesOf(item), [], body);
      trees.removeBody(body);
    },
  };

  /** Brings the entries on all indexes from where they are to where they should be. */
  function move(from: readonly (Key | undefined)[], to: readonly (Key | undefined)[], body: number): void {
    for (const [at, { tree }] of indexes.entries()) {
      const [old, place] = [from[at], to[at]];
      if (old !== undefined && place !== undefined && Buffer.compare(old, place) === 0) continue;
      if (old !== undefined) trees.remove(tree, old);
      if (place !== undefined) trees.insert(tree, place, body);
    }
  }
}
