import { deserialise } from '../../../functions/domain/calibration/codec.ts';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { nextTierInWords } from '../../../functions/domain/calibration/tiers.ts';
import { tokensAt } from '../../../functions/domain/calibration/tokens.ts';
import { ALARMS, driftStanding } from '../../../functions/domain/drift-report.ts';
import { reliability } from '../../../functions/domain/reliability.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { CalibrationItem } from '../../../schemas/items/calibration.ts';
import type { MapItem } from '../../../schemas/items/map.ts';
import type { Kind } from '../../../schemas/primitives.ts';
import type { Records } from './records.ts';
import type { Budget, ClusterView, MapView } from './views.ts';

function stateOf(item: CalibrationItem): CalibrationState | null {
  try {
    return deserialise(item.state);
  } catch {
    return null;
  }
}

function mapView({ epoch, status, reason, at, proof, watched }: MapItem): MapView {
  return { epoch, status, reason, at, proof, watched: watched ?? null };
}

/**
 * How a cluster stands right now, by the same rule that CheckCalibration applies to its next job.
 * @param known what was read for all clusters at once
 * @param now on the system's clock
 */
export async function standingOf(
  records: Records,
  item: CalibrationItem,
  known: { configs: ReadonlyMap<string, ClusterConfig>; frozen(clusterId: string): boolean },
  now: Date,
): Promise<Omit<ClusterView, 'history'>> {
  const clusterId = item.cluster_id;
  const config = known.configs.get(clusterId) ?? ClusterConfig.parse({ clusterId, platform: item.platform });
  const frozen = known.frozen(clusterId);
  const [staleSince, maps] = await Promise.all([
    records.oldestUnfolded(clusterId, new Date(now.getTime() - config.freshnessMinutes * 60_000)),
    records.maps(clusterId),
  ]);
  const state = stateOf(item);
  const { score, scope, ece, eceLower, eceUpper, nullMean, n, hold, epoch, version, drift, earnedTier, reasons } =
    reliability({ state, version: item.version, frozen, staleSince, config, now });
  const alarm = state === null ? 'none' : driftStanding(state).alarm;
  const budget = (kind: Kind): Budget => ({
    tokens: state === null ? null : tokensAt(state, kind, config.budgets, now.getTime() / 1000),
    cap: config.budgets[kind].cap,
    inFlight: item[`in_flight_${kind}`]?.size ?? 0,
    inFlightCap: config.budgets[kind].inFlight,
  });
  return {
    clusterId,
    platform: item.platform,
    dryRun: config.dryRun,
    ...{ score, scope, ece, eceLower, eceUpper, nullMean, n, hold, epoch, version, drift, earnedTier, reasons },
    alarm: alarm === 'none' ? '' : ALARMS[alarm],
    nextTier: state === null ? null : nextTierInWords(state),
    maps: maps.filter((map, index) => index === 0 || map.epoch === epoch).map(mapView),
    trouble: item.visit_error ?? null,
    statement: budget('statement'),
    intervention: budget('intervention'),
  };
}
