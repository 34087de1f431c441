import type { EffectStore, StoredOrder } from '../../application/decisions/ports.ts';
import type { Round } from '../../domain/round.ts';
import { loadApproval } from './approval-item.ts';
import { bind } from './bind.ts';
import { configFrom, configKey, freezeFrom, freezeKeys } from './config.ts';
import { loadUsage, useAction } from './cooldown-and-rate.ts';
import { jobFrom, recordActing, recordEffect } from './jobs.ts';
import { readTogether } from './read-together.ts';
import { reliabilityStore } from './reliability-store.ts';
import { jobKey, type Table } from './table.ts';

async function readOrder(table: Table, round: Round): Promise<StoredOrder> {
  const { clusterId } = round;
  const items = await readTogether(table, [jobKey(round), configKey(clusterId), ...freezeKeys(clusterId)]);
  const row = jobFrom(items, round);
  return {
    row,
    config: configFrom(items, clusterId),
    frozen: freezeFrom(items, clusterId),
  };
}

export const effectStore = (table: Table): EffectStore => ({
  ...reliabilityStore(table),
  ...bind(table, { readOrder, loadApproval, recordActing, recordEffect, loadUsage, useAction }),
});
