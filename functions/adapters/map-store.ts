import { GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { MapItem, type MapStatus } from '../../schemas/items/map.ts';
import { clusterKey, lostTheRace, parseItem, putItem, type Table } from './table.ts';

const mapKey = (clusterId: string, epoch: number) => ({ PK: clusterKey(clusterId), SK: `MAP#${epoch}` });

type Map = Omit<MapItem, 'PK' | 'SK' | 'v'>;

/** The map of an epoch; of the epoch after the one in force, the newest candidate that was rejected. @throws UnreadableItem */
export async function loadMap(table: Table, clusterId: string, epoch: number): Promise<MapItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: mapKey(clusterId, epoch), ConsistentRead: true }),
  );
  return answer.Item ? parseItem(MapItem, answer.Item) : null;
}

/** Every map of a cluster, by epoch. */
export async function listMaps(table: Table, clusterId: string): Promise<MapItem[]> {
  const maps: MapItem[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: 'PK = :pk AND begins_with(SK, :map)',
        ExpressionAttributeValues: { ':pk': clusterKey(clusterId), ':map': 'MAP#' },
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) maps.push(parseItem(MapItem, item));
    start = page.LastEvaluatedKey;
  } while (start);
  return maps.sort((a, b) => a.epoch - b.epoch);
}

/**
 * Keeps a map with its proof. In the place of a candidate that was rejected, and of itself when a retry writes it again,
 * but never of a map that is or was in force.
 */
export async function saveMap(table: Table, clusterId: string, map: Map): Promise<void> {
  const own = map.status === 'rejected' ? '' : ' OR (#by = :by AND #status = :status)';
  await unlessOvertaken(
    putItem(
      table,
      { ...mapKey(clusterId, map.epoch), ...map },
      {
        ConditionExpression: `attribute_not_exists(PK) OR #status = :rejected${own}`,
        ExpressionAttributeNames: { '#status': 'status', ...(own && { '#by': 'by' }) },
        ExpressionAttributeValues: { ':rejected': 'rejected', ...(own && { ':by': map.by, ':status': map.status }) },
      },
    ),
  );
}

/** Notes how a promoted map is doing. A map that has been rolled back stays so. */
export async function saveLook(
  table: Table,
  clusterId: string,
  epoch: number,
  { status, watched }: { status: MapStatus; watched?: MapItem['watched'] },
): Promise<void> {
  await unlessOvertaken(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: mapKey(clusterId, epoch),
        UpdateExpression: `SET #status = :status${watched ? ', watched = :watched' : ''}`,
        ConditionExpression: 'attribute_exists(PK) AND NOT #status IN (:rolledBack, :rejected)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':status': status,
          ':rolledBack': 'rolledBack',
          ':rejected': 'rejected',
          ...(watched && { ':watched': watched }),
        },
      }),
    ),
  );
}

async function unlessOvertaken(write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!lostTheRace(error)) throw error;
  });
}
