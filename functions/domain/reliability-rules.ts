import type { ClusterConfig } from '../../schemas/config.ts';
import { driftBase } from './calibration/drift.ts';
import type { CalibrationState } from './calibration/state.ts';
import type { Rule } from './rule.ts';
import { GATE } from './thresholds.ts';

/** What overrides any evidence: it is too old, or someone pulled the brake. */
export interface SwitchFacts {
  readonly frozen: boolean;
  /** When the oldest label that is not folded yet was due; null when none waits. */
  readonly staleSince: Date | null;
  readonly config: Pick<ClusterConfig, 'freshnessMinutes'>;
  readonly now: Date;
}

/** What the outcomes of a cluster say. */
export interface EvidenceFacts {
  readonly state: CalibrationState;
  /** Null while the cluster is learning. */
  readonly score: number | null;
}

const minutesWaited = ({ staleSince, now }: SwitchFacts): number =>
  staleSince === null ? 0 : (now.getTime() - staleSince.getTime()) / 60_000;

const stale: Rule<SwitchFacts> = {
  code: 'stale',
  scope: 'escalate',
  // Written so that a date that is none counts as stale.
  applies: (facts) => !(minutesWaited(facts) <= facts.config.freshnessMinutes),
  message: (facts) => {
    const minutes = minutesWaited(facts);
    const waited = Number.isFinite(minutes) ? `${Math.floor(minutes)} minutes` : 'an unknown time';
    const limit = `at most ${facts.config.freshnessMinutes} minutes`;
    return `a label has waited ${waited} to be folded; ${limit} keep the evidence fresh`;
  },
};

const frozen: Rule<SwitchFacts> = {
  code: 'frozen',
  scope: 'escalate',
  applies: (facts) => facts.frozen,
  message: () => 'this cluster is frozen until an operator lifts the freeze',
};

export const learning: Rule<EvidenceFacts> = {
  code: 'learning',
  scope: 'escalate',
  applies: ({ state }) => state.n < GATE.minimumLabels,
  message: ({ state }) =>
    `still learning: needs ${labels(GATE.minimumLabels - state.n)} (${state.n} of ${GATE.minimumLabels})`,
};

export const noScore: Rule<EvidenceFacts> = {
  code: 'notFinite',
  scope: 'escalate',
  applies: ({ state, score }) => score === null && !(state.n < GATE.minimumLabels),
  message: () => 'there is no finite ECE for this epoch',
};

export const probation: Rule<EvidenceFacts> = {
  code: 'probation',
  scope: 'escalate',
  applies: ({ state }) => state.hold > 0,
  message: ({ state }) => `on probation: needs ${labels(state.hold)}`,
};

export const lowScore: Rule<EvidenceFacts> = {
  code: 'score',
  scope: 'escalate',
  applies: ({ score }) => score !== null && !(score > GATE.score.notify),
  message: (facts) => scoreSentence(facts, GATE.score.notify),
};

export const moderateScore: Rule<EvidenceFacts> = {
  code: 'score',
  scope: 'notify',
  applies: ({ score }) => score !== null && score > GATE.score.notify && !(score > GATE.score.autonomous),
  message: (facts) => scoreSentence(facts, GATE.score.autonomous),
};

const promoted: Rule<EvidenceFacts> = {
  code: 'promoted',
  scope: 'notify',
  applies: ({ state }) => state.epoch > 0 && state.sinceEpoch < GATE.promotedLabels,
  message: ({ state }) =>
    `promoted map: needs ${labels(GATE.promotedLabels - state.sinceEpoch)} before it acts without telling anyone`,
};

const severeDrift: Rule<EvidenceFacts> = {
  code: 'drift',
  scope: 'escalate',
  applies: ({ state }) => state.drift === 'escalate',
  message: ({ state }) => driftSentence(state, GATE.drift.escalate),
};

const drift: Rule<EvidenceFacts> = {
  code: 'drift',
  scope: 'oneLess',
  applies: ({ state }) => state.drift === 'degrade',
  message: ({ state }) => driftSentence(state, GATE.drift.degrade),
};

export const SWITCHES: readonly Rule<SwitchFacts>[] = [stale, frozen];

/** In the order of DESIGN.md section 3. Drift comes last: its milder band takes a step off what the others allow. */
export const EVIDENCE: readonly Rule<EvidenceFacts>[] = [
  learning,
  noScore,
  probation,
  lowScore,
  moderateScore,
  promoted,
  severeDrift,
  drift,
];

function scoreSentence({ state, score }: EvidenceFacts, needed: number): string {
  const shown = `calibration score ${(score ?? 0).toFixed(3)} (ECE ${(state.recent?.ece ?? 0).toFixed(3)}, n ${state.recent?.n ?? 0})`;
  return `${shown} has to be above ${needed.toFixed(2)}`;
}

function driftSentence(state: CalibrationState, ratio: number): string {
  const limit = (driftBase(state.baselineEce) * ratio).toFixed(3);
  const lower = (state.recent?.lower ?? 0).toFixed(3);
  return `drift: the lower bound of ECE (${lower}) has to stay at or below ${limit} for ${labels(GATE.drift.clear - state.driftClear)}`;
}

function labels(count: number): string {
  return count === 1 ? '1 more label' : `${count} more labels`;
}
