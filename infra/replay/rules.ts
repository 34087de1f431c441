import {
  cap,
  DECISION_RULES,
  harm,
  type Limits,
  type RuleInput,
  tokens,
  uncertain,
} from '../../functions/domain/decision-rules.ts';
import { type Proposal, proposalOf, proposedTier } from '../../functions/domain/proposal.ts';
import {
  EVIDENCE,
  type EvidenceFacts,
  learning,
  lowScore,
  moderateScore,
  noScore,
  probation,
} from '../../functions/domain/reliability-rules.ts';
import type { Rule } from '../../functions/domain/rule.ts';
import { ClusterConfig } from '../../schemas/config.ts';

/** Everything a rule of the gate looks at, in one object that is filled again for each job. */
export interface Facts extends EvidenceFacts, RuleInput {
  score: number | null;
  proposal: Proposal;
  q: number | null;
  verdictTier: number;
  nowSeconds: number;
  readonly inFlight: { statement: number; intervention: number };
  readonly limits: Limits & { coolingDown: boolean; usedThisHour: number };
}

export type RulesName = 'core' | 'all';

/** Which rules decide, and what they are asked about. */
export interface RuleSet {
  readonly name: RulesName;
  readonly rules: readonly Rule<Facts>[];
  readonly config: ClusterConfig;
  /** What each tier means on this cluster; 0 proposes nothing. */
  readonly proposals: readonly Proposal[];
  /** The tier proposed for a served probability. */
  tierOf(q: number): number;
}

/** Rules 1 to 6 of CALIBRATION.md section 4, in their order: there the first match is the reason. */
const CORE: readonly Rule<Facts>[] = [
  probation,
  tokens,
  harm,
  uncertain,
  cap,
  learning,
  noScore,
  lowScore,
  moderateScore,
];

/** The whole gate. Its switches (frozen, stale) are about a running system: in a back-test nobody pulls the brake. */
const ALL: readonly Rule<Facts>[] = [...EVIDENCE, ...DECISION_RULES];

/** Every tier configured, nothing to hold it back but evidence: the question is how far that would have carried. */
const CLUSTER = {
  clusterId: 'replay',
  platform: 'slurm',
  dryRun: false,
  salt: 'the same hold-out in every back-test',
  actions: {
    annotate: { action: 'annotate' },
    warn: { action: 'warn' },
    suggest: [{ action: 'requeue', target: 'another-queue' }],
    gate: { action: 'hold' },
  },
} as const;

const TIERS = [0, 1, 2, 3, 4];

/**
 * `core` is every job a statement, without tiers, hold-out and drift bands (CALIBRATION.md section 9); `all` is the gate as
 * deployed.
 *
 * @param changed numbers of the cluster's configuration that are tried with other values
 */
export function ruleSet(name: RulesName, changed: (config: ClusterConfig) => void = () => {}): RuleSet {
  const config = ClusterConfig.parse(CLUSTER);
  changed(config);
  const proposals = TIERS.map((tier) => proposalOf(tier, config, { clusterId: config.clusterId, jobId: 'job' }));
  if (name === 'core') return { name, rules: CORE, config, proposals, tierOf: () => 0 };
  return { name, rules: ALL, config, proposals, tierOf: (q) => proposedTier(q, config) };
}
