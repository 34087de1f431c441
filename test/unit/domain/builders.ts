import type { EceEstimate } from '../../../functions/domain/calibration/ece.ts';
import { pushBit } from '../../../functions/domain/calibration/rings.ts';
import { serve } from '../../../functions/domain/calibration/serve.ts';
import { type CalibrationState, initialState } from '../../../functions/domain/calibration/state.ts';
import { type DecideInput, reliability } from '../../../functions/domain/gate.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';

export const NOW = new Date('2026-11-20T08:00:00.000Z');
export const NOW_SECONDS = NOW.getTime() / 1000;

/** Every tier configured, on a cluster that has everything it needs. */
export function configOf(change: Record<string, unknown> = {}): ClusterConfig {
  return ClusterConfig.parse({
    clusterId: 'c1',
    platform: 'slurm',
    salt: 'a-salt-of-enough-length',
    actions: {
      annotate: { action: 'annotate' },
      warn: { action: 'warn' },
      suggest: [
        { action: 'requeue', target: 'batch' },
        { action: 'adjust-priority', target: '+100' },
      ],
      gate: { action: 'hold' },
    },
    holdOut: 0,
    ...change,
  });
}

export const BUDGETS = configOf().budgets;

export function estimate(change: Partial<EceEstimate> = {}): EceEstimate {
  return { n: 300, ece: 0.01, lower: 0, upper: 0.02, nullMean: 0.07, ...change };
}

/** A state that has earned everything: 1000 good labels, off probation, all tiers, enough untouched candidates. */
export function trustedState(change: Partial<CalibrationState> = {}): CalibrationState {
  const state = initialState(BUDGETS);
  for (let i = 0; i < 30; i++) {
    pushBit(state.harms.statement, 0);
    pushBit(state.harms.intervention, 0);
  }
  const trusted = { n: 1000, sinceEpoch: 1000, hold: 0, lastTime: NOW_SECONDS };
  return { ...state, ...trusted, recent: estimate(), whole: estimate({ n: 1000 }), ...change };
}

export function verdictOf(state: CalibrationState | null, change: Partial<Parameters<typeof reliability>[0]> = {}) {
  return reliability({
    state,
    version: 7,
    frozen: false,
    staleSince: null,
    config: configOf(),
    now: NOW,
    ...change,
  });
}

type Change = Partial<Omit<DecideInput, 'prediction'>> & { q?: number | null; state?: CalibrationState | null };

/** A decision on a job just submitted, with the evidence of `state` unless a verdict is given. */
export function decideInput({ q = 0.95, state = trustedState(), ...change }: Change = {}): DecideInput {
  const bounds = serve(state ?? initialState(), { p: null, waitSeconds: 240 });
  return {
    job: { clusterId: 'c1', jobId: 'j1', submittedAt: NOW.toISOString() },
    ownEffect: false,
    started: false,
    labelKnown: false,
    prediction: { p: q, waitSeconds: 240, confidence: 0.9, ...bounds, q },
    verdict: verdictOf(state),
    state,
    inFlight: { statement: 0, intervention: 0 },
    config: configOf(),
    limits: { coolingDown: false, usedThisHour: 0 },
    now: NOW,
    ...change,
  };
}

export function entryOf(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    jobId: 'j1',
    decisionId: 'dec_1',
    submittedAt: 1000,
    labelAt: 1010,
    kind: 'statement',
    p: 0.1,
    q: 0.1,
    executed: false,
    intervened: false,
    harmed: false,
    longWait: false,
    predictedWaitSeconds: 60,
    waitSeconds: 10,
    epoch: 0,
    ...change,
  };
}
