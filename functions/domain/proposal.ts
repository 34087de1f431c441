import type { ClusterConfig } from '../../schemas/config.ts';
import type { ActionArguments } from '../../schemas/decision.ts';
import type { Kind, TierName } from '../../schemas/primitives.ts';
import { TIERS } from './calibration/tiers.ts';
import { GATE } from './thresholds.ts';

export interface Proposal {
  /** 0 to 4; 0 is "nothing", which is a statement too. */
  readonly tier: number;
  readonly name: TierName | null;
  readonly kind: Kind;
  readonly arguments: ActionArguments | null;
}

type Choice = { action: string; target?: string | undefined };

/**
 * The highest configured tier whose eps is at most q, else nothing (DESIGN.md section 3, Proposal). Without a probability
 * nothing above tier 1 is proposed.
 *
 * @param job.proposedAction may only choose among the configured suggestions; anything else is ignored
 */
export function propose(
  q: number | null,
  config: Pick<ClusterConfig, 'actions'>,
  job: { clusterId: string; jobId: string; proposedAction?: string | undefined },
): Proposal {
  return proposalOf(proposedTier(q, config), config, job);
}

/** Tier 0 to 4 that `propose` proposes. */
export function proposedTier(q: number | null, config: Pick<ClusterConfig, 'actions'>): number {
  for (let tier = TIERS.length; tier >= 1; tier--) {
    const name = TIERS[tier - 1];
    if (name !== undefined && reaches(q, name) && choiceOf(config, name, undefined) !== undefined) return tier;
  }
  return 0;
}

/** What a tier means here for one job. */
export function proposalOf(
  tier: number,
  config: Pick<ClusterConfig, 'actions'>,
  job: { clusterId: string; jobId: string; proposedAction?: string | undefined },
): Proposal {
  const name = TIERS[tier - 1];
  const choice = name === undefined ? undefined : choiceOf(config, name, job.proposedAction);
  if (name === undefined || choice === undefined) {
    return { tier: 0, name: null, kind: 'statement', arguments: null };
  }
  const target = choice.target === undefined ? {} : { target: choice.target };
  const args = { action: choice.action, clusterId: job.clusterId, jobId: job.jobId, ...target };
  return { tier, name, kind: kindOf(tier), arguments: args };
}

export function kindOf(tier: number): Kind {
  return tier >= 3 ? 'intervention' : 'statement';
}

function reaches(q: number | null, tier: TierName): boolean {
  return q === null || !Number.isFinite(q) ? tier === 'annotate' : q >= GATE.eps[tier];
}

function choiceOf(
  config: Pick<ClusterConfig, 'actions'>,
  tier: TierName,
  wish: string | undefined,
): Choice | undefined {
  if (tier !== 'suggest') return config.actions[tier];
  return config.actions.suggest.find(({ action }) => action === wish) ?? config.actions.suggest[0];
}
