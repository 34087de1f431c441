import type { CollectorEvent } from '../../../../infra/demo/feed/timeline.ts';
import { SimulatedCluster } from '../../../../infra/demo/simulator/cluster.ts';
import { eventLoop } from '../../../../infra/demo/simulator/event-loop.ts';
import type { Profile } from '../../../../infra/demo/simulator/profile.ts';
import { burstySlurm } from '../../../../infra/demo/simulator/profiles.ts';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import type { Arrival } from '../../../../infra/demo/simulator/workload.ts';

export const START = Date.UTC(2026, 10, 20, 8);

/** Two queues of one node with four GPUs each, so that two jobs are enough to make one wait. */
export const twoQueues: Profile = {
  ...burstySlurm,
  clusterId: 'small',
  queues: [
    { name: 'gpu', nodes: 1, gpusPerNode: 4, gpuType: 'H100', share: 1 },
    { name: 'short', nodes: 1, gpusPerNode: 4, gpuType: 'H100', share: 1 },
    { name: 'tiny', nodes: 1, gpusPerNode: 1, gpuType: 'H100', share: 1 },
  ],
  regime: null,
};

/** A job that takes a whole node for ten minutes, considered one second after its submission. */
export function arrival(jobId: string, overrides: Partial<Arrival> = {}): Arrival {
  return {
    jobId,
    submittedAt: START,
    user: 'ada',
    queue: 'gpu',
    priority: 100,
    request: { gpus: 4, cpuMillis: 1_000, memoryGb: 1, estimatedMinutes: 10 },
    runSeconds: 600,
    admissionSeconds: 1,
    prologDraw: 0,
    patienceSeconds: null,
    succeeds: true,
    ...overrides,
  };
}

export function smallCluster(profile: Profile = twoQueues, seed = 1) {
  const clock = eventLoop(START);
  const events: CollectorEvent[] = [];
  const cluster = new SimulatedCluster({
    profile,
    clock,
    random: seededRandom(seed),
    emit: (event) => events.push(event),
  });
  /** Seconds from the start of the test until the job started; null while it has not. */
  const startedAfter = (jobId: string) => {
    const at = cluster.job(jobId)?.startedAt ?? null;
    return at === null ? null : (at - START) / 1_000;
  };
  return {
    clock,
    cluster,
    events,
    startedAfter,
    runFor: (seconds: number) => clock.runUntil(clock.now() + seconds * 1_000),
  };
}
