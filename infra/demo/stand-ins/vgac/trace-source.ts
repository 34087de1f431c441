import type { TraceJob } from '../../feed/trace.ts';
import type { Prediction, PredictionSource } from './source.ts';
import { ownCalibration } from './trace-calibration.ts';
import { traceStates } from './trace-state.ts';

/**
 * Serves the predictions of a replayed trace: each row's own, unchanged, if it has one. For a job with several rounds
 * the newest counts. A job that is not in the trace, or not submitted yet, is unknown.
 *
 * @param jobs by submit time, of one cluster or several
 * @param options `now` is the trace's clock, ms since the epoch; `longWaitSeconds` is T
 */
export function traceSource(
  jobs: readonly TraceJob[],
  { now, longWaitSeconds = 300 }: { now: () => number; longWaitSeconds?: number },
): PredictionSource {
  const clusters = new Map(
    [...Map.groupBy(jobs, ({ clusterId }) => clusterId)].map(([id, own]) => [id, clusterOf(own, longWaitSeconds)]),
  );
  return {
    predict(clusterId, jobId) {
      const rounds = clusters.get(clusterId)?.predictions.get(jobId);
      return rounds?.findLast(({ submittedAt }) => submittedAt * 1_000 <= now())?.prediction ?? null;
    },
    state: (clusterId) => clusters.get(clusterId)?.stateAt(now() / 1_000) ?? null,
    calibration: (clusterId) => clusters.get(clusterId)?.calibrationAt(now() / 1_000) ?? null,
  };
}

function clusterOf(jobs: readonly TraceJob[], longWaitSeconds: number) {
  const predictions = new Map<string, { submittedAt: number; prediction: Prediction }[]>();
  for (const { jobId, submittedAt, pLongWait, predictedWaitSeconds: waitSeconds } of jobs) {
    const rounds = predictions.get(jobId) ?? [];
    // The first row of a round counts; another with the same time is a duplicate.
    if (rounds.at(-1)?.submittedAt === submittedAt) continue;
    const confidence = pLongWait === null ? 0 : Math.max(pLongWait, 1 - pLongWait);
    predictions.set(jobId, [...rounds, { submittedAt, prediction: { pLongWait, waitSeconds, confidence } }]);
  }
  return { predictions, calibrationAt: ownCalibration(jobs, longWaitSeconds), stateAt: traceStates(jobs) };
}
