import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { identityOf } from './batch-operations.ts';
import type { Catalog } from './catalog.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { bindProjection } from './expressions/projection.ts';
import { invalid } from './refusals.ts';
import * as part from './request.ts';
import type { Tokens } from './tokens.ts';
import { sizeOf } from './values/compare.ts';
import { parseItem } from './values/parse-value.ts';
import { checkWrite, deleteWrite, putWrite, updateWrite, type Write } from './write.ts';

const MOST = 100;
const MOST_BYTES = 4 * 2 ** 20;
const upTo = <T extends z.ZodType>(one: T) =>
  z
    .array(one)
    .min(1, 'Member must have length greater than or equal to 1')
    .max(MOST, `Member must have length less than or equal to ${MOST}`);

const conditional = { TableName: part.TableName, ...part.condition, ...part.placeholders };
const keyed = { ...conditional, Key: part.Attributes };
const Part = z.strictObject({
  Put: z.strictObject({ ...conditional, Item: part.Attributes }).optional(),
  Update: z.strictObject({ ...keyed, UpdateExpression: z.string() }).optional(),
  Delete: z.strictObject(keyed).optional(),
  ConditionCheck: z.strictObject({ ...keyed, ConditionExpression: z.string() }).optional(),
});
const WriteAll = z.strictObject({
  TransactItems: upTo(Part),
  ClientRequestToken: z.string().min(1).max(36).optional(),
  ...part.countedWrite,
});
const Get = z.strictObject({
  TableName: part.TableName,
  Key: part.Attributes,
  ...part.projection,
  ExpressionAttributeNames: part.placeholders.ExpressionAttributeNames,
});
const GetAll = z.strictObject({ TransactItems: upTo(z.strictObject({ Get })), ...part.counted });

/**
 * The operations on many items at once, all or none. Requests are worked off one after the other, so no two
 * transactions are ever in each other's way: `TransactionConflict` does not occur.
 */
export function transactionOperations(catalog: Catalog, tokens: Tokens): Record<string, part.Operation> {
  return {
    TransactWriteItems: part.operation('TransactWriteItems', 'write', WriteAll, (request) => {
      const { TransactItems: parts, ClientRequestToken: token } = request;
      const digest = token === undefined ? '' : digestOf(parts);
      if (token !== undefined && tokens.isRepeated(token, digest)) return {};
      const writes = parts.map((each) => writeOf(catalog, each));
      refuseTwice(writes);
      runAll(writes);
      if (token !== undefined) tokens.keep(token, digest);
      return {};
    }),
    TransactGetItems: part.operation('TransactGetItems', 'read', GetAll, ({ TransactItems }) => {
      const reads = TransactItems.map(({ Get }) => {
        const table = catalog.table(Get.TableName);
        const placeholders = new Placeholders(Get, { names: [Get.ProjectionExpression] });
        const show = bindProjection(Get.ProjectionExpression, placeholders);
        placeholders.end();
        return { table, key: table.keyOf(parseItem(Get.Key)), show };
      });
      refuseTwice(reads);
      const items = reads.map(({ table, key }) => table.get(key)?.item);
      const size = items.reduce((sum, item) => sum + (item === undefined ? 0 : sizeOf(item)), 0);
      if (size > MOST_BYTES) throw invalid('Transaction response size exceeds the limit of 4 MB');
      return {
        Responses: items.map((item, at) => (item === undefined ? {} : { Item: reads[at]?.show(item) })),
      };
    }),
  };
}

function writeOf(catalog: Catalog, { Put, Update, Delete, ConditionCheck }: z.infer<typeof Part>): Write {
  const given = [Put, Update, Delete, ConditionCheck].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  if (Put !== undefined) return putWrite(catalog.table(Put.TableName), Put);
  if (Update !== undefined) return updateWrite(catalog.table(Update.TableName), Update);
  if (Delete !== undefined) return deleteWrite(catalog.table(Delete.TableName), Delete);
  if (ConditionCheck !== undefined) return checkWrite(catalog.table(ConditionCheck.TableName), ConditionCheck);
  throw new TypeError('one of them is given');
}

function refuseTwice(named: readonly Pick<Write, 'table' | 'key'>[]): void {
  if (new Set(named.map(identityOf)).size < named.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
}

/** Why one part of a transaction does not let it happen. */
type Reason = { readonly Code: string; readonly Message?: string; readonly Item?: unknown };

/**
 * Runs them all, so that every reason is told. What one has written is undone with the rest by the throw.
 * @throws AwsError TransactionCanceledException
 */
function runAll(writes: readonly Write[]): void {
  let size = 0;
  const reasons = writes.map(({ run }): Reason => {
    try {
      const { new: item } = run();
      size += item === undefined ? 0 : sizeOf(item);
      return { Code: 'None' };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const Code = CODES[error.type];
      if (Code === undefined) throw error;
      return { Code, Message: error.message, ...error.extra };
    }
  });
  if (reasons.every(({ Code }) => Code === 'None')) {
    if (size > MOST_BYTES) throw invalid('Transaction request size exceeds the limit of 4 MB');
    return;
  }
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw new AwsError('TransactionCanceledException', message, 400, { extra: { CancellationReasons: reasons } });
}

const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  ValidationException: 'ValidationError',
};

const digestOf = (parts: unknown) =>
  createHash('sha256')
    .update(JSON.stringify(sorted(parts)))
    .digest('base64');

/** With the names of every object in one order, so that the same request has the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}
