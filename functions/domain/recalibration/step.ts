import type { EpochChange } from '../../../schemas/items/ledger.ts';
import type { IsotonicMap } from '../calibration/map.ts';
import type { CalibrationState } from '../calibration/state.ts';
import { candidateFrom } from './candidate.ts';
import { isFitDue, isLookDue, type MapHistory } from './due.ts';
import type { Labelled } from './labelled.ts';
import { judgePromoted } from './watch.ts';

/** The recalibration machine's memory of one cluster, for a run that holds its ledger in memory. */
export interface Memory extends MapHistory {
  /** The map before the one in force. */
  readonly before: IsotonicMap | null;
}

export const NO_MEMORY: Memory = { watched: false, lookedAt: 0, triedAt: null, before: null };

/** Whether `recalibrationStep` would do anything now: cheap, for a back-test that asks after every label. */
export function isStepDue(state: CalibrationState, memory: Memory): boolean {
  return isLookDue(state, memory) || isFitDue(state, memory);
}

/**
 * What the recalibration machine would do with a cluster now, and what it remembers afterwards: look at a promoted map
 * and roll it back when it is worse, else fit another where one is needed and promote it when it is better.
 * The change, if any, is applied by `beginEpoch`, as the fold does.
 *
 * @param labels the newest labels in ledger order; `RECALIBRATION.window` are enough
 * @param longWaitSeconds T of the cluster
 */
export function recalibrationStep(
  state: CalibrationState,
  labels: readonly Labelled[],
  memory: Memory,
  longWaitSeconds: number,
): { change: EpochChange | null; memory: Memory } {
  const { map, sinceEpoch } = state;
  const epoch = state.epoch + 1;
  let next = memory;
  if (isLookDue(state, memory)) {
    const { standing } = judgePromoted(labels, { map, before: memory.before, sinceEpoch }, longWaitSeconds);
    if (standing === 'worse') {
      const change = restoring(memory.before, { epoch, by: 'watch' });
      return { change, memory: { ...NO_MEMORY, before: map } };
    }
    next = { ...next, watched: standing === 'watching', lookedAt: sinceEpoch };
  }
  if (isFitDue(state, next)) {
    const { better, knots } = candidateFrom(labels, map, longWaitSeconds);
    if (better) {
      const change: EpochChange = { epoch, cause: 'promoted', by: 'fit', knots };
      return { change, memory: { ...NO_MEMORY, watched: true, before: map } };
    }
    next = { ...next, triedAt: sinceEpoch };
  }
  return { change: null, memory: next };
}

/** The way back to an earlier map, or to none. */
export function restoring(map: IsotonicMap | null, { epoch, by }: { epoch: number; by: string }): EpochChange {
  const knots = map === null ? null : Array.from(map.x, (x, i): [number, number] => [x, map.y[i] ?? x]);
  return { epoch, cause: 'rolledBack', by, knots };
}
