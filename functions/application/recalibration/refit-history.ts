import type { CalibrationState } from '../../domain/calibration/state.ts';
import { isFitDue, isLookDue, type RefitHistory } from '../../domain/recalibration/due.ts';
import type { RefitHistoryStore } from './ports.ts';

/** The refit in force, and the latest attempt at another. */
export async function refitHistory(
  store: RefitHistoryStore,
  clusterId: string,
  state: CalibrationState,
): Promise<RefitHistory> {
  const [inForce, next] = await Promise.all([
    state.epoch > 0 ? store.loadRefit(clusterId, state.epoch) : null,
    store.loadRefit(clusterId, state.epoch + 1),
  ]);
  return {
    watched: inForce?.status === 'promoted',
    lookedAt: inForce?.watched?.labels ?? 0,
    triedAt: next?.status === 'rejected' ? (next.after_labels ?? null) : null,
  };
}

/** Whether the recalibration machine has something to do for a cluster. */
export async function isRecalibrationDue(
  store: RefitHistoryStore,
  clusterId: string,
  state: CalibrationState,
): Promise<boolean> {
  const history = await refitHistory(store, clusterId, state);
  return isLookDue(state, history) || isFitDue(state, history);
}
