import type { Knots } from '../../../schemas/items/ledger.ts';
import type { MapProof } from '../../../schemas/items/map.ts';
import { type IsotonicMap, mapOf, throughMap } from '../calibration/map.ts';
import type { ServedSample } from '../calibration/served-sample.ts';
import { blocksOf, eceDifference, isBeyondNoise, lossDifference } from './difference.ts';
import { fitIsotonic } from './isotonic.ts';
import { type Labelled, pairsOf, sampleOf } from './labelled.ts';
import { measured } from './measured.ts';
import { RECALIBRATION } from './numbers.ts';
import { type Rehearsal, rehearse } from './rehearsal.ts';

/** A fitted map with its proof on later data; `better` decides whether it is promoted. */
export interface Candidate {
  readonly better: boolean;
  /** One sentence: what the proof says, or what is missing. */
  readonly reason: string;
  /** Both null where there are too few labels to fit and prove anything. */
  readonly knots: Knots | null;
  readonly proof: MapProof | null;
}

/**
 * Fits a map on the older half of the newest labels and proves it on the newer half (CALIBRATION.md section 7). It is better when both
 * of this is beyond noise on jobs submitted after everything it was fitted on was known:
 *
 * - log loss of what is served: of the mixture of experts that has the new map among them from there on, against the same mixture
 *   with the map in force, or none. That is what a promotion changes;
 * - debiased ECE of the map itself against that of the one in force, or of VGAC's p. The mixture makes up for most of what is wrong
 *   with p by its other experts: of what is served, no difference of ECE is ever beyond the noise of so few labels.
 *
 * @param labels in ledger order; only the newest `RECALIBRATION.window` are looked at
 * @param inForce the map that is among the experts now
 * @param longWaitSeconds T of the cluster
 */
export function candidateFrom(
  labels: readonly Labelled[],
  inForce: IsotonicMap | null,
  longWaitSeconds: number,
): Candidate {
  const window = labels.slice(-RECALIBRATION.window);
  const missing = RECALIBRATION.leastLabels - window.length;
  if (missing > 0) {
    return unproven(`needs ${missing} more labels (${window.length} of ${RECALIBRATION.leastLabels})`);
  }
  const half = Math.floor(window.length / 2);
  const knots = fitIsotonic(pairsOf(window.slice(0, half)));
  const [from, to] = [inForce, mapOf(knots)];
  const rehearsal = rehearse(window, { from, to, after: half });
  const proof = prove({ rehearsal, from, to, fitted: half }, longWaitSeconds);
  const { leastBlocks } = RECALIBRATION;
  if (proof === null || proof.blocks < leastBlocks) {
    const found = proof?.blocks ?? 0;
    return unproven(`needs jobs of ${leastBlocks} stretches of time, submitted after it was fitted (${found} so far)`);
  }
  return { ...judge(proof), knots, proof };
}

function unproven(reason: string): Candidate {
  return { better: false, reason, knots: null, proof: null };
}

interface Exchanged {
  readonly rehearsal: Rehearsal;
  readonly from: IsotonicMap | null;
  readonly to: IsotonicMap | null;
  readonly fitted: number;
}

function prove({ rehearsal, from, to, fitted }: Exchanged, longWaitSeconds: number): MapProof | null {
  const { jobs, kept, exchanged } = rehearsal;
  const served = { before: sampleOf(jobs, kept), after: sampleOf(jobs, exchanged) };
  const alone = { before: through(from, jobs), after: through(to, jobs) };
  const blocks = blocksOf(served.before.submittedAt, RECALIBRATION.blocks, longWaitSeconds);
  const [before, after] = [measured(served.before, longWaitSeconds), measured(served.after, longWaitSeconds)];
  const [mapBefore, mapAfter] = [measured(alone.before, longWaitSeconds), measured(alone.after, longWaitSeconds)];
  if (before === null || after === null || mapBefore === null || mapAfter === null) return null;
  return {
    ...{ n: jobs.length, fitted, blocks: blocks.count },
    loss: lossDifference(served.before, served.after, blocks),
    ece: eceDifference(alone.before, alone.after, blocks, longWaitSeconds),
    ...{ before, after, mapBefore, mapAfter },
  };
}

/** What a map alone would say of some jobs. */
function through(map: IsotonicMap | null, jobs: readonly Labelled[]): ServedSample {
  const q = Float64Array.from(jobs, ({ p }) => throughMap(map, p));
  return sampleOf(jobs, q);
}

function judge({ loss, ece, n, blocks }: MapProof): { better: boolean; reason: string } {
  const gain = (name: string, { gain: by, se }: MapProof['loss']): string =>
    `${name} ${by >= 0 ? 'falls' : 'rises'} by ${Math.abs(by).toFixed(4)} ± ${se.toFixed(4)}`;
  const shown = `over ${n} later labels ${gain('served log loss', loss)}, ${gain("the map's own ECE", ece)}`;
  const { z } = RECALIBRATION;
  if (isBeyondNoise(loss, z, blocks) && isBeyondNoise(ece, z, blocks)) return { better: true, reason: shown };
  return { better: false, reason: `${shown}; both have to fall beyond noise` };
}
