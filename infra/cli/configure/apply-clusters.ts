import { randomBytes } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { loadCalibration, loadOrCreateCalibration } from '../../../functions/adapters/tables/calibration.ts';
import { clusterKey, lostTheRace, putItem, type Table } from '../../../functions/adapters/tables/table.ts';
import type { ClusterConfig } from '../../../schemas/config.ts';

const ATTEMPTS = 5;

export interface Applied {
  config: ClusterConfig;
  /** True when the cluster was unknown: it now exists, in learning. */
  created: boolean;
  /** What the operator may not have meant, in words. */
  notes: string[];
}

/**
 * Applies configurations to the table. The salt that keys the hold-out is kept when a file is applied again: another one
 * would choose other jobs. A cluster that nobody has seen is created in learning.
 */
export async function applyClusters(
  table: Table,
  clusters: ClusterConfig[],
  now: Date,
  newSalt: () => string = () => randomBytes(16).toString('hex'),
): Promise<Applied[]> {
  const applied: Applied[] = [];
  for (const cluster of clusters) {
    const created = (await loadCalibration(table, cluster.clusterId)) === null;
    const config = await putConfig(table, cluster, now, newSalt);
    await loadOrCreateCalibration(table, config, now);
    applied.push({ config, created, notes: notesOn(config) });
  }
  return applied;
}

const StoredSalt = z.object({ config: z.object({ salt: z.string() }) });

async function putConfig(
  table: Table,
  cluster: ClusterConfig,
  now: Date,
  newSalt: () => string,
): Promise<ClusterConfig> {
  const Key = { PK: clusterKey(cluster.clusterId), SK: 'CONFIG' };
  for (let attempt = 1; ; attempt++) {
    const stored = await table.client.send(new GetCommand({ TableName: table.name, Key, ConsistentRead: true }));
    const salt = StoredSalt.safeParse(stored.Item).data?.config.salt;
    const config = { ...cluster, salt: cluster.salt ?? salt ?? newSalt() };
    try {
      await putItem(
        table,
        { ...Key, config, applied_at: now.toISOString() },
        {
          // Two operators at once must not end up with two salts.
          ConditionExpression: salt === undefined ? 'attribute_not_exists(config.salt)' : 'config.salt = :salt',
          ...(salt !== undefined && { ExpressionAttributeValues: { ':salt': salt } }),
        },
      );
      return config;
    } catch (error) {
      if (!lostTheRace(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function notesOn({ actions, approvers, dryRun, scheduler, vgac }: ClusterConfig): string[] {
  const notes: string[] = [];
  if (actions.suggest.length > 0 && approvers.suggest.length === 0) {
    notes.push('approvers.suggest is empty: nobody can approve a suggestion, so each one expires');
  }
  if (actions.gate && approvers.gate.length === 0) {
    notes.push('approvers.gate is empty: nobody can approve a hold, so each one expires');
  }
  if (!dryRun && scheduler.kind === 'none') {
    notes.push('dryRun is off and scheduler.kind is none: there is nothing to act on');
  }
  if (vgac.variant !== 'builtin' && vgac.baseUrl !== undefined && vgac.apiKeySecret === undefined) {
    notes.push(
      "vgac.baseUrl without vgac.apiKeySecret: if it is another host than the installation's VGAC, it is called without a key",
    );
  }
  return notes;
}
