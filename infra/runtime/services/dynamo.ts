import { createRequire } from 'node:module';
import * as z from 'zod';
import type { TableSpec } from '../assembly/specs.ts';
import { AwsError } from '../aws-error.ts';
import { rememberExpressions } from './expressions.ts';
import { type Later, openStore, type Report, type Store, tableKey } from './store.ts';

const OPERATIONS = [
  ...['BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable'],
  ...['DescribeTimeToLive', 'GetItem', 'ListTables', 'PutItem', 'Query', 'Scan', 'UpdateItem', 'UpdateTable'],
] as const;

const require = createRequire(import.meta.url);
// dynalite's parsers are one per process, however many tables are open.
for (const name of ['condition', 'update', 'projection']) rememberExpressions(require(`dynalite/db/${name}Parser.js`));
type Action = (store: Store, data: object, done: (error: unknown, result: unknown) => void) => void;
interface Validations {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}
const { checkTypes, checkValidations }: Validations = require('dynalite/validations/index.js');

const Refusal = z.object({
  statusCode: z.number(),
  body: z.looseObject({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() }),
});
/** What makes a table another one, with its indexes in one order. */
const Shape = z.object({
  KeySchema: z.unknown(),
  GlobalSecondaryIndexes: z
    .array(z.object({ IndexName: z.string(), KeySchema: z.unknown() }))
    .default([])
    .transform((indexes) => indexes.sort((a, b) => (a.IndexName < b.IndexName ? -1 : 1))),
});
const shapeOf = (table: unknown) => JSON.stringify(Shape.parse(table));
const Kept = z.looseObject({ TableStatus: z.string() }).optional();

const soon: Later = (retry) => void setTimeout(retry, 1000);
/** A table of the data folder has other keys or indexes than the assembly asks for. */
export class TableChanged extends Error {
  override readonly name = 'TableChanged' as const;
}

/**
 * DynamoDB by dynalite: its actions, called in this process. Its HTTP server would be a second port, open to everybody
 * on the machine.
 * @param path folder to keep the tables in; null keeps them in memory
 * @param later runs `retry` after a while, when the disk had no room
 * @param report told when the disk refuses writes, and when it takes them again
 */
export async function openDynamo(path: string | null, later: Later = soon, report: Report = () => undefined) {
  const store = await openStore(path, later, report);
  const operation = (name: (typeof OPERATIONS)[number]) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}.js`;
    const action: Action = require(`dynalite/actions/${file}`);
    const { types, custom }: { types: object; custom: unknown } = require(`dynalite/validations/${file}`);
    return async (input: unknown): Promise<unknown> => {
      try {
        const asked = Object(input);
        // dynalite drops what it does not know, which could turn a guarded write into an unguarded one.
        const unknown = Object.keys(asked).filter((key) => !Object.hasOwn(types, key));
        if (unknown.length > 0) {
          const words = `${name} with ${unknown.join(', ')} is not supported on one machine`;
          throw new AwsError('ValidationException', words);
        }
        await store.readable();
        const data = checkTypes(asked, types);
        checkValidations(data, types, custom, store);
        return await new Promise((resolve, reject) =>
          action(store, data, (error, result) => (error ? reject(error) : resolve(result))),
        );
      } catch (cause) {
        // Between two attempts to open the store nothing can be read either.
        const refusal = asAwsError(cause) ?? store.refusal();
        throw refusal ?? new AwsError('InternalServerError', 'dynalite failed', 500, { cause });
      }
    };
  };
  return {
    /** The operations of the DynamoDB API by name. They reject with AwsError as DynamoDB would. */
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, operation(name)])),
    /** One of them. */
    run: (name: (typeof OPERATIONS)[number], input: unknown) => operation(name)(input),
    /** Creates the table unless the data folder has it. @throws TableChanged */
    async ensureTable({ name, arn: _, ...asked }: TableSpec): Promise<void> {
      const kept = () => Kept.parse(store.db.getSync(tableKey(name)));
      const existing = kept();
      if (existing !== undefined && existing.TableStatus !== 'CREATING') {
        if (existing.TableStatus === 'ACTIVE' && shapeOf(existing) === shapeOf(asked)) return;
        throw new TableChanged(`table ${name} was kept with other keys or indexes: start with a fresh data folder`);
      }
      // Left half made by a crash: nothing can be in it, and dynalite itself would never let go of it.
      if (existing !== undefined) await new Promise((done) => store.db.del(tableKey(name), done));
      await operation('CreateTable')({ TableName: name, BillingMode: 'PAY_PER_REQUEST', ...asked });
      while (kept()?.TableStatus !== 'ACTIVE') await new Promise(setImmediate);
    },
    writable: () => store.writable(),
    close: () => store.close(),
  };
}

/** What dynalite refuses, as DynamoDB words it; null where it fails. */
function asAwsError(error: unknown): AwsError | null {
  if (error instanceof AwsError) return error;
  const refusal = Refusal.safeParse(error);
  if (!refusal.success) return null;
  const { __type, message, Message, ...rest } = refusal.data.body;
  const type = __type.slice(__type.indexOf('#') + 1);
  return new AwsError(type, message ?? Message ?? '', refusal.data.statusCode, { extra: rest });
}
