import type { TraceJob } from '../../feed/trace.ts';
import { replayForecasts } from './online-forecast.ts';
import type { Prediction, PredictionSource } from './source.ts';
import { traceStates } from './trace-state.ts';

/**
 * Serves the predictions of a trace that is replayed. Rows with a probability of their own serve that, unchanged; rows
 * without serve an online forecast that knows only what was known when the job was submitted. A job that is not in the
 * trace, or not submitted yet, is unknown.
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
      const known = clusters.get(clusterId)?.predictions.get(jobId);
      return known && known.submittedAt * 1_000 <= now() ? known.prediction : null;
    },
    state: (clusterId) => clusters.get(clusterId)?.stateAt(now() / 1_000) ?? null,
    calibration: (clusterId) => clusters.get(clusterId)?.calibrationAt(now() / 1_000) ?? null,
  };
}

function clusterOf(jobs: readonly TraceJob[], longWaitSeconds: number) {
  const { forecasts, calibrationAt } = replayForecasts(jobs, longWaitSeconds);
  const predictions = new Map<string, { submittedAt: number; prediction: Prediction }>();
  for (const [index, { jobId, submittedAt }] of jobs.entries()) {
    const forecast = forecasts[index];
    // The first row of a job is the job; a repeated id is the same job told again.
    if (!forecast || predictions.has(jobId)) continue;
    const confidence = Math.max(forecast.pLongWait, 1 - forecast.pLongWait);
    predictions.set(jobId, { submittedAt, prediction: { ...forecast, confidence } });
  }
  return { predictions, calibrationAt, stateAt: traceStates(jobs) };
}
