import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { Definition, shapeOf } from './definition.ts';
import { tableNotFound } from './refusals.ts';
import { EVERYTHING, keyOf } from './storage/keys.ts';
import type { Trees } from './storage/trees.ts';
import { openTable, type Table, type TableRecord } from './table.ts';

/** Trees that every file has; those of tables come after them. */
export const TREES = { catalog: 0, tokens: 1, tokensByTime: 2 } as const;
const FIRST_OF_TABLES = 10;

const Kept = z.object({
  definition: Definition,
  trees: z.object({ table: z.number(), indexes: z.array(z.number()) }),
  createdAt: z.number(),
});

/** A table of the data folder has other keys or indexes than the assembly asks for. */
export class TableChanged extends Error {
  override readonly name = 'TableChanged' as const;
}

export type Catalog = ReturnType<typeof openCatalog>;

/** All tables of a file. What they are is read once: it changes hardly ever, and every request needs it. */
export function openCatalog(trees: Trees, now: () => number) {
  const tables = new Map<string, Table>();
  const keyOfName = (name: string) => keyOf([{ S: name }]);
  const store = (record: TableRecord) => {
    const [key, text] = [keyOfName(record.definition.TableName), JSON.stringify(record)];
    const kept = trees.get(TREES.catalog, key);
    if (kept === undefined) trees.insert(TREES.catalog, key, trees.addBody(text));
    else trees.setBody(kept.body, text);
    const table = openTable(record, trees);
    tables.set(table.name, table);
    return table;
  };
  const load = () => {
    tables.clear();
    for (const text of trees.range(TREES.catalog, EVERYTHING)) {
      const table = openTable(Kept.parse(JSON.parse(text)), trees);
      tables.set(table.name, table);
    }
  };
  load();

  return {
    /** Reads again what there is, after writes were undone. */
    load,
    /** @throws AwsError when there is none of that name */
    table(name: string): Table {
      const table = tables.get(name);
      if (table === undefined) throw tableNotFound();
      return table;
    },
    names: (): readonly string[] => [...tables.keys()].sort(),
    /** The name of the table that a tree is of. */
    nameOf: (tree: number): string | undefined =>
      [...tables.values()].find(({ record }) => [record.trees.table, ...record.trees.indexes].includes(tree))?.name,
    create(definition: Definition): Table {
      if (tables.has(definition.TableName)) {
        throw new AwsError('ResourceInUseException', `Table already exists: ${definition.TableName}`);
      }
      const used = [...tables.values()].flatMap(({ record }) => [record.trees.table, ...record.trees.indexes]);
      const first = Math.max(FIRST_OF_TABLES - 1, ...used) + 1;
      const indexes = definition.GlobalSecondaryIndexes.map((_, index) => first + 1 + index);
      for (const tree of [first, ...indexes]) trees.create(tree);
      return store({ definition, trees: { table: first, indexes }, createdAt: Math.floor(now() / 1000) });
    },
    remove(table: Table): void {
      const { definition, trees: own } = table.record;
      for (const tree of own.indexes) trees.drop(tree, 'alone');
      trees.drop(own.table, 'with its bodies');
      const key = keyOfName(definition.TableName);
      const kept = trees.get(TREES.catalog, key);
      trees.remove(TREES.catalog, key);
      if (kept !== undefined) trees.removeBody(kept.body);
      tables.delete(table.name);
    },
    /** Creates the table unless it is there; what its indexes show may have changed. @throws TableChanged */
    ensure(definition: Definition): void {
      const kept = tables.get(definition.TableName);
      if (kept === undefined) return void this.create(definition);
      if (shapeOf(kept.record.definition) !== shapeOf(definition)) {
        const name = definition.TableName;
        throw new TableChanged(`table ${name} was kept with other keys or indexes: start with a fresh data folder`);
      }
      const changed = inOrderOf(kept.record.definition, definition);
      if (!isDeepStrictEqual(changed, kept.record.definition)) store({ ...kept.record, definition: changed });
    },
  };
}

/** The trees of indexes are kept in the order of the definition that made them. */
function inOrderOf(kept: Definition, asked: Definition): Definition {
  const indexes = kept.GlobalSecondaryIndexes.map(
    (old) => asked.GlobalSecondaryIndexes.find((index) => index.IndexName === old.IndexName) ?? old,
  );
  return { ...asked, GlobalSecondaryIndexes: indexes };
}
