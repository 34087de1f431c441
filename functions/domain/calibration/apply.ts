import type { LedgerEntry, LedgerWait } from '../../../schemas/items/ledger.ts';
import { watchCalibration, watchHarm, watchModel } from './detectors.ts';
import { CAUTION_LABELS, refreshWhenDue } from './evidence.ts';
import { learn } from './experts.ts';
import { boundsAround, leavesOpen, trackStart, trackWait } from './intervals.ts';
import { throughMap } from './map.ts';
import { clip } from './normal.ts';
import { pushBit, pushOutcome } from './rings.ts';
import { type Budgets, CALIBRATION, type CalibrationState } from './state.ts';
import { credit, debit, refill } from './tokens.ts';

/**
 * Applies one settled job to the state, in place (CALIBRATION.md section 5). A pure fold: the same entries in the same
 * order give the same bits.
 *
 * An executed statement pays or earns a token; a job that was touched, was censored or has no probability only gives
 * its reservation back; every other label teaches experts, tau, rings, detectors and intervals.
 */
export function applyEntry(state: CalibrationState, entry: LedgerEntry, budgets: Budgets): void {
  refill(state, entry.labelAt, budgets);
  settleIntervention(state, entry);
  const { p, q, longWait } = entry;
  if (entry.intervened || longWait === null || !isProbability(p) || !isProbability(q)) return;

  const y = longWait ? 1 : 0;
  const wrong = q >= 0.5 !== longWait;
  state.hold = Math.max(0, state.hold - 1);
  state.caution = Math.max(0, state.caution - 1);
  state.modelDrift = Math.max(0, state.modelDrift - 1);
  if (entry.executed && entry.kind === 'statement') {
    if (wrong) debit(state, 'statement');
    else credit(state, 'statement', budgets);
  }
  if (q >= CALIBRATION.interventionQ) {
    pushBit(state.harms.intervention, wrong ? 1 : 0);
    if (!wrong) credit(state, 'intervention', budgets);
  }
  learn(state, throughMap(state.map, p), y);
  watchStatements(state, q, wrong);
  if (watchModel(state.raw, p, y)) noteModelDrift(state);
  if (entry.predictedWaitSeconds !== null) {
    const atLeast = longWait ? entry.labelAt - entry.submittedAt : 0;
    const bounds = entry.bounds ?? boundsAround(state, entry.predictedWaitSeconds);
    trackWait(state, bounds, entry.waitSeconds, atLeast);
  }
  // An outcome decided under another map says nothing about the one in force.
  if (entry.epoch === state.epoch) judgeServed(state, q, y);
}

/**
 * Applies the wait of a job whose label was applied before it had started, in place. It is no label: neither tokens nor
 * time nor evidence move, only the bounds on waits.
 */
export function applyWait(state: CalibrationState, { bounds, waitSeconds, atLeastSeconds }: LedgerWait): void {
  trackStart(state, bounds, waitSeconds, atLeastSeconds);
}

/** Whether the job's wait, once known, will tell what its label could not. */
export function owesWait(entry: LedgerEntry): boolean {
  if (entry.longWait !== true || entry.waitSeconds !== null || entry.predictedWaitSeconds === null) return false;
  if (entry.intervened || !isProbability(entry.p) || !isProbability(entry.q)) return false;
  return entry.bounds !== undefined && leavesOpen(entry.bounds, entry.labelAt - entry.submittedAt);
}

/** Undone or failed interventions of the agent itself; what a human approved never costs a token. */
function settleIntervention(state: CalibrationState, entry: LedgerEntry): void {
  if (entry.kind !== 'intervention' || !entry.executed || !entry.harmed) return;
  debit(state, 'intervention');
  pushBit(state.harms.intervention, 1);
}

/** Tau, ring and e-CUSUM of the statements that would have been made, whether or not they were. */
function watchStatements(state: CalibrationState, q: number, wrong: boolean): void {
  const { tau } = CALIBRATION;
  if (Math.min(q, 1 - q) > Math.max(state.tau, tau.leastWatched)) return;
  state.tau = clip(state.tau + tau.step * (tau.target - (wrong ? 1 : 0)), 0, tau.most);
  pushBit(state.harms.statement, wrong ? 1 : 0);
  if (!watchHarm(state.harm, wrong)) return;
  state.alarms.harm += 1;
  state.hold = CALIBRATION.hold;
  state.tau = Math.min(state.tau, tau.afterAlarm);
}

/** Raw p knows no epoch: its detector says whether VGAC's model has drifted, however well we make up for it. */
function noteModelDrift(state: CalibrationState): void {
  state.alarms.raw += 1;
  state.modelDrift = CAUTION_LABELS;
}

/** One label's evidence about the map in force: detector, ring, ECE. */
export function judgeServed(state: CalibrationState, q: number, y: 0 | 1): void {
  if (watchCalibration(state.served, q, y)) {
    state.alarms.served += 1;
    state.caution = CAUTION_LABELS;
  }
  pushOutcome(state.outcomes, q, y);
  state.n += 1;
  state.sinceEpoch += 1;
  refreshWhenDue(state);
}

function isProbability(value: number | null): value is number {
  return value !== null && value >= 0 && value <= 1;
}
