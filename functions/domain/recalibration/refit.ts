import type { RefitProof } from '../../../schemas/items/refit.ts';
import { type Learned, nothingLearned } from '../forecast/state.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import { Compared } from './comparison.ts';
import type { Fact } from './fact.ts';
import { gainOf, isBeyondNoise } from './gain.ts';
import { measured } from './measured.ts';
import { play } from './play.ts';

/** A refit with its proof; `better` decides whether it is promoted. */
export interface Refit {
  readonly better: boolean;
  /** One sentence: the result of the proof, or what is missing. */
  readonly reason: string;
  readonly learned: Learned;
  /** Null with too few labels to prove anything. */
  readonly proof: RefitProof | null;
}

/**
 * Fits moments, models and Platt maps from scratch over the newest rounds of the ledger (CALIBRATION.md section 7), in the order
 * in which facts became known. The older rounds are only for fitting. On the newer ones, while it keeps learning from them, its
 * log loss must be lower than that of what was actually served, beyond noise.
 *
 * @param facts in ledger order; facts about rounds whose submission is not among them are ignored
 * @param longWaitSeconds T of the cluster
 */
export function refitFrom(facts: readonly Fact[], longWaitSeconds: number, numbers: Numbers = NUMBERS): Refit {
  const rounds = new Map<Fact['round'], number>();
  for (const { kind, round } of facts) if (kind === 'submitted') rounds.set(round, rounds.size);
  const fitted = Math.floor(rounds.size * numbers.recalibration.fitted);
  const learned = nothingLearned();
  const compared = new Compared();
  play(
    learned,
    facts.filter(({ round }) => rounds.has(round)),
    (label, q) => {
      if ((rounds.get(label.round) ?? 0) >= fitted) compared.add(label, q);
    },
  );
  return { ...prove(compared, fitted, longWaitSeconds, numbers), learned };
}

function prove(compared: Compared, fitted: number, longWaitSeconds: number, numbers: Numbers): Omit<Refit, 'learned'> {
  const { leastLabels, leastStretches, z } = numbers.recalibration;
  const { count: n } = compared;
  const comparison = compared.comparison();
  const gain = gainOf(comparison, longWaitSeconds, numbers);
  const before = measured(comparison.served, longWaitSeconds);
  const after = measured(comparison.other, longWaitSeconds);
  if (n < leastLabels) {
    return unproven(`needs ${leastLabels - n} more labels of the newest rounds (${n} of ${leastLabels})`);
  }
  if (gain === null || before === null || after === null) {
    return unproven(`needs labels of ${leastStretches} stretches of time among the newest rounds`);
  }
  const verb = gain.gain >= 0 ? 'falls' : 'rises';
  const shown = `on the newest ${n} jobs served log loss ${verb} by ${Math.abs(gain.gain).toFixed(4)} ± ${gain.se.toFixed(4)}`;
  const better = isBeyondNoise(gain, z);
  const proof = { n, fitted, ...gain, before, after };
  return { better, reason: better ? shown : `${shown}; it has to fall beyond noise`, proof };
}

function unproven(reason: string): Omit<Refit, 'learned'> {
  return { better: false, reason, proof: null };
}
