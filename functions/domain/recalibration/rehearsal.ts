import { exchangeMap, learn, mixture } from '../calibration/experts.ts';
import type { IsotonicMap } from '../calibration/map.ts';
import { initialState } from '../calibration/state.ts';
import { tierRulesOf } from '../tier-rules.ts';
import type { Labelled } from './labelled.ts';

/** What two mixtures would have served to the same jobs: one kept its map, the other exchanged it for another. */
export interface Rehearsal {
  /** The jobs that were decided after the exchange, in ledger order. */
  readonly jobs: readonly Labelled[];
  readonly kept: Float64Array;
  readonly exchanged: Float64Array;
}

/** An exchange of maps: `to` takes the place of `from` once the first `after` labels are learned. Null is no map. */
export interface Exchange {
  readonly from: IsotonicMap | null;
  readonly to: IsotonicMap | null;
  readonly after: number;
}

/**
 * Serves the same jobs with a map and with another in its place. Both mixtures are the same, fresh at the first label, until the
 * exchange; from then on each job is decided at its submission with the labels known by then, and never with its own. So the
 * exchange is all that they differ in, and it is what a promotion changes.
 *
 * @param labels in ledger order, in which they are learned
 */
export function rehearse(labels: readonly Labelled[], { from, to, after }: Exchange): Rehearsal {
  const [keeping, exchanging] = [fresh(from), fresh(from)];
  const decided = labels.map((_, i) => i);
  decided.sort((a, b) => (labels[a]?.submittedAt ?? 0) - (labels[b]?.submittedAt ?? 0) || a - b);
  const turn: number[] = [];
  for (const [at, i] of decided.entries()) turn[i] = at;
  const [kept, exchanged] = [new Float64Array(labels.length), new Float64Array(labels.length)];
  const compared: number[] = [];
  let known = 0;
  if (after === 0) exchangeMap(exchanging, to);
  for (const [at, i] of decided.entries()) {
    const job = labels[i];
    if (job === undefined) continue;
    for (let label = labels[known]; label !== undefined; label = labels[known]) {
      if (label.labelAt > job.submittedAt || (turn[known] ?? 0) >= at) break;
      learn(keeping, label.p, label.y);
      learn(exchanging, label.p, label.y);
      known += 1;
      if (known === after) exchangeMap(exchanging, to);
    }
    if (known < after) continue;
    kept[i] = mixture(keeping, job.p);
    exchanged[i] = mixture(exchanging, job.p);
    compared.push(i);
  }
  compared.sort((a, b) => a - b);
  return {
    jobs: compared.flatMap((i) => labels[i] ?? []),
    kept: Float64Array.from(compared, (i) => kept[i] ?? Number.NaN),
    exchanged: Float64Array.from(compared, (i) => exchanged[i] ?? Number.NaN),
  };
}

function fresh(map: IsotonicMap | null) {
  const state = initialState(tierRulesOf({}));
  if (map !== null) exchangeMap(state, map);
  return state;
}
