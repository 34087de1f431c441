import colors from 'picocolors';
import type { CalibrationState } from '../../../functions/domain/calibration/state.ts';
import { driftStanding } from '../../../functions/domain/drift-report.ts';
import { GATE } from '../../../functions/domain/thresholds.ts';
import type { RefitItem, RefitProof } from '../../../schemas/items/refit.ts';

const ALARM = {
  none: 'no alarm',
  raw: "VGAC's model has drifted",
  served: 'what is served does not fit the outcomes',
  both: "VGAC's model has drifted, and what is served does not fit the outcomes",
} as const;

/** What is in force of a cluster's forecast, and every refit with its proof, for a terminal. */
export function refitLines(clusterId: string, state: CalibrationState, refits: readonly RefitItem[]): string[] {
  const { epoch, sinceEpoch, n, evaluation } = state;
  const { band, alarm } = driftStanding(state);
  const known = refits.find((refit) => refit.epoch === epoch && refit.status !== 'rejected');
  const capped =
    epoch > 0 && sinceEpoch < GATE.promotedLabels
      ? `, at most notify for ${GATE.promotedLabels - sinceEpoch} more`
      : '';
  const ece = evaluation === null ? 'not measured yet' : `${interval(evaluation)} over ${evaluation.n}`;
  return [
    `${colors.bold(clusterId)}  epoch ${epoch}: ${inForce(known)}, ${sinceEpoch} labels old${capped}`,
    `  ECE ${ece} (${n} labels so far) · drift ${band} · ${ALARM[alarm]}`,
    ...(epoch > 0 && known === undefined ? [`  ${mapOfBefore(epoch)}`] : []),
    ...(refits.length === 0 ? ['  no refit has been tried yet'] : refits.flatMap(linesOf)),
  ];
}

/** The same as data. */
export function refitJson(clusterId: string, state: CalibrationState, refits: readonly RefitItem[]) {
  const { epoch, sinceEpoch, n, evaluation } = state;
  const { band, alarm } = driftStanding(state);
  return {
    clusterId,
    epoch,
    labelsSinceEpoch: sinceEpoch,
    labels: n,
    evaluation,
    drift: band,
    alarm,
    refits: refits.map(({ PK: _, SK: __, v: ___, ...refit }) => refit),
  };
}

/** An epoch that no refit has begun. */
export function mapOfBefore(epoch: number): string {
  return `epoch ${epoch} began with a calibration map of an earlier version: that is no longer in force, and there is nothing to go back to`;
}

function inForce(refit: RefitItem | undefined): string {
  if (refit === undefined) return 'the forecast as it has learned by itself';
  return refit.status === 'restored' ? 'the forecast as it was before a refit' : 'a refit of the forecast';
}

function linesOf({ epoch, status, proof, reason, by, at, watched }: RefitItem): string[] {
  const look = watched ? [`    served ${watched.n} jobs with a label: ${lookInWords(watched)}`] : [];
  const named = `  REFIT#${epoch} ${colors.bold(status)}  ${at}, ${by}`;
  return [named, `    ${reason}`, ...(proof ? proofLines(proof) : []), ...look];
}

function lookInWords({ gain, se }: NonNullable<RefitItem['watched']>): string {
  if (gain === null || se === null) return 'too few, or over too short a time, to say';
  return `what was before ${gain > 0 ? 'better' : 'worse'} by ${Math.abs(gain).toFixed(4)} ± ${se.toFixed(4)}`;
}

function proofLines({ n, fitted, stretches, before, after }: RefitProof): string[] {
  return [
    `    fitted on ${fitted} rounds, proven on ${n} labels of later ones in ${stretches} stretches of time; a perfect model would show ECE ${after.nullMean.toFixed(3)}`,
    `    served: ECE ${interval(before)} → ${interval(after)}, log loss ${before.loss.toFixed(4)} → ${after.loss.toFixed(4)}`,
  ];
}

function interval({ ece, lower, upper }: { ece: number; lower: number; upper: number }): string {
  return `${ece.toFixed(4)} [${lower.toFixed(4)}, ${upper.toFixed(4)}]`;
}
