import type { ClusterConfig } from '../../schemas/config.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { LedgerItem } from '../../schemas/items/ledger.ts';
import { deserialise } from './calibration/codec.ts';
import { purseOf } from './reservations.ts';
import { ledgerTiers, tierRulesOf } from './tier-numbers.ts';

/** The content of a batch: entries in fold order or a change of epoch, and the numbers they are folded with. */
export type Batch = Omit<LedgerItem, 'PK' | 'SK' | 'v'>;

/** An empty next batch of a cluster, with the current numbers, reservations and caps. */
export function nextBatch(
  item: CalibrationItem,
  config: Pick<ClusterConfig, 'tiers' | 'longWaitSeconds'>,
  now: Date,
): Batch {
  const rules = tierRulesOf(config.tiers);
  const { reserved, caps } = purseOf(item, deserialise(item.state), rules);
  return {
    version: item.version + 1,
    folded_at: now.toISOString(),
    long_wait_seconds: config.longWaitSeconds,
    tiers: ledgerTiers(rules),
    reserved: Array.from(reserved),
    caps: Array.from(caps),
    entries: [],
  };
}
