import type { CalibrationItem } from '../../schemas/items/calibration.ts';

import { capFor } from './calibration/demand.ts';
import type { Purse } from './calibration/purse.ts';
import type { CalibrationState } from './calibration/state.ts';
import type { TierRules } from './tier-numbers.ts';

/** The four tiers: the suffixes of their attributes. */
export const TIER_INDEXES = [1, 2, 3, 4] as const;

/** Free tokens, places, open calls and demand of one tier, as stored on the item. */
export function tierOf(item: CalibrationItem, tier: TierNumber) {
  return {
    free: item[`free_${tier}`],
    places: item[`places_${tier}`] ?? new Set<Uint8Array>(),
    open: item[`open_${tier}`] ?? new Set<Uint8Array>(),
    demand: item[`demand_${tier}`],
  };
}

/** Reserved tokens and the caps raised by demand, as they are now, for a decision or a batch. */
export function purseOf(item: CalibrationItem, state: CalibrationState, rules: readonly TierRules[]): Purse {
  const purse: Purse = { reserved: new Float64Array(4), caps: new Float64Array(4) };
  for (const tier of TIER_INDEXES) {
    const i = tier - 1;
    const { free, demand } = tierOf(item, tier);
    const numbers = rules[i];
    purse.reserved[i] = (state.tiers[i]?.tokens ?? 0) - free;
    purse.caps[i] = numbers === undefined ? 0 : capFor(numbers, demand);
  }
  return purse;
}

export type TierNumber = (typeof TIER_INDEXES)[number];
