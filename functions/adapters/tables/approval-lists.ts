import { ApprovalItem } from '../../../schemas/items/approval.ts';
import { approvalKey, loadApproval } from './approval-item.ts';
import { query } from './query.ts';
import { readable, readMany } from './read-many.ts';
import type { ItemKey } from './read-together.ts';
import type { Table } from './table.ts';

export const OPEN = 'APPROVALS#OPEN';
export const closedListing = (clusterId: string) => `APPROVALS#CLOSED#${clusterId}`;

/** Ids of the approvals with something left to do, soonest expiry first. The index may lag: load each before acting on it. */
export function openApprovals(table: Table): AsyncGenerator<string> {
  return listed(table, OPEN, '');
}

/** Settled approvals of a cluster that expired after `since`. */
export async function* closedApprovals(table: Table, clusterId: string, since: Date): AsyncGenerator<ApprovalItem> {
  for await (const id of listed(table, closedListing(clusterId), since.toISOString())) {
    const approval = await loadApproval(table, id);
    if (approval) yield approval;
  }
}

async function* listed(table: Table, listing: string, from: string): AsyncGenerator<string> {
  const found = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :listing AND listing_key > :from',
    ExpressionAttributeValues: { ':listing': listing, ':from': from || ' ' },
  });
  for await (const { PK, SK } of found) {
    if (SK === 'APPROVAL') yield String(PK).slice(approvalKey('').PK.length);
  }
}

/** Approvals with something left to do, soonest expiry first. */
export function firstOpenApprovals(table: Table, limit: number): Promise<ApprovalItem[]> {
  return loadListed(table, OPEN, '', limit, true);
}

/** Settled approvals of a cluster that expired after `since`, newest first. */
export function newestClosedApprovals(
  table: Table,
  clusterId: string,
  since: Date,
  limit: number,
): Promise<ApprovalItem[]> {
  return loadListed(table, closedListing(clusterId), since.toISOString(), limit, false);
}

async function loadListed(
  table: Table,
  listing: string,
  from: string,
  limit: number,
  forward: boolean,
): Promise<ApprovalItem[]> {
  const keys: ItemKey[] = [];
  const found = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :listing AND listing_key > :from',
    ExpressionAttributeValues: { ':listing': listing, ':from': from || ' ' },
    ScanIndexForward: forward,
    Limit: limit,
  });
  for await (const { PK, SK } of found) {
    if (SK === 'APPROVAL') keys.push({ PK: String(PK), SK });
    if (keys.length === limit) break;
  }
  return (await readMany(table, keys)).flatMap((item) => readable(ApprovalItem, item) ?? []);
}
