import * as z from 'zod';
import { DailyDigestItem } from '../../../schemas/items/approval.ts';
import { RowStatus } from '../../../schemas/items/job.ts';
import { Outline } from '../../../schemas/items/listing.ts';
import { digestIdOf } from '../../domain/digest-id.ts';
import type { DayRow } from '../../domain/withheld.ts';
import { query } from './query.ts';
import { lostTheRace, parseItem, type Table, upsertItem } from './table.ts';

const digestKey = (id: string) => ({ PK: `APPROVAL#${id}`, SK: 'DIGEST' });
const DIGEST_ID = /^DAY@(.{1,128})@\d{4}-\d{2}-\d{2}$/;

/**
 * Stores the message of a day before it is posted, so that an acknowledgement can show it again.
 * @returns null for a day whose message was already posted
 */
export function beginDigest(
  table: Table,
  clusterId: string,
  date: string,
  lines: string[],
): Promise<DailyDigestItem | null> {
  return change(
    table,
    digestIdOf(clusterId, date),
    'SET cluster_id = :cluster, #date = :date, message_lines = :lines',
    {
      condition: 'attribute_not_exists(posted_at)',
      names: { '#date': 'date' },
      values: { ':cluster': clusterId, ':date': date, ':lines': lines },
    },
  ).catch((error: unknown) => {
    if (lostTheRace(error)) return null;
    throw error;
  });
}

export async function markPosted(table: Table, clusterId: string, date: string, now: Date): Promise<void> {
  await change(table, digestIdOf(clusterId, date), 'SET posted_at = :now', { values: { ':now': now.toISOString() } });
}

/** Acknowledges once. @returns the digest and whether this was the first time; null if there is no such digest */
export async function acknowledgeDigest(
  table: Table,
  id: string,
  by: string,
  now: Date,
): Promise<{ first: boolean; digest: DailyDigestItem } | null> {
  if (!DIGEST_ID.test(id)) return null;
  const known = 'attribute_exists(cluster_id)';
  try {
    const digest = await change(table, id, 'SET acknowledged_by = :by, acknowledged_at = :now', {
      condition: `${known} AND attribute_not_exists(acknowledged_by)`,
      values: { ':by': by, ':now': now.toISOString() },
    });
    return { first: true, digest };
  } catch (error) {
    if (!lostTheRace(error)) throw error;
  }
  try {
    const seen = { condition: known, values: { ':now': now.toISOString() } };
    return { first: false, digest: await change(table, id, 'SET looked_at = :now', seen) };
  } catch (error) {
    if (lostTheRace(error)) return null;
    throw error;
  }
}

async function change(
  table: Table,
  id: string,
  update: string,
  { condition, names, values }: { condition?: string; names?: Record<string, string>; values: Record<string, unknown> },
): Promise<DailyDigestItem> {
  const digest = await upsertItem(table, digestKey(id), {
    UpdateExpression: update,
    ...(condition && { ConditionExpression: condition }),
    ...(names && { ExpressionAttributeNames: names }),
    ExpressionAttributeValues: values,
    ReturnValues: 'ALL_NEW',
  });
  return parseItem(DailyDigestItem, digest);
}

const Listed = z.object({ outline: Outline.optional(), status: RowStatus.optional() });

/** The known results of the rounds submitted in this period. */
export async function* rowsBetween(table: Table, clusterId: string, from: Date, to: Date): AsyncGenerator<DayRow> {
  const found = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :cluster AND listing_key BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':cluster': `CLUSTER#${clusterId}`,
      ':from': `PREDICTION#${from.toISOString()}`,
      ':to': `PREDICTION#${to.toISOString()}`,
    },
  });
  for await (const item of found) {
    const row = Listed.safeParse(item);
    if (row.success) yield { outline: row.data.outline ?? null, status: row.data.status ?? null };
  }
}
