import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import { percent } from '../../../functions/domain/figure-words.ts';
import { tierStandings } from '../../../functions/domain/tiers.ts';
import type { Records } from '../../console/records.ts';
import { configOf } from '../../console/standing.ts';

/** What a tier's evidence comes to on a cluster right now: "21 of 24 such forecasts came true, 43 % is promised". */
export async function tierRecord(
  records: Pick<Records, 'clusters' | 'configs'>,
  clusterId: string,
  tier: number,
): Promise<string | null> {
  const [{ readable }, configs] = await Promise.all([records.clusters(), records.configs([clusterId])]);
  const item = readable.find(({ cluster_id }) => cluster_id === clusterId);
  if (item === undefined) return null;
  const standing = tierStandings(deserialise(item.state), configOf(item, { configs }))[tier - 1];
  if (standing === undefined || standing.seen === 0) return null;
  const { seen, seenRight, eps, promise } = standing;
  return `${seenRight} of ${seen} forecasts from ${eps.toFixed(2)} on came true, ${percent(promise)} are promised`;
}
