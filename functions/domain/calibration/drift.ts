import type { DriftBand } from '../../../schemas/verdict.ts';
import { NUMBERS, type Numbers } from '../thresholds.ts';
import type { Evaluation } from './state.ts';

const BANDS: readonly DriftBand[] = ['none', 'monitor', 'degrade', 'escalate'];

/** From 0 for none to 3 for escalate, for comparing bands. */
export function severityOf(band: DriftBand): number {
  return BANDS.indexOf(band);
}

export function bandOfSeverity(severity: number): DriftBand | null {
  return BANDS[severity] ?? null;
}

/** What drift is measured against: the cluster's ECE when it first qualified, but at least .018. */
export function driftBase(baselineEce: number | null, { gate }: Numbers = NUMBERS): number {
  return Math.max(gate.drift.floor, baselineEce ?? 0);
}

/** The band of a ratio between an ECE and the baseline; the limit itself belongs to the milder band. */
export function bandOfRatio(ratio: number, { gate }: Numbers = NUMBERS): DriftBand {
  if (ratio > gate.drift.escalate) return 'escalate';
  if (ratio > gate.drift.degrade) return 'degrade';
  return ratio > gate.drift.monitor ? 'monitor' : 'none';
}

/**
 * The drift band the evidence supports now (CALIBRATION.md section 7): the lower bound must exceed the band's limit, over at
 * least 100 labels. Point ratios are not enough: at this n a perfect model often shows 2x its baseline.
 */
export function bandOf(
  evaluation: Pick<Evaluation, 'n' | 'lower'>,
  baselineEce: number | null,
  numbers: Numbers = NUMBERS,
): DriftBand {
  if (!(evaluation.n >= numbers.gate.drift.labels)) return 'none';
  return bandOfRatio(evaluation.lower / driftBase(baselineEce, numbers), numbers);
}

/**
 * The announced verdict after `labels` more labels. It rises at once, but falls only after the lower bound has been below its
 * band for 100 labels, so that it does not flicker.
 */
export function nextDrift(
  current: { band: DriftBand; clear: number },
  measured: DriftBand,
  labels: number,
  { gate }: Numbers = NUMBERS,
): { band: DriftBand; clear: number } {
  if (severityOf(measured) >= severityOf(current.band)) return { band: measured, clear: 0 };
  const clear = current.clear + labels;
  return clear >= gate.drift.clear ? { band: measured, clear: 0 } : { band: current.band, clear };
}
