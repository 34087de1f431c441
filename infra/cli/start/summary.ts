import { shareOf } from '../../../functions/domain/figure-words.ts';
import {
  addFigures,
  basisOf,
  callsOf,
  count,
  type Figures,
  type Kept,
  keptOf,
  keptTogether,
  noFigures,
  PARTS,
  reachedOf,
  SERVERS,
  type Server,
} from '../../../functions/domain/figures.ts';
import { type TierRules, tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import type { Asked } from '../../../schemas/items/approval.ts';
import type { TierName } from '../../../schemas/primitives.ts';
import type { JobFact } from '../../console/records.ts';

/**
 * The closing table, in total and per cluster. The keys are stable: other programs read `--summary FILE`.
 *
 * jobs = admitted + duplicates + quarantined + deadLettered;
 * admitted = nothingNeeded + acted + heldOut + asked + withheld + late + failed + undecided;
 * approvals = approved + denied + expired + void + openApprovals;
 * servedBy adds up to admitted, and its acts to acted.
 */
export const SUMMARY_KEYS = [
  /** JobSubmitted events that the bus accepted. */
  'jobs',
  /** Jobs with a claimed row. */
  'admitted',
  /** Events of a job that another execution had claimed. */
  'duplicates',
  /** Events that name no trustworthy job. */
  'quarantined',
  /** Events that reached no row and no quarantine: dead-letter queue, or an execution that failed before the claim. */
  'deadLettered',
  /** What became of each admitted job ... */
  ...PARTS,
  /** ... and of those acted on, the ones that were asked about besides. */
  'alsoAsked',
  /** Jobs that called for something. */
  'calls',
  /** What each tier did on its own, the lowest first. */
  'byTier',
  /** Share of the long waits that had been acted on, null where there was none. */
  'reached',
  /** Jobs that really waited long. */
  'longWaits',
  /** What as many acts thrown at random would have reached. */
  'chance',
  'approvals',
  'approved',
  'denied',
  'expired',
  'void',
  'openApprovals',
  /** Admitted jobs whose label is settled, censored ones included. */
  'outcomes',
  /** Admitted jobs that a ledger batch holds. */
  'folded',
  /** Whose probability served the admitted jobs, and those acted on: whether VGAC or the queue's own model carried it. */
  'servedBy',
] as const;
type SummaryKey = (typeof SUMMARY_KEYS)[number];
type NumberKey = Exclude<SummaryKey, 'byTier' | 'reached' | 'chance' | 'servedBy'>;
/** Jobs add up to `admitted`, and those among them that were acted on to `acted`. */
export type ServedBy = Record<Server, { jobs: number; acted: number }>;

/** One tier. Right and settled are weights in tokens, for a hold-out stands for 1/h interventions. Shares from 0 to 1. */
export interface TierCounts {
  tier: TierName;
  called: number;
  acted: number;
  heldOut: number;
  right: number;
  settled: number;
  /** Things in number that those are made of. */
  things: number;
  /** Right of settled, with Wilson's two-sided 90 % interval; null while nothing is settled. */
  share: number | null;
  lower: number | null;
  upper: number | null;
  /** What was promised; null where clusters that promise different shares are added up. */
  promise: number | null;
  /** It has done enough for its promise to say anything. */
  tested: boolean;
  /** Right is known by the hold-outs. */
  estimate: boolean;
  reached: number | null;
  chance: number | null;
}

export interface Counts extends Record<NumberKey, number> {
  byTier: TierCounts[];
  reached: number | null;
  chance: number | null;
  servedBy: ServedBy;
}

export interface Summary {
  total: Counts;
  clusters: Record<string, Counts>;
}

export interface Facts {
  jobs: readonly JobFact[];
  approvals: readonly { clusterId: string; status: Asked }[];
  /** Where the other events went, with the cluster where a trustworthy one is named. */
  duplicates: readonly (string | null)[];
  quarantined: readonly (string | null)[];
  deadLettered: readonly (string | null)[];
  /** JobSubmitted events counted on their way in, independent of the above. */
  accepted: number;
  /** Numbers of the tiers where a cluster has its own. */
  rules: ReadonlyMap<string, readonly TierRules[]>;
}

/** Events that name no cluster are counted here, so that the clusters add up to the total. */
export const NO_CLUSTER = '(none)';

const APPROVAL_KEY = {
  approved: 'approved',
  denied: 'denied',
  expired: 'expired',
  void: 'void',
  pending: 'openApprovals',
} as const;

/** What is counted beside the figures. */
const BESIDE = ['duplicates', 'quarantined', 'deadLettered', 'outcomes', 'folded'] as const;
const ASKED = ['approved', 'denied', 'expired', 'void', 'openApprovals'] as const;
type Counted = (typeof BESIDE)[number] | (typeof ASKED)[number];

/** One cluster while it is counted. */
interface Open {
  readonly figures: Figures;
  readonly counted: Record<Counted, number>;
  readonly served: ServedBy;
  readonly rules: readonly TierRules[];
}

function open(rules: readonly TierRules[]): Open {
  const counted = {
    duplicates: 0,
    quarantined: 0,
    deadLettered: 0,
    outcomes: 0,
    folded: 0,
    approved: 0,
    denied: 0,
    expired: 0,
    void: 0,
    openApprovals: 0,
  };
  const none = () => ({ jobs: 0, acted: 0 });
  return { figures: noFigures(), counted, served: { queue: none(), queueAndVgac: none(), none: none() }, rules };
}

/** Adds up what happened. Clusters are those that appear in the facts, by name. */
export function summarise(facts: Facts): Summary {
  const clusters = byCluster(facts);
  const total = sumOf(clusters.values());
  const tiersOfEach = [...clusters.values()].map(keptByTier);
  const together = total.rules.map((rules, i) => {
    const ofEach = tiersOfEach.flatMap((tiers) => tiers[i] ?? []);
    return keptTogether(ofEach, basisOf(rules));
  });
  const sorted = [...clusters].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    // What came in, not what was found again: a lost event must show as a sum that does not agree.
    total: { ...countsOf(total, together), jobs: facts.accepted },
    clusters: Object.fromEntries(sorted.map(([name, cluster]) => [name, countsOf(cluster, keptByTier(cluster))])),
  };
}

function byCluster(facts: Facts): Map<string, Open> {
  const clusters = new Map<string, Open>();
  const of = (clusterId: string | null): Open => {
    const name = clusterId ?? NO_CLUSTER;
    const cluster = clusters.get(name) ?? open(facts.rules.get(name) ?? tierRulesOf({}));
    clusters.set(name, cluster);
    return cluster;
  };
  for (const job of facts.jobs) addJob(of(job.clusterId), job);
  for (const { clusterId, status } of facts.approvals) of(clusterId).counted[APPROVAL_KEY[status]] += 1;
  for (const key of ['duplicates', 'quarantined', 'deadLettered'] as const) {
    for (const clusterId of facts[key]) of(clusterId).counted[key] += 1;
  }
  return clusters;
}

function addJob({ figures, counted, served }: Open, job: JobFact): void {
  count(figures, job.facts);
  served[job.servedBy].jobs += 1;
  if (job.facts.part === 'acted') served[job.servedBy].acted += 1;
  if (job.labelled) counted.outcomes += 1;
  if (job.folded) counted.folded += 1;
}

function sumOf(clusters: Iterable<Open>): Open {
  const total = open(tierRulesOf({}));
  for (const { figures, counted, served } of clusters) {
    addFigures(total.figures, figures);
    for (const by of SERVERS) {
      total.served[by].jobs += served[by].jobs;
      total.served[by].acted += served[by].acted;
    }
    for (const key of [...BESIDE, ...ASKED]) total.counted[key] += counted[key];
  }
  return total;
}

function keptByTier({ figures, rules }: Open): Kept[] {
  return rules.flatMap((numbers, i) => {
    const tier = figures.byTier[i];
    return tier === undefined ? [] : [keptOf(tier, numbers)];
  });
}

function countsOf({ figures, counted, served, rules }: Open, kept: readonly Kept[]): Counts {
  const { parts, alsoAsked, longWaits, jobs: admitted } = figures;
  const { outcomes, folded, duplicates, quarantined, deadLettered, ...asked } = counted;
  const approvals = ASKED.reduce((sum, key) => sum + asked[key], 0);
  return {
    jobs: admitted + duplicates + quarantined + deadLettered,
    admitted,
    duplicates,
    quarantined,
    deadLettered,
    ...parts,
    alsoAsked,
    calls: callsOf(figures),
    byTier: rules.flatMap((numbers, i) => {
      const tier = figures.byTier[i];
      const its = kept[i];
      return tier === undefined || its === undefined ? [] : [tierCounts(numbers, figures, tier, its)];
    }),
    reached: shareOf(reachedOf(figures), longWaits),
    longWaits,
    chance: shareOf(parts.acted, admitted),
    approvals,
    ...asked,
    outcomes,
    folded,
    servedBy: served,
  };
}

function tierCounts(
  { name }: TierRules,
  { longWaits, jobs }: Figures,
  { called, acted, heldOut, reached }: Figures['byTier'][number],
  { right, settled, things, share, lower, upper, promise, tested, basis }: Kept,
): TierCounts {
  return {
    tier: name,
    called,
    acted,
    heldOut,
    right: rounded(right),
    settled: rounded(settled),
    things,
    share,
    lower,
    upper,
    promise: promise === null ? null : rounded(promise),
    tested,
    estimate: basis === 'estimate',
    reached: shareOf(reached, longWaits),
    chance: shareOf(acted, jobs),
  };
}

/** Tokens are counted in ten-thousandths, and promises are said no finer. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** Sums that do not agree, in words; empty when all is accounted for. */
export function disagreements(summary: Summary): string[] {
  const found: string[] = [];
  for (const [name, counts] of [['total', summary.total] as const, ...Object.entries(summary.clusters)]) {
    const check = (left: string, is: number, right: string, sum: number) => {
      if (is !== sum) found.push(`${name}: ${left} is ${is}, ${right} is ${sum}`);
    };
    const parts = (left: NumberKey, right: readonly NumberKey[]) => {
      const sum = right.reduce((total, key) => total + counts[key], 0);
      check(left, counts[left], right.join(' + '), sum);
    };
    parts('jobs', ['admitted', 'duplicates', 'quarantined', 'deadLettered']);
    parts('admitted', PARTS);
    parts('approvals', ASKED);
    const served = (of: 'jobs' | 'acted') => SERVERS.reduce((sum, by) => sum + counts.servedBy[by][of], 0);
    check('admitted', counts.admitted, 'the sum of servedBy', served('jobs'));
    check('acted', counts.acted, 'the acts of servedBy', served('acted'));
    const byTier = (left: NumberKey, of: 'called' | 'acted' | 'heldOut') => {
      const sum = counts.byTier.reduce((total, tier) => total + tier[of], 0);
      check(left, counts[left], `the sum of ${of} by tier`, sum);
    };
    byTier('calls', 'called');
    byTier('acted', 'acted');
    byTier('heldOut', 'heldOut');
  }
  return found;
}
