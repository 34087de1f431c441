import { type EvidenceRing, evidenceRing, offerEvidence } from '../../../functions/domain/calibration/evidence-ring.ts';
import { boundsAround } from '../../../functions/domain/calibration/intervals.ts';
import type { Purse } from '../../../functions/domain/calibration/purse.ts';
import { type CalibrationState, type Evaluation, initialState } from '../../../functions/domain/calibration/state.ts';
import type { DecideInput } from '../../../functions/domain/gate.ts';
import { reliability } from '../../../functions/domain/reliability.ts';
import { TOKEN } from '../../../functions/domain/thresholds.ts';
import type { Limits } from '../../../functions/domain/tier-gate.ts';
import { type TierRules, tierRulesOf } from '../../../functions/domain/tier-numbers.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { LedgerEntry } from '../../../schemas/items/ledger.ts';
import type { Verdict } from '../../../schemas/verdict.ts';

export const NOW = new Date('2026-11-20T08:00:00.000Z');
export const NOW_SECONDS = NOW.getTime() / 1000;
/** T of every cluster here that does not say otherwise. */
export const T = 300;
/** The four tiers with their usual numbers. */
export const RULES: readonly TierRules[] = tierRulesOf({});

/** A tier's usual rules. @throws RangeError for a tier that there is not */
export function ruleOf(tier: number, rules: readonly TierRules[] = RULES): TierRules {
  const found = rules[tier - 1];
  if (found === undefined) throw new RangeError(`there is no tier ${tier}`);
  return found;
}

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
    ...change,
  });
}

/** Nothing in flight, every cap as usual. Whole tokens, lowest tier first. */
export function purseOf({ reserved = [0, 0, 0, 0], caps }: { reserved?: number[]; caps?: number[] } = {}): Purse {
  return {
    reserved: Float64Array.from(reserved, (tokens) => Math.round(tokens * TOKEN)),
    caps: Float64Array.from(RULES, ({ cap }, i) => (caps === undefined ? cap : Math.round((caps[i] ?? 0) * TOKEN))),
  };
}

/** What a well calibrated ring of 300 labels comes to. */
export function evaluation(change: Partial<Evaluation> = {}): Evaluation {
  return { n: 300, ece: 0.01, error: 0.01, lower: 0, upper: 0.027, nullMean: 0.07, skilled: true, ...change };
}

/** Evidence of so many labels, spread evenly over hours; the first ones are right. */
export function evidenceOf(labels: number, right: number, hours = 20): EvidenceRing {
  const ring = evidenceRing();
  for (let i = 0; i < labels; i++) {
    const submittedAt = NOW_SECONDS - 3600 * (hours - Math.floor((i * hours) / labels)) + (i % 60);
    offerEvidence(ring, { submittedAt, labelAt: submittedAt, draw: 0 }, i < right ? 1 : 0, T);
  }
  return ring;
}

/** Gives one tier of a state what is named. */
export function withTier(
  state: CalibrationState,
  tier: number,
  change: Partial<CalibrationState['tiers'][number]>,
): CalibrationState {
  const { tiers } = state;
  const changed = (i: number): CalibrationState['tiers'][number] => {
    const found = tiers[i];
    if (found === undefined) throw new RangeError('there are four tiers');
    return i === tier - 1 ? { ...found, ...change } : found;
  };
  return { ...state, tiers: [changed(0), changed(1), changed(2), changed(3)] };
}

/** A state that has earned every tier: an ECE of .01, skill, and for each tier 100 right labels of twenty hours, the last of 3 days. */
export function trustedState(change: Partial<CalibrationState> = {}): CalibrationState {
  const state = initialState(RULES);
  for (const tier of state.tiers) {
    tier.evidence = evidenceOf(100, 100);
    tier.days = { seen: 3, last: Math.floor(NOW_SECONDS / 86_400) };
  }
  const trusted = { n: 1000, sinceEpoch: 1000, lastTime: NOW_SECONDS, evaluation: evaluation() };
  return { ...state, ...trusted, ...change };
}

export function verdictOf(
  state: CalibrationState | null,
  change: Partial<Parameters<typeof reliability>[0]> = {},
): Verdict {
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

/** Far from every limit. */
export function limitsOf(change: Partial<Limits> = {}): Limits {
  return {
    coolingDown: false,
    usedThisHour: 0,
    cooldownMinutes: 30,
    actionsPerHour: 60,
    noPlaceToAsk: null,
    ...change,
  };
}

/** The same limits for each tier. */
export function limitsOfAll(change: Partial<Limits> = {}): Limits[] {
  return [1, 2, 3, 4].map(() => limitsOf(change));
}

type Change = Partial<Omit<DecideInput, 'prediction'>> & {
  q?: number | null;
  waitSeconds?: number;
  state?: CalibrationState | null;
};

/** A decision on a job just submitted that is not held out, with the evidence of `state` unless a verdict is given. */
export function decideInput({
  q = 0.95,
  waitSeconds = 600,
  state = trustedState(),
  ...change
}: Change = {}): DecideInput {
  const bounds = boundsAround(state ?? initialState(RULES), waitSeconds);
  return {
    job: { clusterId: 'c1', jobId: 'j1', submittedAt: NOW.toISOString() },
    ownEffect: false,
    started: false,
    labelKnown: false,
    prediction: { p: q, waitSeconds, confidence: 0.9, ...bounds, q },
    forecastLabels: 50,
    verdict: verdictOf(state),
    state,
    purse: purseOf(),
    config: configOf(),
    limits: limitsOfAll(),
    askBarred: () => null,
    draw: () => 0.999,
    now: NOW,
    ...change,
  };
}

/** A settled round that called for nothing. */
export function entryOf(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    jobId: 'j1',
    decisionId: 'dec_1',
    submittedAt: 1000,
    decidedAt: 1000,
    labelAt: 1010,
    p: 0.1,
    q: 0.1,
    called: 0,
    tier: 0,
    heldOut: false,
    done: false,
    cost: 0,
    paper: [],
    eras: [0, 0, 0, 0],
    touched: false,
    undone: false,
    longWait: false,
    draw: 0.5,
    predictedWaitSeconds: 60,
    waitSeconds: 10,
    bounds: { lowerSeconds: 0, upperSeconds: 600, upper90Seconds: 500 },
    epoch: 0,
    ...change,
  };
}

/** A settled round on which a tier acted by itself: 1 and 2 said something, 3 and 4 touched the job. */
export function actedOn(tier: number, change: Partial<LedgerEntry> = {}): LedgerEntry {
  const { eps, kind } = ruleOf(tier);
  const touched = kind === 'intervention';
  const act = { q: eps, p: eps, called: tier, tier, done: true, cost: TOKEN, touched };
  return entryOf({ ...act, longWait: touched ? null : true, ...change });
}

/** A settled hold-out of a tier, of which one in `times` is left out. */
export function heldOutOf(tier: number, times: number, change: Partial<LedgerEntry> = {}): LedgerEntry {
  const cost = Math.floor(TOKEN * times);
  return actedOn(tier, { heldOut: true, touched: false, cost, longWait: true, ...change });
}
