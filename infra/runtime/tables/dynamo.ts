import type { TableSpec } from '../assembly/specs.ts';
import { AwsError } from '../wire/aws-error.ts';
import { batchOperations } from './batch-operations.ts';
import { openCatalog, TREES } from './catalog.ts';
import { Definition } from './definition.ts';
import { itemOperations } from './item-operations.ts';
import { queryOperations } from './query-operations.ts';
import type { Operation } from './request.ts';
import { createGroupCommit, type Later, type Report } from './storage/group-commit.ts';
import { readableKey } from './storage/keys.ts';
import { isDamage, openFile, wordsOf } from './storage/sqlite-file.ts';
import { createTrees, Damaged } from './storage/trees.ts';
import { tableOperations } from './table-operations.ts';
import { openTokens } from './tokens.ts';
import { transactionOperations } from './transaction-operations.ts';

const soon: Later = (retry) => void setTimeout(retry, 1000);
const ANEW = 'restore the data folder from a copy, or start with a fresh one';

/**
 * DynamoDB on one machine: the tables of an assembly in one SQLite file, and the operations that our handlers and their
 * clients use, as AWS answers them.
 * @param path folder to keep the tables in; null keeps them in memory
 * @param later runs `retry` after a while, when the disk had no room
 * @param report told when the disk refuses writes, when it takes them again, and what on it is damaged
 * @param now by which a transaction's client token is forgotten
 * @throws TablesUnusable when the file is damaged, in use or of another layout
 */
export async function openDynamo(
  path: string | null,
  later: Later = soon,
  report: Report = () => undefined,
  now: () => number = Date.now,
) {
  const db = openFile(path, (made) => {
    const trees = createTrees(made);
    for (const tree of Object.values(TREES)) trees.create(tree);
  });
  const trees = createTrees(db);
  const catalog = openCatalog(trees, now);
  let stale = false;
  const commit = createGroupCommit({
    ...{ db, later, report },
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
  /** What a request is told when the file is not what was written to it. */
  const damaged = (error: unknown): AwsError | undefined => {
    if (!(error instanceof Damaged) && !isDamage(error)) return undefined;
    const what =
      error instanceof Damaged
        ? `table ${catalog.nameOf(error.tree) ?? 'of tables'} is damaged on the disk at the row ${readableKey(error.key)}`
        : `the tables are damaged on the disk (${wordsOf(error)})`;
    const told = `${what}: ${ANEW}`;
    if (!reported.has(told)) report(told);
    reported.add(told);
    return new AwsError('InternalServerError', told, 500);
  };
  const working = <T>(work: () => T): T => {
    if (stale) catalog.load();
    stale = false;
    return work();
  };
  const run = async (name: string, input: unknown): Promise<unknown> => {
    const operation = operations[name];
    if (operation === undefined) throw new AwsError('UnknownOperationException', `${name} is not supported`);
    try {
      return await commit[operation.access](() => working(() => operation.answer(input)));
    } catch (cause) {
      if (cause instanceof AwsError) throw cause;
      throw damaged(cause) ?? new AwsError('InternalServerError', 'the table store failed', 500, { cause });
    }
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
      const definition = Definition.parse({ TableName: name, ...keys });
      await commit.write(() => working(() => catalog.ensure(definition)));
    },
    /** Resolves when the disk takes writes, or is not known to refuse them. */
    writable: () => commit.writable(),
    async close(): Promise<void> {
      commit.close();
      if (db.isOpen) db.close();
    },
  };
}
