import type { CalibrationState } from '../calibration/state.ts';
import { deserialiseLearned, serialiseLearned } from '../forecast/codec.ts';
import type { Learned } from '../forecast/state.ts';
import { isFitDue, isLookDue, type RefitHistory } from './due.ts';
import type { Fact } from './fact.ts';
import { refitFrom } from './refit.ts';
import { judgeRefit } from './watch.ts';

/** The recalibration machine's state for one cluster, for a run that holds its ledger in memory. */
export interface Memory extends RefitHistory {
  /** The models in force before this epoch, as of its beginning; null in the first. */
  readonly before: Uint8Array | null;
}

export const NO_MEMORY: Memory = { watched: false, lookedAt: 0, triedAt: null, before: null };

/** The newest facts of a ledger: those of the newest rounds, or those since the epoch began. */
export interface Facts {
  newest(): Fact[];
  sinceEpoch(): Fact[];
}

/** The models that take effect. */
export interface Change {
  readonly cause: 'promoted' | 'rolledBack';
  readonly learned: Learned;
}

/** Whether `recalibrationStep` would do anything now. Cheap, for a back-test that asks after every label. */
export function isStepDue(state: CalibrationState, memory: Memory): boolean {
  return isLookDue(state, memory) || isFitDue(state, memory);
}

/**
 * What the recalibration machine would do with a cluster now, and its state afterwards: it checks a promoted refit and restores the
 * models before it if it is worse; else it tries another refit if one is needed and promotes it if it is better.
 *
 * @param inForce the models that a change would replace
 * @param longWaitSeconds T of the cluster
 */
export function recalibrationStep(
  { state, inForce, facts }: { state: CalibrationState; inForce: Learned; facts: Facts },
  memory: Memory,
  longWaitSeconds: number,
): { change: Change | null; memory: Memory } {
  const { sinceEpoch } = state;
  let next = memory;
  if (isLookDue(state, memory) && memory.before !== null) {
    const before = deserialiseLearned(memory.before);
    const { standing } = judgeRefit(facts.sinceEpoch(), before, longWaitSeconds, state.numbers);
    if (standing === 'worse') {
      const change: Change = { cause: 'rolledBack', learned: before };
      return { change, memory: { ...NO_MEMORY, before: serialiseLearned(inForce) } };
    }
    next = { ...next, watched: standing === 'watching', lookedAt: sinceEpoch };
  }
  if (isFitDue(state, memory)) {
    const { better, learned } = refitFrom(facts.newest(), longWaitSeconds, state.numbers);
    if (better) {
      const change: Change = { cause: 'promoted', learned };
      return { change, memory: { ...NO_MEMORY, watched: true, before: serialiseLearned(inForce) } };
    }
    next = { ...next, triedAt: sinceEpoch };
  }
  return { change: null, memory: next };
}
