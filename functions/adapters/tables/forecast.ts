import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { ForecastItem, ForecastRow } from '../../../schemas/items/forecast.ts';
import type { Observation } from '../../../schemas/ports/vgac.ts';
import type { RowChange, RowName } from '../../application/outcomes/ports.ts';
import { UnreadableState } from '../../domain/calibration/octets.ts';
import { deserialiseForecast, deserialiseQueue, deserialiseShape } from '../../domain/forecast/codec.ts';
import { type Asked, emptyQueue, shapeOf } from '../../domain/forecast/queue.ts';
import { hashOf, type RowKind, rowAfter } from '../../domain/forecast/rows.ts';
import type { ForecastState } from '../../domain/forecast/state.ts';
import { emptyTables } from '../../domain/forecast/tables.ts';
import type { Standing } from '../../domain/served.ts';
import { query } from './query.ts';
import { readOfClusters } from './read-many.ts';
import { type Items, readTogether } from './read-together.ts';
import { clusterKey, conditionally, parseItem, putItem, type Table } from './table.ts';

const DAY_SECONDS = 86_400;
const BATCH_GET_LIMIT = 100;

export const forecastKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'FORECAST' as const });

export const rowKeyOf = (clusterId: string, kind: RowKind, hash: string) => ({
  PK: clusterKey(clusterId),
  SK: `FORECAST#${kind}#${hash}`,
});

/** The part of the forecast that a decision about one job reads. */
export function forecastKeys(clusterId: string, asked: Asked): { PK: string; SK: string }[] {
  return [
    forecastKey(clusterId),
    rowKeyOf(clusterId, 'SHAPE', hashOf(shapeOf(asked))),
    rowKeyOf(clusterId, 'QUEUE', hashOf(asked.queue)),
  ];
}

/**
 * The forecast for one job, from items read together; null for a cluster whose forecast has counted nothing yet.
 * @throws UnreadableItem, OtherLayout, UnreadableState
 */
export function forecastFor(items: Items, clusterId: string, asked: Asked): Standing | null {
  const item = forecastFrom(items, clusterId);
  if (item === null) return null;
  const tables = emptyTables();
  const shape = shapeOf(asked);
  const ofShape = rowAfter(rowFrom(items, clusterId, 'SHAPE', hashOf(shape)), item.version);
  if (ofShape !== null) tables.shapes.set(shape, deserialiseShape(ofShape));
  const ofQueue = rowAfter(rowFrom(items, clusterId, 'QUEUE', hashOf(asked.queue)), item.version);
  if (ofQueue !== null) tables.queues.set(asked.queue, deserialiseQueue(ofQueue));
  return { state: deserialiseForecast(item.state), tables };
}

/** From items read together; null if there is none. @throws UnreadableItem, OtherLayout */
export function forecastFrom(items: Items, clusterId: string): ForecastItem | null {
  const item = items(forecastKey(clusterId));
  return item ? parseItem(ForecastItem, item) : null;
}

/** One row, from items read together. @throws UnreadableItem, OtherLayout */
function rowFrom(items: Items, clusterId: string, kind: RowKind, hash: string): ForecastRow | null {
  const item = items(rowKeyOf(clusterId, kind, hash));
  return item ? parseItem(ForecastRow, item) : null;
}

/** The state of a queue as the forecast has counted it. @throws UnreadableItem, OtherLayout, UnreadableState */
export function counted(items: Items, clusterId: string): Observation {
  const { pending, running } = countsOf(forecastFrom(items, clusterId));
  const unknown = { gpuUtilization: null, gpuMemoryUsed: null };
  return { queueDepth: pending, pendingJobs: pending, runningJobs: running, ...unknown };
}

/** Jobs that the forecast counts at present. @throws UnreadableItem, OtherLayout, UnreadableState */
export async function loadCounts(table: Table, clusterId: string): Promise<{ pending: number; running: number }> {
  return countsOf(await loadForecast(table, clusterId));
}

function countsOf(item: ForecastItem | null): { pending: number; running: number } {
  const { pending, running } = item === null ? emptyQueue() : deserialiseForecast(item.state).queue;
  return { pending: Math.max(0, pending), running: Math.max(0, running) };
}

/** Null for a cluster whose forecast has counted nothing yet. @throws UnreadableItem, OtherLayout */
export async function loadForecast(table: Table, clusterId: string): Promise<ForecastItem | null> {
  const Key = forecastKey(clusterId);
  const answer = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return answer.Item ? parseItem(ForecastItem, answer.Item) : null;
}

/** Rows of one table by their hashes. @throws UnreadableItem, OtherLayout */
export async function loadRows(
  table: Table,
  clusterId: string,
  kind: RowKind,
  hashes: readonly string[],
): Promise<Map<string, ForecastRow>> {
  const rows = new Map<string, ForecastRow>();
  for (let at = 0; at < hashes.length; at += BATCH_GET_LIMIT) {
    const some = hashes.slice(at, at + BATCH_GET_LIMIT);
    const items = await readTogether(
      table,
      some.map((hash) => rowKeyOf(clusterId, kind, hash)),
    );
    for (const hash of some) {
      const row = rowFrom(items, clusterId, kind, hash);
      if (row !== null) rows.set(hash, row);
    }
  }
  return rows;
}

/** Every row of one table, by its hash. @throws UnreadableItem, OtherLayout */
export async function listRows(table: Table, clusterId: string, kind: RowKind): Promise<Map<string, ForecastRow>> {
  const rows = new Map<string, ForecastRow>();
  for (const [hash, item] of await storedRows(table, clusterId, kind)) rows.set(hash, parseItem(ForecastRow, item));
  return rows;
}

/** Every row of one table, by its hash, as stored, including invalid ones. */
export async function storedRows(
  table: Table,
  clusterId: string,
  kind: RowKind,
): Promise<Map<string, Record<string, unknown>>> {
  const { PK, SK: prefix } = rowKeyOf(clusterId, kind, '');
  const rows = new Map<string, Record<string, unknown>>();
  const found = query(table, {
    KeyConditionExpression: 'PK = :pk AND begins_with(SK, :prefix)',
    ExpressionAttributeValues: { ':pk': PK, ':prefix': prefix },
    ConsistentRead: true,
  });
  for await (const item of found) rows.set(String(item.SK).slice(prefix.length), item);
  return rows;
}

/** Applies one batch to the forecast. @returns false if it was applied before */
export async function saveForecast(
  table: Table,
  clusterId: string,
  { state, version }: { state: Uint8Array; version: number },
  from: number | null,
): Promise<boolean> {
  const item = { ...forecastKey(clusterId), state, version };
  return conditionally(putItem(table, item, unlessMoved(from)));
}

/**
 * Writes a row as a batch changed it, with its previous content. A removed row stays for a day, empty: a reader that is one
 * batch late must still see that it changed.
 * @param from the version that was read; null if there was no row
 */
export async function saveRow(
  table: Table,
  clusterId: string,
  { kind, hash }: RowName,
  row: RowChange,
  from: number | null,
  now: Date,
): Promise<void> {
  const { state, before, version } = row;
  const ttl = Math.floor(now.getTime() / 1000) + DAY_SECONDS;
  const key = rowKeyOf(clusterId, kind, hash);
  const item = { ...key, version, ...(state !== null ? { state } : { ttl }), ...(before !== null && { before }) };
  await conditionally(putItem(table, item, unlessMoved(from)));
}

/** An item without a version could be of any version, so it counts as absent. */
function unlessMoved(from: number | null) {
  const ExpressionAttributeNames = { '#version': 'version' };
  if (from === null) return { ConditionExpression: 'attribute_not_exists(#version)', ExpressionAttributeNames };
  return {
    ConditionExpression: '#version = :from',
    ExpressionAttributeNames,
    ExpressionAttributeValues: { ':from': from },
  };
}

/** The built-in forecast of each of these clusters that has a readable one. */
export async function loadForecasts(
  table: Table,
  clusterIds: readonly string[],
): Promise<ReadonlyMap<string, ForecastState>> {
  const items = await readOfClusters(table, clusterIds, 'FORECAST', ForecastItem);
  const states = new Map<string, ForecastState>();
  for (const [id, { state }] of items) {
    try {
      states.set(id, deserialiseForecast(state));
    } catch (error) {
      if (!(error instanceof UnreadableState)) throw error;
    }
  }
  return states;
}
