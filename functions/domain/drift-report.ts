import type * as z from 'zod';
import type { RecalibrationRequested } from '../../schemas/events/emitted.ts';
import type { FoldClusterOutput } from '../../schemas/machines/drift-monitor.ts';
import type { DriftBand } from '../../schemas/verdict.ts';
import { severityOf } from './calibration/drift.ts';
import { recalibrationNeeded } from './calibration/evidence.ts';
import type { CalibrationState } from './calibration/state.ts';

type Announcements = FoldClusterOutput['announcements'];

/** The events about a change of band. Falling back to a milder band asks nothing of VGAC. */
export function announcementsOf(
  clusterId: string,
  state: CalibrationState,
  change: { from: DriftBand; to: DriftBand },
  now: Date,
): Announcements {
  const common = { schemaVersion: 1, clusterId, at: now.toISOString() } as const;
  const measured = { ece: state.recent?.ece ?? null, n: state.n, nullMean: state.recent?.nullMean ?? null };
  const drift = { ...common, band: change.to, previous: change.from, ...measured };
  const rose = severityOf(change.to) > severityOf(change.from);
  const request: z.infer<typeof RecalibrationRequested> = {
    ...common,
    reason: `drift band rose from ${change.from} to ${change.to}: ECE ${measured.ece?.toFixed(3) ?? 'unknown'} over ${measured.n} labels`,
  };
  return [
    { type: 'DriftDetected', detail: drift },
    ...(rose && recalibrationNeeded(state) ? [{ type: 'RecalibrationRequested', detail: request } as const] : []),
  ];
}

const MEANING: Record<DriftBand, string> = {
  none: 'no drift: autonomy is as the score allows',
  monitor: 'worth watching; no scope changes yet',
  degrade: 'one scope less than the score allows, and VGAC is asked to recalibrate',
  escalate: 'every decision goes to a human, and VGAC is asked to recalibrate',
};

/** What people are told, with the numbers that a ratio alone would hide. */
export function driftSentences({ drift, previousDrift, ece, nullMean, n }: FoldClusterOutput): {
  headline: string;
  meaning: string;
  numbers: string;
} {
  const rose = severityOf(drift) > severityOf(previousDrift);
  const measured = ece === null ? 'ECE unknown' : `ECE ${ece.toFixed(3)}`;
  const perfect = nullMean === null ? '' : ` (a perfect model would show about ${nullMean.toFixed(3)})`;
  return {
    headline: rose ? 'Predictions are drifting' : 'Predictions have recovered',
    meaning: `${previousDrift} → ${drift}: ${MEANING[drift]}`,
    numbers: `${measured} over ${n} labels${perfect}`,
  };
}
