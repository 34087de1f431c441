import type * as z from 'zod';
import type { DriftDetected, RecalibrationRequested } from '../../schemas/events/emitted.ts';
import type { CalibrationItem } from '../../schemas/items/calibration.ts';
import type { FoldClusterOutput } from '../../schemas/machines/drift-monitor.ts';
import type { DriftAlarm, DriftBand } from '../../schemas/verdict.ts';
import { severityOf } from './calibration/drift.ts';
import { recalibrationNeeded } from './calibration/evaluation.ts';
import type { CalibrationState } from './calibration/state.ts';

type Announcements = FoldClusterOutput['announcements'];

/** The drift of a cluster as last announced, or as it should be announced now. */
export interface DriftStanding {
  readonly band: DriftBand;
  readonly alarm: DriftAlarm;
}

/** The drift in a cluster's state. Below the label floor of the bands, detectors have no say either. */
export function driftStanding(state: CalibrationState): DriftStanding {
  const floor = state.n < state.numbers.gate.drift.labels;
  const [raw, served] = [!floor && state.rawAlarm > 0, !floor && state.servedAlarm > 0];
  return { band: state.drift, alarm: raw && served ? 'both' : raw ? 'raw' : served ? 'served' : 'none' };
}

export function isSameDrift(one: DriftStanding, other: DriftStanding): boolean {
  return one.band === other.band && one.alarm === other.alarm;
}

/** The events for a change. Falling back to a milder band asks nothing of VGAC. */
export function announcementsOf(
  clusterId: string,
  state: CalibrationState,
  { from, to }: { from: DriftStanding; to: DriftStanding },
  now: Date,
): Announcements {
  const common = { schemaVersion: 1, clusterId, at: now.toISOString() } as const;
  const what = changeInWords(from, to);
  const { evaluation } = state;
  const measured = {
    ece: evaluation?.ece ?? null,
    n: evaluation?.n ?? state.outcomes.size,
    nullMean: evaluation?.nullMean ?? null,
  };
  const drift: z.infer<typeof DriftDetected> = {
    ...common,
    band: to.band,
    previous: from.band,
    alarm: to.alarm,
    previousAlarm: from.alarm,
    what,
    ...measured,
  };
  const request: z.infer<typeof RecalibrationRequested> = {
    ...common,
    reason: `${what}: ECE ${measured.ece?.toFixed(3) ?? 'unknown'} over ${measured.n} labels`,
  };
  // We can recalibrate what is served ourselves; only VGAC can repair its own model.
  const ask = isWorse(from, to) && (recalibrationNeeded(state) || rawAlarm(to));
  return [
    { type: 'DriftDetected', detail: drift },
    ...(ask ? [{ type: 'RecalibrationRequested', detail: request } as const] : []),
  ];
}

const rawAlarm = ({ alarm }: DriftStanding) => alarm === 'raw' || alarm === 'both';
const servedAlarm = ({ alarm }: DriftStanding) => alarm === 'served' || alarm === 'both';

function isWorse(from: DriftStanding, to: DriftStanding): boolean {
  const alarmed = (of: (standing: DriftStanding) => boolean) => of(to) && !of(from);
  return severityOf(to.band) > severityOf(from.band) || alarmed(rawAlarm) || alarmed(servedAlarm);
}

/** The two detectors show what a band cannot: who has to act. */
function changeInWords(from: DriftStanding, to: DriftStanding): string {
  const changes: string[] = [];
  if (from.band !== to.band) {
    const verb = severityOf(to.band) > severityOf(from.band) ? 'rose' : 'fell';
    changes.push(`drift band ${verb} from ${from.band} to ${to.band}`);
  }
  if (rawAlarm(to) !== rawAlarm(from)) {
    changes.push(rawAlarm(to) ? "VGAC's model has drifted" : "VGAC's model no longer shows drift");
  }
  if (servedAlarm(to) !== servedAlarm(from)) {
    changes.push(servedAlarm(to) ? 'what we serve does not fit the outcomes' : 'what we serve fits the outcomes again');
  }
  return changes.join('; ');
}

const MEANING: Record<DriftBand, string> = {
  none: 'no drift: autonomy is as the score allows',
  monitor: 'worth watching; no scope changes yet',
  degrade: 'one scope less than the score allows; a refit is tried, and VGAC asked to recalibrate',
  escalate: 'every decision goes to a human; a refit is tried, and VGAC asked to recalibrate',
};

/** What an alarm means, for people. */
export const ALARMS: Record<DriftAlarm, string> = {
  none: 'neither detector has an alarm',
  raw: "VGAC's model has drifted; what we serve still fits the outcomes",
  served: 'what we serve does not fit the outcomes; evidence and ECE decide what it costs',
  both: "VGAC's model has drifted, and what we serve does not fit the outcomes; evidence and ECE decide what it costs",
};

/** The notice to people, with the numbers that a ratio alone would hide. */
export function driftSentences(report: FoldClusterOutput): {
  headline: string;
  meaning: string;
  alarms: string;
  numbers: string;
} {
  const { drift, previousDrift, alarm, previousAlarm, ece, nullMean, n } = report;
  const [from, to] = [
    { band: previousDrift, alarm: previousAlarm },
    { band: drift, alarm },
  ];
  const measured = ece === null ? 'ECE unknown' : `ECE ${ece.toFixed(3)}`;
  const perfect = nullMean === null ? '' : ` (a perfect model would show about ${nullMean.toFixed(3)})`;
  return {
    headline: isWorse(from, to) ? 'Predictions are drifting' : 'Predictions have recovered',
    meaning: previousDrift === drift ? `${drift}: ${MEANING[drift]}` : `${previousDrift} → ${drift}: ${MEANING[drift]}`,
    alarms: ALARMS[alarm],
    numbers: `${measured} over ${n} labels${perfect}`,
  };
}

/** What was last announced on the bus and in Slack; kept separately, since one may be down while the other is up. */
export interface DriftNotices {
  readonly announced: DriftStanding;
  readonly heard: DriftStanding;
}

/** An absent attribute means `none`. */
export function driftNotices(item: CalibrationItem): DriftNotices {
  return {
    announced: { band: item.drift_band ?? 'none', alarm: item.drift_alarm ?? 'none' },
    heard: { band: item.heard_band ?? 'none', alarm: item.heard_alarm ?? 'none' },
  };
}
