import { deserialise } from '../../functions/domain/calibration/codec.ts';
import { capFor } from '../../functions/domain/calibration/demand.ts';
import { psiNeeds, psiOf } from '../../functions/domain/calibration/psi.ts';
import { needOf } from '../../functions/domain/calibration/purse.ts';
import { type CalibrationState, isFiniteState } from '../../functions/domain/calibration/state.ts';
import { ALARMS, driftStanding } from '../../functions/domain/drift-report.ts';
import { shareOf } from '../../functions/domain/figure-words.ts';
import { type Figures, keptByState, reachedOf } from '../../functions/domain/figures.ts';
import { gainOf } from '../../functions/domain/forecast/choice.ts';
import type { ForecastState } from '../../functions/domain/forecast/state.ts';
import { isConfigured } from '../../functions/domain/proposal.ts';
import { reliability } from '../../functions/domain/reliability.ts';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import { tierRulesOf } from '../../functions/domain/tier-numbers.ts';
import { tierStandings } from '../../functions/domain/tiers.ts';
import { ClusterConfig } from '../../schemas/config.ts';
import type { AskingItem } from '../../schemas/items/asking.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { RefitItem } from '../../schemas/items/refit.ts';
import type { Records } from './records.ts';
import { shownScope } from './shown-scope.ts';
import type { ClusterView, ForecastView, RefitView, TierView } from './views.ts';

/** What was read for all clusters at once, and the counts of this run. */
export interface Known {
  readonly configs: ReadonlyMap<string, ClusterConfig>;
  readonly asking: ReadonlyMap<string, AskingItem>;
  readonly forecasts: ReadonlyMap<string, ForecastState>;
  /** The clusters whose VGAC asks for a recalibration. */
  readonly recalibrating: ReadonlySet<string>;
  frozen(clusterId: string): boolean;
  /** What happened to all jobs. */
  figuresOf(clusterId: string): Readonly<Figures>;
  /** The same for jobs with known labels. */
  settledOf(clusterId: string): Readonly<Figures>;
}

/**
 * A cluster's present standing, by the same rule that CheckCalibration applies to its next job.
 * @param now on the system's clock
 */
export async function standingOf(
  records: Pick<Records, 'oldestUnfolded' | 'refits'>,
  item: CalibrationItem,
  known: Known,
  now: Date,
): Promise<Omit<ClusterView, 'history'>> {
  const clusterId = item.cluster_id;
  const config = configOf(item, known);
  const [staleSince, refits] = await Promise.all([
    records.oldestUnfolded(clusterId, new Date(now.getTime() - config.freshnessMinutes * 60_000)),
    records.refits(clusterId),
  ]);
  const state = stateOf(item);
  const verdict = reliability({
    state,
    version: item.version,
    frozen: known.frozen(clusterId),
    staleSince,
    config,
    now,
    vgacAsksRecalibration: known.recalibrating.has(clusterId),
  });
  const { score, scope, ece, eceLower, eceUpper, nullMean, n, skilled, epoch, version, drift, earnedTier, reasons } =
    verdict;
  const figures = known.figuresOf(clusterId);
  const settled = known.settledOf(clusterId);
  return {
    clusterId,
    platform: item.platform,
    dryRun: config.dryRun,
    score,
    scope,
    shown: shownScope(verdict),
    ece,
    eceLower,
    eceUpper,
    nullMean,
    n,
    skilled,
    epoch,
    version,
    drift,
    earnedTier,
    reasons,
    ...driftOf(state),
    tiers: state === null ? [] : tiersOf(item, state, config, { figures, settled }),
    forecast: forecastOf(known.forecasts.get(clusterId), config),
    questions: questionsOf(known.asking.get(clusterId), config, now),
    figures,
    reached: {
      reached: reachedOf(settled),
      longWaits: settled.longWaits,
      acted: settled.parts.acted,
      jobs: settled.jobs,
    },
    refits: refits.filter((refit, index) => index === 0 || refit.epoch === epoch).map(refitView),
    trouble: item.visit_error ?? null,
  };
}

/** The settings of a cluster; an unconfigured one has all the defaults. */
export function configOf({ cluster_id: clusterId, platform }: CalibrationItem, { configs }: Pick<Known, 'configs'>) {
  return configs.get(clusterId) ?? ClusterConfig.parse({ clusterId, platform });
}

function stateOf(item: CalibrationItem): CalibrationState | null {
  try {
    const state = deserialise(item.state);
    return isFiniteState(state) ? state : null;
  } catch {
    return null;
  }
}

function forecastOf(state: ForecastState | undefined, config: ClusterConfig): ForecastView | null {
  if (state === undefined) return null;
  const { choice, queue } = state;
  const isAlone = config.vgac.variant === 'builtin';
  return {
    servedBy: isAlone ? 'queueWithoutVgac' : choice.withVgac ? 'queueAndVgac' : 'queue',
    gain: isAlone ? null : gainOf(choice, config.longWaitSeconds),
    pending: Math.max(0, queue.pending),
    running: Math.max(0, queue.running),
    aged: queue.aged.pending + queue.aged.running,
    corrected: { ...queue.corrected },
  };
}

function driftOf(state: CalibrationState | null): Pick<ClusterView, 'announced' | 'alarms' | 'psi' | 'psiNeeds'> {
  if (state === null) return { announced: 'none', alarms: '', psi: null, psiNeeds: 0 };
  const { band, alarm } = driftStanding(state);
  const alarms = alarm === 'none' ? '' : ALARMS[alarm];
  return { announced: band, alarms, psi: psiOf(state.shift), psiNeeds: psiNeeds(state.shift) };
}

function tiersOf(
  item: CalibrationItem,
  state: CalibrationState,
  config: ClusterConfig,
  { figures, settled }: { figures: Readonly<Figures>; settled: Readonly<Figures> },
): TierView[] {
  const rules = tierRulesOf(config.tiers);
  const frees = [item.free_1, item.free_2, item.free_3, item.free_4];
  const demands = [item.demand_1, item.demand_2, item.demand_3, item.demand_4];
  return tierStandings(state, config).flatMap(({ tier, eps, earned, sentence }, i) => {
    const [numbers, its, counted, known] = [rules[i], state.tiers[i], figures.byTier[i], settled.byTier[i]];
    if (numbers === undefined || its === undefined || counted === undefined || known === undefined) return [];
    const [free = 0, demand = 0] = [frees[i], demands[i]];
    const [reserved, cap, needed] = [its.tokens - free, capFor(numbers, demand), needOf(numbers.tier)];
    return [
      {
        tier,
        eps,
        earned,
        sentence,
        configured: isConfigured(numbers.tier, config),
        tokens: { free: free / TOKEN, reserved: reserved / TOKEN, cap: cap / TOKEN, needed: needed / TOKEN },
        called: counted.called,
        acted: counted.acted,
        heldOut: counted.heldOut,
        kept: keptByState(its, numbers),
        reached: shareOf(known.reached, settled.longWaits),
        chance: shareOf(known.acted, settled.jobs),
      },
    ];
  });
}

const HOUR_MS = 3_600_000;

/** A place is free once its question must have expired, whatever happened to it. */
function questionsOf(item: AskingItem | undefined, { asking }: ClusterConfig, now: Date): ClusterView['questions'] {
  const at = now.getTime();
  return {
    open: item?.open.filter(({ until }) => until > at).length ?? 0,
    places: asking.open,
    thisHour: item?.asked.filter((question) => question.at > at - HOUR_MS).length ?? 0,
    perHour: asking.perHour,
  };
}

function refitView({ epoch, status, reason, at, proof, watched }: RefitItem): RefitView {
  return { epoch, status, reason, at, proof, watched: watched ?? null };
}
