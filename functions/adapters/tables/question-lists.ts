import { createHash } from 'node:crypto';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { OpenDigestItem, ShownListItem } from '../../../schemas/items/approval.ts';
import { type Crowd, NO_CROWD } from '../../domain/crowd.ts';
import { lostTheRace, parseItem, putItem, type Table } from './table.ts';

/** Sorts after all open approvals in their list, so that the sweeper also finds channels where none is open any longer. */
const LISTED = { listing: 'APPROVALS#OPEN', listing_key: '~digest' };
/** Each lost race means that another question was opened or closed. */
const RACES = 20;
/** A list is answered while it is on the screen; its questions live at most a week. */
const LIST_LIFE_SECONDS = 14 * 86_400;

const digestKey = (channel: string) => ({ PK: `APPROVAL#OPEN@${channel}`, SK: 'DIGEST' as const });
const listKey = (id: string) => ({ PK: `APPROVAL#${id}`, SK: 'LIST' as const });
const LIST_ID = /^LIST@[0-9a-f]{32}$/;

/** Other executions kept changing a channel's open questions. Left to the sweeper, or retried. */
export class CrowdContended extends Error {
  override name = 'CrowdContended' as const;
}

/** The known open questions of a channel (its crowd). */
export async function loadCrowd(table: Table, channel: string): Promise<Crowd> {
  return (await load(table, channel)) ?? NO_CROWD;
}

/**
 * Changes a channel's crowd by compare-and-set.
 * @param next returns null to change nothing
 * @returns the crowd before and after
 * @throws CrowdContended
 */
export async function changeCrowd(
  table: Table,
  channel: string,
  next: (crowd: Crowd) => Crowd | null,
): Promise<{ before: Crowd; after: Crowd }> {
  for (let race = 0; race < RACES; race++) {
    const item = await load(table, channel);
    const before = item ?? NO_CROWD;
    const after = next(before);
    if (after === null || after === before) return { before, after: before };
    const { open, lists } = after;
    const version = item?.version ?? 0;
    const idle = open.length === 0 && lists.length === 0;
    try {
      await putItem(
        table,
        { ...digestKey(channel), channel, version: version + 1, open, lists, ...(idle ? {} : LISTED) },
        {
          ConditionExpression: item === null ? 'attribute_not_exists(PK)' : '#version = :version',
          ...(item !== null && {
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': version },
          }),
        },
      );
      return { before, after };
    } catch (error) {
      if (!lostTheRace(error)) throw error;
    }
  }
  throw new CrowdContended(`what is open in ${channel} changed ${RACES} times while it was read`);
}

/** Channels with open questions, or with a list that does not yet show that there are none. */
export async function crowdedChannels(table: Table): Promise<string[]> {
  const answer = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'listing',
      KeyConditionExpression: 'listing = :list AND listing_key = :key',
      ExpressionAttributeValues: { ':list': LISTED.listing, ':key': LISTED.listing_key },
    }),
  );
  return (answer.Items ?? []).map(({ PK }) => String(PK).slice(digestKey('').PK.length));
}

/** Pins a list before it is shown. @returns the id for its buttons: the same for the same questions */
export async function pinList(table: Table, ids: readonly string[], now: Date): Promise<string> {
  const id = `LIST@${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32)}`;
  const ttl = Math.ceil(now.getTime() / 1000) + LIST_LIFE_SECONDS;
  await putItem(table, { ...listKey(id), ids: [...ids], shown_at: now.toISOString(), ttl });
  return id;
}

/** The questions of a list as shown; null for an unknown list. */
export async function loadList(table: Table, id: string): Promise<readonly string[] | null> {
  if (!LIST_ID.test(id)) return null;
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: listKey(id), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(ShownListItem, answer.Item).ids : null;
}

async function load(table: Table, channel: string): Promise<OpenDigestItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: digestKey(channel), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(OpenDigestItem, answer.Item) : null;
}
