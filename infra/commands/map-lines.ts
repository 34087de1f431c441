import colors from 'picocolors';
import type { CalibrationState } from '../../functions/domain/calibration/state.ts';
import { driftStanding } from '../../functions/domain/drift-report.ts';
import { GATE } from '../../functions/domain/thresholds.ts';
import type { MapItem, MapProof } from '../../schemas/items/map.ts';

const ALARM = {
  none: 'no alarm',
  raw: "VGAC's model has drifted",
  served: 'recalibration does not cope',
  both: "VGAC's model has drifted, recalibration does not cope",
} as const;

/** Which map is among the experts of a cluster, and every map with its proof, for a terminal. */
export function mapLines(clusterId: string, state: CalibrationState, maps: readonly MapItem[]): string[] {
  const { epoch, sinceEpoch, n, evaluation, map } = state;
  const { band, alarm } = driftStanding(state);
  const knots = map === null ? 'no map among the experts' : `a map of ${map.x.length} knots among the experts`;
  const capped =
    epoch > 0 && sinceEpoch < GATE.promotedLabels
      ? `, at most notify for ${GATE.promotedLabels - sinceEpoch} more`
      : '';
  const ece = evaluation === null ? 'not measured yet' : `${interval(evaluation)} over ${evaluation.n}`;
  return [
    `${colors.bold(clusterId)}  epoch ${epoch}: ${knots}, ${sinceEpoch} labels old${capped}`,
    `  ECE ${ece} (${n} labels so far) · drift ${band} · ${ALARM[alarm]}`,
    ...(maps.length === 0 ? ['  no map has been tried yet'] : maps.flatMap(linesOf)),
  ];
}

function linesOf({ epoch, status, knots, proof, reason, by, at, watched }: MapItem): string[] {
  const what = knots === null && status !== 'rejected' ? ' (no map)' : '';
  const look = watched
    ? [
        `    met ${watched.n} labels: the one before ${watched.gain > 0 ? 'better' : 'worse'} by ${Math.abs(watched.gain).toFixed(4)} ± ${watched.se.toFixed(4)}`,
      ]
    : [];
  const named = `  MAP#${epoch} ${colors.bold(status)}${what}  ${at}, ${by}`;
  return [named, `    ${reason}`, ...(proof ? proofLines(proof) : []), ...look];
}

function proofLines({ n, fitted, blocks, before, after, mapBefore, mapAfter }: MapProof): string[] {
  const pair = (name: string, one: MapProof['before'], other: MapProof['before']) =>
    `    ${name}: ECE ${interval(one)} → ${interval(other)}, log loss ${one.loss.toFixed(4)} → ${other.loss.toFixed(4)}`;
  return [
    `    fitted on ${fitted} labels, proven on ${n} later ones in ${blocks} blocks of time; a perfect model would show ECE ${after.nullMean.toFixed(3)}`,
    pair('map   ', mapBefore, mapAfter),
    pair('served', before, after),
  ];
}

function interval({ ece, lower, upper }: { ece: number; lower: number; upper: number }): string {
  return `${ece.toFixed(4)} [${lower.toFixed(4)}, ${upper.toFixed(4)}]`;
}
