import { learn, mixture } from '../calibration/experts.ts';
import { type IsotonicMap, throughMap } from '../calibration/map.ts';
import { initialState } from '../calibration/state.ts';
import type { Labelled } from './labelled.ts';

/**
 * What an epoch with this map would have served, had it begun with the first of these labels: fresh experts, each job
 * decided at its submission with the labels known by then, and never with its own.
 *
 * @param labels in ledger order, in which they are learned
 * @returns q of each label, in the same order
 */
export function rehearse(map: IsotonicMap | null, labels: readonly Labelled[]): number[] {
  const state = initialState();
  const decided = labels.map((_, i) => i);
  decided.sort((a, b) => (labels[a]?.submittedAt ?? 0) - (labels[b]?.submittedAt ?? 0) || a - b);
  const turn: number[] = [];
  for (const [at, i] of decided.entries()) turn[i] = at;
  const served: number[] = [];
  let known = 0;
  for (const [at, i] of decided.entries()) {
    const job = labels[i];
    if (job === undefined) continue;
    for (let label = labels[known]; label !== undefined; label = labels[known]) {
      if (label.labelAt > job.submittedAt || (turn[known] ?? 0) >= at) break;
      learn(state, throughMap(map, label.p), label.y);
      known += 1;
    }
    served[i] = mixture(state, throughMap(map, job.p));
  }
  return served;
}
