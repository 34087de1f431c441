import type { ClusterConfig } from '../../schemas/config.ts';
import type { ActionArguments } from '../../schemas/decision.ts';
import type { TierName } from '../../schemas/primitives.ts';
import { TIERS } from './thresholds.ts';

type Choice = { action: string; target?: string | undefined };

/** The job an action would apply to. */
export interface ProposedFor {
  readonly clusterId: string;
  readonly jobId: string;
  /** May only name one of the configured suggestions; anything else is ignored. */
  readonly proposedAction?: string | undefined;
}

/** What a tier would do here to one job; null for a tier that is not configured. */
export function proposalOf(
  tier: number,
  config: Pick<ClusterConfig, 'actions'>,
  job: ProposedFor,
): ActionArguments | null {
  const name = TIERS[tier - 1];
  const choice = name === undefined ? undefined : choiceOf(config, name, job.proposedAction);
  if (choice === undefined) return null;
  const { action, target } = choice;
  const { clusterId, jobId } = job;
  return target === undefined ? { action, clusterId, jobId } : { action, clusterId, jobId, target };
}

/** Whether a tier has something to do on a cluster. */
export function isConfigured(tier: number, config: Pick<ClusterConfig, 'actions'>): boolean {
  const name = TIERS[tier - 1];
  return name !== undefined && choiceOf(config, name, undefined) !== undefined;
}

function choiceOf(
  config: Pick<ClusterConfig, 'actions'>,
  tier: TierName,
  wish: string | undefined,
): Choice | undefined {
  if (tier !== 'suggest') return config.actions[tier];
  return config.actions.suggest.find(({ action }) => action === wish) ?? config.actions.suggest[0];
}
