import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ApprovalItem } from '../../../schemas/items/approval.ts';
import { approvalKey, loadApproval } from './approval-item.ts';
import type { Table } from './table.ts';

export const OPEN = 'APPROVALS#OPEN';
export const closedListing = (clusterId: string) => `APPROVALS#CLOSED#${clusterId}`;

/** Ids of the approvals with something left to do, soonest expiry first. The index may lag: load each before judging. */
export function openApprovals(table: Table): AsyncGenerator<string> {
  return listed(table, OPEN, '');
}

/** Approvals of a cluster that are settled and whose time to answer ended after `since`. */
export async function* closedApprovals(table: Table, clusterId: string, since: Date): AsyncGenerator<ApprovalItem> {
  for await (const id of listed(table, closedListing(clusterId), since.toISOString())) {
    const approval = await loadApproval(table, id);
    if (approval) yield approval;
  }
}

async function* listed(table: Table, listing: string, from: string): AsyncGenerator<string> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'listing',
        KeyConditionExpression: 'listing = :listing AND listing_key > :from',
        ExpressionAttributeValues: { ':listing': listing, ':from': from || ' ' },
        ExclusiveStartKey: start,
      }),
    );
    for (const { PK, SK } of page.Items ?? []) {
      if (SK === 'APPROVAL') yield String(PK).slice(approvalKey('').PK.length);
    }
    start = page.LastEvaluatedKey;
  } while (start);
}
