import type { TableSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import { batchOperations } from './batch-operations.ts';
import { type Catalog, openCatalog, TableChanged, TREES } from './catalog.ts';
import { parseDefinition } from './definition.ts';
import { itemOperations } from './item-operations.ts';
import { queryOperations } from './query-operations.ts';
import type { Operation } from './request.ts';
import { openCommitCount } from './storage/commit-count.ts';
import { createGroupCommit, type Later, type Report } from './storage/group-commit.ts';
import { readableKey } from './storage/keys.ts';
import { isDamage, openFile, wordsOf } from './storage/sqlite-file.ts';
import { createTrees, Damaged } from './storage/trees.ts';
import { ANEW, TablesUnusable } from './storage/unusable.ts';
import { tableOperations } from './table-operations.ts';
import { openTokens } from './tokens.ts';
import { transactionOperations } from './transaction-operations.ts';

/** How safely a store is kept. */
export interface Keeping {
  /** Whether a write is on the disk before it is answered, so that a power cut takes nothing back. */
  readonly sync?: boolean;
  /** Goes on although answered writes are missing. */
  readonly acceptLoss?: boolean;
}

export type Dynamo = Awaited<ReturnType<typeof openDynamo>>;

const soon: Later = (retry) => void setTimeout(retry, 1000);

/**
 * DynamoDB on one machine: the tables of an assembly in one SQLite file, and the operations that our handlers and their
 * clients use, as AWS answers them.
 * @param path folder to keep the tables in; null keeps them in memory
 * @param later runs `retry` after a while, when the disk had no room
 * @param report told when the disk refuses writes, when it takes them again, and what on it is damaged
 * @param now by which a transaction's client token is forgotten
 * @throws TablesUnusable when the file is damaged, lacks what was answered, is in use or of another layout
 */
export async function openDynamo(
  path: string | null,
  later: Later = soon,
  report: Report = () => undefined,
  now: () => number = Date.now,
  { sync = false, acceptLoss = false }: Keeping = {},
) {
  const { db, commits, trees, catalog } = open(path, now, { folder: path, sync, acceptLoss, report });
  let stale = false;
  const commit = createGroupCommit({
    db,
    commits,
    later,
    report,
    undone: () => {
      stale = true;
    },
  });
  const operations: Readonly<Record<string, Operation>> = {
    ...itemOperations(catalog),
    ...queryOperations(catalog),
    ...batchOperations(catalog),
    ...transactionOperations(catalog, openTokens(trees, now)),
    ...tableOperations(catalog),
  };
  const reported = new Set<string>();
  const translated = (cause: unknown): Error => {
    if (cause instanceof AwsError || cause instanceof TableChanged) return cause;
    const damage = damageOf(cause, catalog.nameOf);
    if (damage === undefined) return new AwsError('InternalServerError', 'the table store failed', 500, { cause });
    if (!reported.has(damage)) report(damage);
    reported.add(damage);
    return new AwsError('InternalServerError', damage, 500);
  };
  const fail = (cause: unknown): never => {
    throw translated(cause);
  };
  const working = <T>(work: () => T): T => {
    if (stale) catalog.load();
    stale = false;
    return work();
  };
  const run = async (name: string, input: unknown): Promise<unknown> => {
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (operation === undefined) throw new AwsError('UnknownOperationException', `${name} is not supported`);
    return commit[operation.access](() => working(() => operation.answer(input))).catch(fail);
  };

  return {
    /** The operations of the DynamoDB API by name. They reject with AwsError as DynamoDB would. */
    operations: Object.fromEntries(
      Object.keys(operations).map((name) => [name, (input: unknown): Promise<unknown> => run(name, input)]),
    ),
    /** One of them. */
    run,
    /** Creates the table unless the data folder has it. @throws TableChanged */
    async ensureTable({ name, arn: _, ...keys }: TableSpec): Promise<void> {
      const definition = parseDefinition({ TableName: name, ...keys });
      await commit.write(() => working(() => catalog.ensure(definition))).catch(fail);
    },
    /** Resolves when the disk takes writes, or is not known to refuse them. */
    writable: () => commit.writable(),
    async close(): Promise<void> {
      commit.close();
      if (!db.isOpen) return;
      db.close();
      commits.close();
    },
  };
}

function open(path: string | null, now: () => number, counting: Parameters<typeof openCommitCount>[1]) {
  const db = openFile(path, counting.sync, (made) => {
    const trees = createTrees(made);
    for (const tree of Object.values(TREES)) trees.create(tree);
  });
  try {
    const commits = openCommitCount(db, counting);
    const trees = createTrees(db);
    return { db, commits, trees, catalog: openCatalog(trees, now) };
  } catch (cause) {
    db.close();
    if (cause instanceof TablesUnusable) throw cause;
    throw new TablesUnusable(damageOf(cause, () => undefined) ?? 'the tables cannot be opened', { cause });
  }
}

/** What there is to say when the file is not what was written to it; undefined for any other error. */
function damageOf(error: unknown, nameOf: Catalog['nameOf']): string | undefined {
  if (error instanceof Damaged) {
    const table = nameOf(error.tree);
    const which = table === undefined ? 'the file with all tables' : `table ${table}`;
    return `${which} is damaged on the disk at the row ${readableKey(error.key)}: ${ANEW}`;
  }
  return isDamage(error) ? `the tables are damaged on the disk (${wordsOf(error)}): ${ANEW}` : undefined;
}
