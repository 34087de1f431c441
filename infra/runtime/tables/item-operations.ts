import * as z from 'zod';
import type { Catalog } from './catalog.ts';
import { Placeholders } from './expressions/placeholders.ts';
import { bindProjection } from './expressions/projection.ts';
import * as part from './request.ts';
import { parseItem } from './values/parse-value.ts';
import { attributesOf, deleteWrite, putWrite, updateWrite } from './write.ts';

const OldOrNone = z.enum(['NONE', 'ALL_OLD'], 'ReturnValues can only be ALL_OLD or NONE').default('NONE');

const Get = z.strictObject({
  TableName: part.TableName,
  Key: part.Attributes,
  ConsistentRead: z.boolean().optional(),
  ...part.projection,
  ExpressionAttributeNames: part.placeholders.ExpressionAttributeNames,
  ...part.counted,
});
const conditional = { TableName: part.TableName, ...part.condition, ...part.placeholders, ...part.countedWrite };
const Put = z.strictObject({ ...conditional, Item: part.Attributes, ReturnValues: OldOrNone });
const Delete = z.strictObject({ ...conditional, Key: part.Attributes, ReturnValues: OldOrNone });
const Update = z.strictObject({
  ...conditional,
  Key: part.Attributes,
  UpdateExpression: z.string().optional(),
  ReturnValues: z.enum(['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']).default('NONE'),
});

/** The operations on one item. */
export function itemOperations(catalog: Catalog): Record<string, part.Operation> {
  return {
    GetItem: part.operation('GetItem', 'read', Get, (request) => {
      const table = catalog.table(request.TableName);
      const { ProjectionExpression: text } = request;
      const placeholders = new Placeholders(request, { names: [text] });
      const show = bindProjection(text, placeholders);
      placeholders.end();
      const row = table.get(table.keyOf(parseItem(request.Key)));
      return row === undefined ? {} : { Item: show(row.item) };
    }),
    PutItem: part.operation('PutItem', 'write', Put, (request) =>
      attributesOf(putWrite(catalog.table(request.TableName), request).run(), request.ReturnValues),
    ),
    DeleteItem: part.operation('DeleteItem', 'write', Delete, (request) =>
      attributesOf(deleteWrite(catalog.table(request.TableName), request).run(), request.ReturnValues),
    ),
    UpdateItem: part.operation('UpdateItem', 'write', Update, (request) =>
      attributesOf(updateWrite(catalog.table(request.TableName), request).run(), request.ReturnValues),
    ),
  };
}
