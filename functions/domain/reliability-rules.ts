import type { ClusterConfig } from '../../schemas/config.ts';
import { driftBase } from './calibration/drift.ts';
import { isKnown } from './calibration/evaluation.ts';
import { Z95 } from './calibration/normal.ts';
import type { CalibrationState } from './calibration/state.ts';
import type { ScopeRule } from './rule.ts';

/** What overrides any evidence: stale labels, or an operator's freeze. */
export interface SwitchFacts {
  readonly frozen: boolean;
  /** When the oldest unfolded label was due; null when none waits. */
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

const stale: ScopeRule<SwitchFacts> = {
  code: 'stale',
  scope: 'escalate',
  // Written so that an invalid date counts as stale.
  applies: (facts) => !(minutesWaited(facts) <= facts.config.freshnessMinutes),
  message: (facts) => {
    const minutes = minutesWaited(facts);
    const waited = Number.isFinite(minutes) ? `${Math.floor(minutes)} minutes` : 'an unknown time';
    const limit = `at most ${facts.config.freshnessMinutes} minutes`;
    return `a label has waited ${waited} to be folded; ${limit} keep the evidence fresh`;
  },
};

const frozen: ScopeRule<SwitchFacts> = {
  code: 'frozen',
  scope: 'escalate',
  applies: (facts) => facts.frozen,
  message: () => 'this cluster is frozen until an operator lifts the freeze',
};

/** Too few outcomes, or too few to pin down the ECE. */
export const learning: ScopeRule<EvidenceFacts> = {
  code: 'learning',
  scope: 'escalate',
  applies: ({ state: { evaluation, numbers } }) => evaluation === null || !isKnown(evaluation, numbers),
  message: ({ state: { evaluation, outcomes, numbers } }) => {
    const needed = numbers.gate.minimumLabels;
    if (evaluation === null) {
      const missing = needed - outcomes.size;
      return missing > 0
        ? `still learning: needs ${labels(missing)} (${outcomes.size} of ${needed})`
        : 'still learning: the first ECE comes with the next labels';
    }
    const known = `the ECE is known to ±${(Z95 * evaluation.error).toFixed(3)}`;
    return `still learning: ${known} over ${evaluation.n} labels, ±${numbers.gate.eceKnown.toFixed(2)} is needed`;
  },
};

export const noScore: ScopeRule<EvidenceFacts> = {
  code: 'notFinite',
  scope: 'escalate',
  applies: ({ state: { evaluation, numbers }, score }) =>
    score === null && evaluation !== null && isKnown(evaluation, numbers),
  message: () => 'there is no finite ECE of this cluster',
};

export const lowScore: ScopeRule<EvidenceFacts> = {
  code: 'score',
  scope: 'escalate',
  applies: ({ state, score }) => score !== null && !(score > state.numbers.gate.score.notify),
  message: (facts) => scoreSentence(facts, facts.state.numbers.gate.score.notify),
};

export const moderateScore: ScopeRule<EvidenceFacts> = {
  code: 'score',
  scope: 'notify',
  applies: ({ state: { numbers }, score }) =>
    score !== null && score > numbers.gate.score.notify && !(score > numbers.gate.score.autonomous),
  message: (facts) => scoreSentence(facts, facts.state.numbers.gate.score.autonomous),
};

const promoted: ScopeRule<EvidenceFacts> = {
  code: 'promoted',
  scope: 'notify',
  applies: ({ state }) => state.epoch > 0 && state.sinceEpoch < state.numbers.gate.promotedLabels,
  message: ({ state: { numbers, sinceEpoch } }) =>
    `new epoch: needs ${labels(numbers.gate.promotedLabels - sinceEpoch)} before it acts without notifying anyone`,
};

const severeDrift: ScopeRule<EvidenceFacts> = {
  code: 'drift',
  scope: 'escalate',
  applies: ({ state }) => state.driftNow === 'escalate',
  message: ({ state }) => driftSentence(state, state.numbers.gate.drift.escalate),
};

const drift: ScopeRule<EvidenceFacts> = {
  code: 'drift',
  scope: 'oneLess',
  applies: ({ state }) => state.driftNow === 'degrade',
  message: ({ state }) => driftSentence(state, state.numbers.gate.drift.degrade),
};

export const SWITCHES: readonly ScopeRule<SwitchFacts>[] = [stale, frozen];

/** The rules on the ECE only; a back-test with the core rules needs no more. */
export const CORE_EVIDENCE: readonly ScopeRule<EvidenceFacts>[] = [learning, noScore, lowScore, moderateScore];

/** In the order of DESIGN.md section 3. Drift comes last: its milder band lowers what the others allow by one scope. */
export const EVIDENCE: readonly ScopeRule<EvidenceFacts>[] = [...CORE_EVIDENCE, promoted, severeDrift, drift];

function scoreSentence({ state: { evaluation }, score }: EvidenceFacts, needed: number): string {
  const ece = `ECE ${(evaluation?.ece ?? 0).toFixed(3)}, n ${evaluation?.n ?? 0}`;
  return `calibration score ${(score ?? 0).toFixed(3)} (${ece}) has to be above ${needed.toFixed(2)}`;
}

function driftSentence({ evaluation, baselineEce, numbers }: CalibrationState, ratio: number): string {
  const limit = (driftBase(baselineEce, numbers) * ratio).toFixed(3);
  return `drift: the lower bound of ECE (${(evaluation?.lower ?? 0).toFixed(3)}) has to be at or below ${limit}`;
}

function labels(count: number): string {
  return count === 1 ? '1 more label' : `${count} more labels`;
}
