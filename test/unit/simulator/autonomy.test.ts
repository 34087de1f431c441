import { describe, expect, it } from 'vitest';
import { applyEntry } from '../../../functions/domain/calibration/apply.ts';
import { serve } from '../../../functions/domain/calibration/serve.ts';
import { initialState } from '../../../functions/domain/calibration/state.ts';
import { reliability } from '../../../functions/domain/gate.ts';
import { SimulatedCluster } from '../../../infra/embedded/simulator/cluster.ts';
import { eventLoop } from '../../../infra/embedded/simulator/event-loop.ts';
import { trainPredictor } from '../../../infra/embedded/simulator/predictor.ts';
import { burstySlurm } from '../../../infra/embedded/simulator/profiles.ts';
import { seededRandom } from '../../../infra/embedded/simulator/random.ts';
import { ClusterConfig } from '../../../schemas/config.ts';
import type { Verdict } from '../../../schemas/verdict.ts';
import { START } from './small-cluster.ts';

const DAY_MS = 86_400_000;
const REGIME_AT = START + 1.5 * DAY_MS;
const config = ClusterConfig.parse({ clusterId: 'sim-bursty-slurm', platform: 'slurm' });

/** The verdict at each submission of the bursty cluster, with every label folded as soon as it is known. */
function verdicts(seed: number) {
  const clock = eventLoop(START);
  const options = { clock, random: seededRandom(seed), emit: () => undefined, regimeAt: REGIME_AT };
  const cluster = new SimulatedCluster({ profile: burstySlurm, ...options });
  cluster.start({ until: START + 2.5 * DAY_MS });
  clock.runUntil(START + 5 * DAY_MS);
  const predictor = trainPredictor(burstySlurm, 1);
  const state = initialState(config.budgets);
  const folds = eventLoop(START);
  const seen: { at: number; verdict: Verdict }[] = [];
  for (const { arrival, startedAt, features } of cluster.jobs()) {
    if (startedAt === null) continue;
    const at = arrival.submittedAt;
    folds.runUntil(at);
    const evidence = { state, version: 0, frozen: false, staleSince: null, config, now: new Date(at) };
    const verdict = reliability(evidence);
    seen.push({ at, verdict });
    const { pLongWait: p, waitSeconds } = predictor.predict(features);
    const { q } = serve(state, { p, waitSeconds });
    const labelAt = Math.min(startedAt, at + 300_000);
    const entry = {
      jobId: arrival.jobId,
      decisionId: arrival.jobId,
      submittedAt: at / 1_000,
      labelAt: labelAt / 1_000,
      kind: 'statement' as const,
      p,
      q,
      executed: verdict.scope !== 'escalate',
      intervened: false,
      harmed: false,
      longWait: startedAt - at > 300_000,
      predictedWaitSeconds: waitSeconds,
      waitSeconds: (startedAt - at) / 1_000,
      epoch: 0,
    };
    folds.at(labelAt, () => applyEntry(state, entry, config.budgets));
  }
  const before = seen.filter(({ at }) => at < REGIME_AT).map(({ verdict }) => verdict);
  return { before, after: seen.slice(before.length).map(({ verdict }) => verdict) };
}

describe('a bursty cluster through a regime change', () => {
  it.each([2, 8, 14, 16])('earns autonomy, and loses it by itself once the predictor is wrong (seed %d)', (seed) => {
    const { before, after } = verdicts(seed);
    expect(before.at(-1)?.scope).toBe('autonomous');
    expect(before.at(-1)?.earnedTier).toBeGreaterThanOrEqual(3);
    const escalated = after.filter(({ scope }) => scope === 'escalate');
    expect(escalated.length / after.length).toBeGreaterThan(0.6);
    expect(after.some(({ drift }) => drift === 'degrade' || drift === 'escalate')).toBe(true);
  });
});
