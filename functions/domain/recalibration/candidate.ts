import type { EpochChange, Knots } from '../../../schemas/items/ledger.ts';
import type { MapProof } from '../../../schemas/items/map.ts';
import { debiasedEce } from '../calibration/debiased-ece.ts';
import { type IsotonicMap, mapOf, throughMap } from '../calibration/map.ts';
import { inOrderOfQ } from '../calibration/served-sample.ts';
import { eceDifference, isBeyondNoise, logLoss, lossDifference } from './difference.ts';
import { fitIsotonic } from './isotonic.ts';
import { type Labelled, pairsOf, sampleOf } from './labelled.ts';
import { RECALIBRATION } from './numbers.ts';
import { rehearse } from './rehearsal.ts';

/** A fitted map with its proof on later data; `better` decides whether it is promoted. */
export interface Candidate {
  readonly better: boolean;
  /** One sentence: what the proof says, or what is missing. */
  readonly reason: string;
  /** Null where there are too few labels to fit and prove anything. */
  readonly knots: Knots | null;
  readonly proof: MapProof | null;
  readonly slice: EpochChange['proof'];
}

/**
 * Fits a map on the older half of the newest labels and proves it on the newer half (CALIBRATION.md section 7).
 *
 * It is better when all of this holds on the labels it has not seen: log loss and debiased ECE of p after the new map are
 * below those of p after the map in force, each by more than 1.833 standard errors; and an epoch that starts afresh with
 * it would not have served worse than what was served, since experts behind the map make up for a part of any error.
 *
 * @param labels in ledger order; only the newest `RECALIBRATION.window` are looked at
 * @param inForce the map that p goes through now
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
    const reason = `needs ${missing} more labels (${window.length} of ${RECALIBRATION.leastLabels})`;
    return { better: false, reason, knots: null, proof: null, slice: [] };
  }
  const half = Math.floor(window.length / 2);
  const knots = fitIsotonic(pairsOf(window.slice(0, half), ({ p }) => p));
  const newer = window.slice(half);
  const rehearsed = rehearse(mapOf(knots), newer);
  const proof = prove({ newer, fitted: half, rehearsed, longWaitSeconds }, inForce, mapOf(knots));
  const slice = sliceOf(newer, rehearsed);
  return { ...judge(proof), knots, proof, slice };
}

/** The first evidence of an epoch: labels with the q that its map would have served. */
export function sliceOf(labels: readonly Labelled[], served: readonly number[]): EpochChange['proof'] {
  return labels.map(({ p, y }, i) => ({ p, q: served[i] ?? p, longWait: y === 1 }));
}

interface Evidence {
  readonly newer: readonly Labelled[];
  readonly fitted: number;
  readonly rehearsed: readonly number[];
  readonly longWaitSeconds: number;
}

type Forecast = (label: Labelled, index: number) => number;

function prove(evidence: Evidence, inForce: IsotonicMap | null, fresh: IsotonicMap | null): MapProof {
  const { newer, fitted, rehearsed, longWaitSeconds } = evidence;
  const { blocks } = RECALIBRATION;
  const before: Forecast = ({ p }) => throughMap(inForce, p);
  const after: Forecast = ({ p }) => throughMap(fresh, p);
  return {
    n: newer.length,
    fitted,
    loss: lossDifference(pairsOf(newer, before), pairsOf(newer, after), blocks),
    ece: eceDifference(sampleOf(newer, before), sampleOf(newer, after), blocks, longWaitSeconds),
    before: measured(newer, before, longWaitSeconds),
    after: measured(newer, after, longWaitSeconds),
    served: measured(newer, ({ q }) => q, longWaitSeconds),
    rehearsed: measured(newer, (_, i) => rehearsed[i] ?? Number.NaN, longWaitSeconds),
  };
}

function measured(labels: readonly Labelled[], of: Forecast, longWaitSeconds: number): MapProof['before'] {
  const estimate = debiasedEce(inOrderOfQ(sampleOf(labels, of)), longWaitSeconds);
  const { ece, lower, upper, nullMean } = estimate ?? { ece: 1, lower: 1, upper: 1, nullMean: 1 };
  return { loss: logLoss(pairsOf(labels, of)), ece, lower, upper, nullMean };
}

function judge({ loss, ece, served, rehearsed, n }: MapProof): { better: boolean; reason: string } {
  const gain = (name: string, { gain: by, se }: MapProof['loss']): string =>
    `${name} ${by >= 0 ? 'falls' : 'rises'} by ${Math.abs(by).toFixed(4)} ± ${se.toFixed(4)}`;
  const shown = `over ${n} later labels ${gain('log loss', loss)}, ${gain('ECE', ece)}`;
  const { z } = RECALIBRATION;
  if (!isBeyondNoise(loss, z) || !isBeyondNoise(ece, z)) {
    return { better: false, reason: `${shown}; both have to fall by more than ${z} standard errors` };
  }
  if (!(rehearsed.loss < served.loss)) {
    const would = `it would have served a log loss of ${rehearsed.loss.toFixed(4)}`;
    return { better: false, reason: `${shown}; but ${would}, and ${served.loss.toFixed(4)} was served` };
  }
  return {
    better: true,
    reason: `${shown}; served log loss from ${served.loss.toFixed(4)} to ${rehearsed.loss.toFixed(4)}`,
  };
}
