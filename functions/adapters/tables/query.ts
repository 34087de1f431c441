import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Table } from './table.ts';

/** The items that a query finds, page after page: whoever has read enough stops. */
export async function* query(
  { client, name }: Table,
  input: Omit<QueryCommandInput, 'TableName'>,
): AsyncGenerator<Record<string, unknown>> {
  for await (const page of paginateQuery({ client }, { TableName: name, ...input })) yield* page.Items ?? [];
}
