import * as z from 'zod';
import type { Catalog } from './catalog.ts';
import { Definition, Name, parseDefinition } from './definition.ts';
import { tableNotFound } from './refusals.ts';
import * as part from './request.ts';
import type { Table } from './table.ts';

const Throughput = z.strictObject({ ReadCapacityUnits: z.number(), WriteCapacityUnits: z.number() }).optional();
/** Taken and not kept: on one machine nothing is provisioned. */
const Provisioned = {
  BillingMode: z.enum(['PROVISIONED', 'PAY_PER_REQUEST']).optional(),
  ProvisionedThroughput: Throughput,
};

const shape = Definition.shape;
const Create = z.strictObject({
  TableName: shape.TableName,
  KeySchema: shape.KeySchema,
  AttributeDefinitions: shape.AttributeDefinitions,
  GlobalSecondaryIndexes: z
    .array(shape.GlobalSecondaryIndexes.unwrap().element.extend({ ProvisionedThroughput: Throughput }))
    .optional(),
  ...Provisioned,
});
const Named = z.strictObject({ TableName: Name });
const List = z.strictObject({
  ExclusiveStartTableName: Name.optional(),
  Limit: z.int().min(1).max(100).default(100),
});

/** The operations on tables themselves. They are there, or gone, as soon as they are answered. */
export function tableOperations(catalog: Catalog): Record<string, part.Operation> {
  const named = (name: string): Table => {
    if (!catalog.names().includes(name)) throw tableNotFound(`Requested resource not found: Table: ${name} not found`);
    return catalog.table(name);
  };
  return {
    CreateTable: part.operation('CreateTable', 'write', Create, ({ BillingMode, ProvisionedThroughput, ...asked }) => {
      const indexes = asked.GlobalSecondaryIndexes?.map(({ ProvisionedThroughput: _, ...index }) => index);
      const definition = parseDefinition({ ...asked, ...(indexes && { GlobalSecondaryIndexes: indexes }) });
      return { TableDescription: describe(catalog.create(definition), 'CREATING') };
    }),
    DeleteTable: part.operation('DeleteTable', 'write', Named, ({ TableName }) => {
      const table = named(TableName);
      catalog.remove(table);
      return { TableDescription: describe(table, 'DELETING') };
    }),
    DescribeTable: part.operation('DescribeTable', 'read', Named, ({ TableName }) => ({
      Table: describe(named(TableName), 'ACTIVE'),
    })),
    DescribeTimeToLive: part.operation('DescribeTimeToLive', 'read', Named, ({ TableName }) => {
      named(TableName);
      return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
    }),
    ListTables: part.operation('ListTables', 'read', List, ({ ExclusiveStartTableName: after, Limit }) => {
      const names = catalog.names().filter((name) => after === undefined || name > after);
      const page = names.slice(0, Limit);
      return { TableNames: page, ...(names.length > Limit && { LastEvaluatedTableName: page.at(-1) }) };
    }),
  };
}

function describe({ record: { definition, createdAt }, name }: Table, status: string) {
  const { GlobalSecondaryIndexes: indexes, ...keys } = definition;
  const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`;
  return {
    ...keys,
    TableStatus: status,
    TableArn: arn,
    CreationDateTime: createdAt,
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        ...index,
        IndexStatus: status === 'DELETING' ? status : 'ACTIVE',
        IndexArn: `${arn}/index/${index.IndexName}`,
      })),
    }),
  };
}
