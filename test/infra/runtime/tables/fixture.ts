import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { TableSpec } from '../../../../infra/runtime/assembly/specs.ts';
import { openDynamo } from '../../../../infra/runtime/tables/dynamo.ts';

import { tableSpec } from './spec.ts';

export type Dynamo = Awaited<ReturnType<typeof openDynamo>>;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-tables-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type More = Parameters<typeof openDynamo> extends [unknown, ...infer Rest] ? Rest : never;

/** Opens a store that is closed after the test. */
export async function openTables(folder: string | null, specs: readonly TableSpec[], ...more: More): Promise<Dynamo> {
  const dynamo = await openDynamo(folder, ...more);
  ends.push(() => dynamo.close());
  for (const spec of specs) await dynamo.ensureTable(spec);
  return dynamo;
}

/** A store in memory with the one table `rows`, keyed by PK and SK, and short ways to ask it. */
export async function openRows(indexes: Parameters<typeof tableSpec>[2] = {}) {
  const dynamo = await openTables(null, [tableSpec('rows', ['PK', 'SK'], indexes)]);
  const Key = { PK: { S: 'a' }, SK: { S: '1' } };
  return {
    dynamo,
    Key,
    ask: (name: string, input: object): Promise<unknown> => dynamo.run(name, { TableName: 'rows', ...input }),
    put: (attributes: object, input: object = {}): Promise<unknown> =>
      dynamo.run('PutItem', { TableName: 'rows', Item: { ...Key, ...attributes }, ...input }),
    async get(): Promise<unknown> {
      return Object(await dynamo.run('GetItem', { TableName: 'rows', Key })).Item;
    },
  };
}
