import type { LedgerEntry, LedgerWait } from '../../../schemas/items/ledger.ts';
import { watchCalibration, watchModel } from './detectors.ts';
import { refreshWhenDue } from './evaluation.ts';
import { noteDay } from './evidence-days.ts';
import { offerEvidence } from './evidence-ring.ts';
import { NOT_YET, nextElapse, trackWait } from './intervals.ts';
import { offerOutcome } from './outcome-ring.ts';
import { noteRaw } from './psi.ts';
import { type Purse, settleAct, settlePaper } from './purse.ts';
import type { CalibrationState } from './state.ts';

/**
 * Applies one settled round to the state, in place (CALIBRATION.md section 5). The fold is deterministic: the same entries in
 * the same order, with the same purse, give the same bits.
 *
 * A job that was touched, was censored or has no probability only returns its reservation. Every other label moves the tokens
 * of what was done about it, and teaches rings, detectors and intervals.
 *
 * @param longWaitSeconds T, the length of a stretch
 * @param refresh updates ECE and skill
 */
export function applyEntry(
  state: CalibrationState,
  entry: LedgerEntry,
  purse: Purse,
  longWaitSeconds: number,
  refresh: (state: CalibrationState, longWaitSeconds: number) => void = refreshWhenDue,
): void {
  if (entry.labelAt > (state.lastTime ?? Number.NEGATIVE_INFINITY)) state.lastTime = entry.labelAt;
  const { p, q, longWait } = entry;
  const usable = !entry.touched && longWait !== null && isProbability(q);
  const y = longWait ? 1 : 0;
  settleAct(state, purse, entry, usable ? y : null);
  if (!usable) return;
  const { numbers } = state;
  offerOutcome(state.outcomes, entry, q, y, longWaitSeconds, numbers);
  for (const tier of state.tiers) {
    if (!(q >= tier.numbers.eps)) continue;
    offerEvidence(tier.evidence, entry, y, longWaitSeconds, numbers);
    noteDay(tier.days, entry.labelAt);
  }
  settlePaper(state, purse, entry, y);
  if (isProbability(p)) watchRaw(state, p, y);
  watchServed(state, q, y);
  trackFirst(state, entry);
  state.n += 1;
  state.sinceEpoch += 1;
  refresh(state, longWaitSeconds);
}

/**
 * Applies, in place, more of the wait of a job whose label was applied before it started. This is no label: tokens, time and
 * evidence stay as they are, and only the bounds on waits move.
 */
export function applyWait(state: CalibrationState, wait: LedgerWait): void {
  trackWait(state, wait.bounds, wait);
}

/** When an ongoing wait will show more than its label did, in seconds from the submission; null if it never will. */
export function owesWait(entry: LedgerEntry): number | null {
  if (entry.longWait !== true || entry.touched || entry.waitSeconds !== null) return null;
  if (entry.predictedWaitSeconds === null || !isProbability(entry.q)) return null;
  return nextElapse(entry.bounds, entry.labelAt - entry.submittedAt);
}

/** Watches VGAC's own p, to see whether the *model* has drifted even if what is served compensates for it. */
function watchRaw(state: CalibrationState, p: number, y: 0 | 1): void {
  noteRaw(state.shift, p);
  state.rawAlarm = Math.max(0, state.rawAlarm - 1);
  if (!watchModel(state.raw, p, y, state.numbers)) return;
  state.alarms.raw += 1;
  state.rawAlarm = state.numbers.calibration.detectors.shownFor;
}

/** Watches what is served. An alarm is shown and asks for a recalibration; it changes no tier and no scope. */
function watchServed(state: CalibrationState, q: number, y: 0 | 1): void {
  state.servedAlarm = Math.max(0, state.servedAlarm - 1);
  if (!watchCalibration(state.served, q, y, state.numbers)) return;
  state.alarms.served += 1;
  state.servedAlarm = state.numbers.calibration.detectors.shownFor;
}

function trackFirst(state: CalibrationState, entry: LedgerEntry): void {
  if (entry.predictedWaitSeconds === null) return;
  const { waitSeconds, longWait, labelAt, submittedAt } = entry;
  // A short job whose start was never reported says nothing about its bounds.
  if (waitSeconds === null && !longWait) return;
  const toSeconds = waitSeconds ?? labelAt - submittedAt;
  trackWait(state, entry.bounds, { fromSeconds: NOT_YET, toSeconds, started: waitSeconds !== null });
}

function isProbability(value: number | null): value is number {
  return value !== null && value >= 0 && value <= 1;
}
