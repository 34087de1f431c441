import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Table } from './table.ts';

type QueryInput = Omit<QueryCommandInput, 'TableName'>;

/** The items of a query. Pages are fetched on demand: stop iterating when you have enough. */
export async function* query(table: Table, input: QueryInput): AsyncGenerator<Record<string, unknown>> {
  for await (const page of queryPages(table, input)) yield* page;
}

/** The same, page by page. */
export async function* queryPages(
  { client, name }: Table,
  input: QueryInput,
): AsyncGenerator<Record<string, unknown>[]> {
  for await (const page of paginateQuery({ client }, { TableName: name, ...input })) yield page.Items ?? [];
}
