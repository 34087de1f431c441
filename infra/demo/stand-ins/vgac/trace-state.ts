import type { TraceJob } from '../../feed/trace.ts';
import type { ClusterState } from './source.ts';

type Job = Pick<TraceJob, 'platform' | 'submittedAt' | 'end' | 'waitSeconds' | 'runSeconds' | 'gpus'>;

interface Change {
  readonly at: number;
  readonly pending: number;
  readonly active: number;
  readonly gpus: number;
}

/**
 * The state of one traced cluster at any time (seconds), derived from its jobs only. A trace does not say how many
 * GPUs there were: utilization is relative to the most in use so far, and without run times nothing counts as
 * running.
 */
export function traceStates(jobs: readonly Job[]): (seconds: number) => ClusterState {
  const platform = jobs[0]?.platform ?? 'slurm';
  const states: { at: number; state: ClusterState }[] = [];
  let [pending, active, used, peak] = [0, 0, 0, 0];
  for (const change of changes(jobs)) {
    pending += change.pending;
    active += change.active;
    used += change.gpus;
    peak = Math.max(peak, used);
    states.push({ at: change.at, state: stateOf(platform, pending, active, used, peak) });
  }
  const empty = stateOf(platform, 0, 0, 0, 0);
  return (seconds) => {
    let low = 0;
    let high = states.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((states[middle]?.at ?? 0) <= seconds) low = middle + 1;
      else high = middle;
    }
    return states[low - 1]?.state ?? empty;
  };
}

function changes(jobs: readonly Job[]): Change[] {
  const all = jobs.flatMap(({ submittedAt, waitSeconds, end, runSeconds, gpus }) => {
    const left = submittedAt + waitSeconds;
    const queued: Change[] = [
      { at: submittedAt, pending: 1, active: 0, gpus: 0 },
      { at: left, pending: -1, active: 0, gpus: 0 },
    ];
    if (end !== 'started' || runSeconds === null) return queued;
    return [
      ...queued,
      { at: left, pending: 0, active: 1, gpus },
      { at: left + runSeconds, pending: 0, active: -1, gpus: -gpus },
    ];
  });
  // Within an instant ends go first, so that the peak counts no GPU twice; submissions precede departures.
  return all.sort((a, b) => a.at - b.at || a.gpus - b.gpus || b.pending - a.pending);
}

function stateOf(platform: Job['platform'], pending: number, active: number, used: number, peak: number): ClusterState {
  return {
    platform,
    queueDepth: pending,
    gpuUtilization: peak === 0 ? 0 : Math.round((1_000 * used) / peak) / 10,
    activeJobs: active,
    pendingJobs: pending,
    totalGpus: peak,
    availableGpus: peak - used,
    totalNodes: 0,
    readyNodes: 0,
  };
}
