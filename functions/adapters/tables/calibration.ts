import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ClusterConfig } from '../../../schemas/config.ts';
import { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../../schemas/items/ledger.ts';
import type { Taking } from '../../application/decisions/ports.ts';
import { UnreadableItem } from '../../application/unreadable.ts';
import { birth, type Folded } from '../../domain/fold-batch.ts';
import { labelsOf } from '../../domain/ledger-lines.ts';
import { costOfPlace, isOfRound, keyOfBytes, placeOf } from '../../domain/place.ts';
import { TIER_INDEXES, type TierNumber, tierOf } from '../../domain/reservations.ts';
import { instantOf, type Round, roundHash } from '../../domain/round.ts';
import { ledgerTiers, tierRulesOf } from '../../domain/tier-numbers.ts';
import { putBatch } from './ledger.ts';
import { query } from './query.ts';
import { readOfClusters } from './read-many.ts';
import type { Items } from './read-together.ts';
import { clusterKey, conditionally, lostTheRace, parseItem, putItem, type Table } from './table.ts';

export const calibrationKey = (clusterId: string) => ({ PK: clusterKey(clusterId), SK: 'CALIBRATION' as const });

/** Reads the item consistently; null for an unknown cluster. @throws UnreadableItem */
export async function loadCalibration(table: Table, clusterId: string): Promise<CalibrationItem | null> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: calibrationKey(clusterId), ConsistentRead: true }),
  );
  return calibrationFrom(() => answer.Item, clusterId);
}

/** The same, from items read together. */
export function calibrationFrom(items: Items, clusterId: string): CalibrationItem | null {
  const item = items(calibrationKey(clusterId));
  return item ? parseItem(CalibrationItem, item) : null;
}

/**
 * Reads the item, or creates it in learning.
 * Ledger batch 0 is written first: it keeps the tiers' initial numbers, so that the state can be rebuilt from the ledger alone.
 */
export async function loadOrCreateCalibration(
  table: Table,
  config: ClusterConfig,
  now: Date,
): Promise<CalibrationItem> {
  return (await loadCalibration(table, config.clusterId)) ?? createCalibration(table, config, now);
}

/** Creates the item in learning, unless another writer was faster; returns the stored one. */
export async function createCalibration(table: Table, config: ClusterConfig, now: Date): Promise<CalibrationItem> {
  const { clusterId, platform, longWaitSeconds } = config;
  const tiers = ledgerTiers(tierRulesOf(config.tiers));
  const batch = await putBatch(table, clusterId, {
    version: 0,
    folded_at: now.toISOString(),
    long_wait_seconds: longWaitSeconds,
    tiers,
    reserved: [0, 0, 0, 0],
    caps: tiers.map(({ cap }) => cap),
    entries: [],
  });
  const { state, free } = birth(batch.tiers);
  const [free_1 = 0, free_2 = 0, free_3 = 0, free_4 = 0] = free;
  const item: Omit<CalibrationItem, 'v'> = {
    ...calibrationKey(clusterId),
    listing: 'CLUSTERS',
    listing_key: clusterId,
    cluster_id: clusterId,
    ...(platform && { platform }),
    state,
    version: 0,
    marked_version: 0,
    free_1,
    free_2,
    free_3,
    free_4,
    demand_1: 0,
    demand_2: 0,
    demand_3: 0,
    demand_4: 0,
    current_ece: null,
    last_known_good_ece: null,
    calibration_score: null,
    sample_count: 0,
    recalibration_needed: false,
    is_learning_mode: true,
    last_updated: batch.folded_at,
  };
  try {
    return await putItem(table, item, { ConditionExpression: 'attribute_not_exists(PK)' });
  } catch (error) {
    if (!lostTheRace(error)) throw error;
  }
  const stands = await loadCalibration(table, clusterId);
  if (!stands) throw new UnreadableItem(`the calibration of ${clusterId} has disappeared`);
  return stands;
}

/**
 * Reserves a decision's tokens with one conditional write on the item that the fold settles, so that no two executions can
 * reserve the last token. Repeating the write reserves once.
 *
 * @returns false if its tokens are no longer free; the decision is then made again from fresh ones
 */
export async function take(table: Table, clusterId: string, taking: Taking): Promise<boolean> {
  const { called, demand, open, reserves } = taking;
  const names: Record<string, string> = { '#open': `open_${called}`, '#demand': `demand_${called}` };
  const values: Record<string, unknown> = { ':open': new Set([open]), ':demand': demand };
  const sets = ['#demand = :demand'];
  const adds = ['#open :open'];
  const conditions = ['attribute_exists(PK)'];
  if (reserves !== null) {
    Object.assign(names, { '#free': `free_${reserves.tier}`, '#places': `places_${reserves.tier}` });
    Object.assign(values, {
      ':place': reserves.place,
      ':places': new Set([reserves.place]),
      ':cost': reserves.cost,
      ':needed': Math.max(reserves.need, reserves.cost),
    });
    sets.push('#free = #free - :cost');
    adds.push('#places :places');
    conditions.push('#free >= :needed', 'NOT contains(#places, :place)');
  }
  const done = await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: `SET ${sets.join(', ')} ADD ${adds.join(', ')}`,
        ConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    ),
  );
  if (done || reserves === null) return done;
  // The response to the first attempt may have been lost.
  const item = await loadCalibration(table, clusterId);
  const key = keyOfBytes(reserves.place);
  return item !== null && [...tierOf(item, reserves.tier).places].some((place) => keyOfBytes(place) === key);
}

/** Releases one reservation without a recorded decision. @returns false if it does not exist */
export async function giveBack(table: Table, clusterId: string, tier: TierNumber, place: Uint8Array): Promise<boolean> {
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'SET #free = #free + :cost DELETE #places :places',
        ConditionExpression: 'contains(#places, :place)',
        ExpressionAttributeNames: { '#free': `free_${tier}`, '#places': `places_${tier}` },
        ExpressionAttributeValues: { ':cost': costOfPlace(place), ':place': place, ':places': new Set([place]) },
      }),
    ),
  );
}

/** Removes open calls of jobs that no fold will settle. */
export async function closeCalls(
  table: Table,
  clusterId: string,
  tier: TierNumber,
  hashes: readonly Uint8Array[],
): Promise<void> {
  if (hashes.length === 0) return;
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'DELETE #open :hashes',
        ConditionExpression: 'attribute_exists(PK)',
        ExpressionAttributeNames: { '#open': `open_${tier}` },
        ExpressionAttributeValues: { ':hashes': new Set(hashes) },
      }),
    ),
  );
}

/** Releases everything that an undecided round has reserved. */
export async function releaseRound(table: Table, round: Round): Promise<void> {
  const item = await loadCalibration(table, round.clusterId);
  if (item === null) return;
  const hash = roundHash(round);
  for (const tier of TIER_INDEXES) {
    const { places, open } = tierOf(item, tier);
    for (const place of places) if (isOfRound(place, hash)) await giveBack(table, round.clusterId, tier, place);
    const calls = [...open].filter((call) => isOfRound(call, hash));
    await closeCalls(table, round.clusterId, tier, calls);
  }
}

/**
 * Compare-and-set of the fold: new state, operators' numbers, free tokens and settled places in one write.
 * @param version the version the batch was applied to; the item becomes version + 1
 * @returns false if another fold was first
 */
export async function saveFold(
  table: Table,
  clusterId: string,
  version: number,
  folded: Folded,
  batch: Pick<LedgerItem, 'entries'>,
): Promise<boolean> {
  const sets: string[] = [];
  const removes: string[] = [];
  const deletes: string[] = [];
  const names: Record<string, string> = { '#version': 'version' };
  const values: Record<string, unknown> = { ':expected': version };
  for (const [name, value] of Object.entries({ ...folded.numbers, state: folded.state, version: version + 1 })) {
    names[`#${name}`] = name;
    values[`:${name}`] = value;
    sets.push(`#${name} = :${name}`);
  }
  for (const tier of TIER_INDEXES) {
    const free = folded.free[tier - 1];
    if (free === undefined) continue;
    names[`#free${tier}`] = `free_${tier}`;
    values[`:free${tier}`] = 'anew' in free ? free.anew : free.delta;
    sets.push('anew' in free ? `#free${tier} = :free${tier}` : `#free${tier} = #free${tier} + :free${tier}`);
    const settled = settledOf(clusterId, batch, tier, folded.eras[tier - 1]);
    // Reserved before the tier started over, so none of it counts any longer.
    if ('anew' in free) removes.push(`places_${tier}`);
    else if (settled.places.length > 0) {
      deletes.push(`places_${tier} :places${tier}`);
      values[`:places${tier}`] = new Set(settled.places);
    }
    if (settled.open.length === 0) continue;
    deletes.push(`open_${tier} :open${tier}`);
    values[`:open${tier}`] = new Set(settled.open);
  }
  const parts = [
    `SET ${sets.join(', ')}`,
    removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
    deletes.length > 0 ? `DELETE ${deletes.join(', ')}` : '',
  ];
  return conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: parts.filter((part) => part !== '').join(' '),
        ConditionExpression: '#version = :expected',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    ),
  );
}

/**
 * What the rounds of a batch reserved of one tier. Reservations of an earlier era ended with it, or, if made just after the
 * tier started over, stay until released as orphans: the fold returns none of their tokens.
 */
function settledOf(
  clusterId: string,
  { entries }: Pick<LedgerItem, 'entries'>,
  tier: TierNumber,
  era: number | undefined,
): { places: Uint8Array[]; open: Uint8Array[] } {
  const places: Uint8Array[] = [];
  const open: Uint8Array[] = [];
  for (const entry of labelsOf(entries)) {
    const round = { clusterId, jobId: entry.jobId, submittedAt: instantOf(entry.submittedAt) };
    if (entry.tier === tier && entry.eras[tier - 1] === era) {
      places.push(placeOf(round, entry.cost, new Date(Math.round(entry.decidedAt * 1000))));
    }
    if (entry.called === tier) open.push(roundHash(round));
  }
  return { places, open };
}

/** Records that every row of the newest batch is marked. Harmless if a newer batch was folded meanwhile. */
export async function saveMarked(table: Table, clusterId: string, version: number): Promise<void> {
  await conditionally(
    table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: calibrationKey(clusterId),
        UpdateExpression: 'SET marked_version = :version',
        ConditionExpression: 'version = :version',
        ExpressionAttributeValues: { ':version': version },
      }),
    ),
  );
}

/** Ids of all clusters with a calibration, in order. */
export async function listClusters(table: Table): Promise<string[]> {
  const ids: string[] = [];
  const found = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: 'listing = :clusters',
    ExpressionAttributeValues: { ':clusters': 'CLUSTERS' },
  });
  for await (const item of found) ids.push(String(item.listing_key));
  return ids;
}

/** The next ids after one, in order. @param after null for the first */
export async function listPage(
  table: Table,
  after: string | null,
  most: number,
): Promise<{ ids: string[]; more: boolean }> {
  const ids: string[] = [];
  const found = query(table, {
    IndexName: 'listing',
    KeyConditionExpression: `listing = :clusters${after === null ? '' : ' AND listing_key > :after'}`,
    ExpressionAttributeValues: { ':clusters': 'CLUSTERS', ...(after !== null && { ':after': after }) },
    Limit: most + 1,
  });
  for await (const { listing_key } of found) {
    if (ids.length === most) return { ids, more: true };
    ids.push(String(listing_key));
  }
  return { ids, more: false };
}

/** The calibrations of all clusters, and the ids of those whose item is unreadable. */
export async function loadClusters(table: Table): Promise<{ readable: CalibrationItem[]; unreadable: string[] }> {
  const ids = await listClusters(table);
  const items = await readOfClusters(table, ids, 'CALIBRATION', CalibrationItem);
  return { readable: [...items.values()], unreadable: ids.filter((id) => !items.has(id)) };
}
