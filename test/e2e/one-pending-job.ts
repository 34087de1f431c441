import { APPROVERS, type Plan, SCHEDULER_SECRET } from '../../infra/cli/start/plan.ts';
import { SimulatedCluster } from '../../infra/demo/simulator/cluster.ts';
import { burstySlurm } from '../../infra/demo/simulator/profiles.ts';
import { realClock } from '../../infra/runtime/clock/clock.ts';
import { ClusterConfig } from '../../schemas/config.ts';

export const JOB_ID = '900001';

/**
 * A plan on the real clock with one simulated cluster, in which each job waits for an hour. VGAC is sure that it will
 * wait long; the cluster has earned nothing yet, so the proposed priority change needs a human.
 */
export function onePendingJob(): { plan: Plan; cluster: SimulatedCluster; submit(jobId?: string): void } {
  const clock = realClock();
  const emitted: Parameters<Parameters<Plan['start']>[0]>[0][number][] = [];
  let publish: (events: typeof emitted) => void = (events) => emitted.push(...events);
  const cluster = new SimulatedCluster({
    profile: burstySlurm,
    clock,
    random: () => 0.5,
    emit: (event) => publish([event]),
  });
  const plan: Plan = {
    description: 'One pending job',
    clock,
    clockKind: 'real',
    pause: () => undefined,
    configuration: ({ scheduler }) => [
      ClusterConfig.parse({
        clusterId: cluster.clusterId,
        platform: cluster.platform,
        dryRun: false,
        vgac: { variant: 'v1', riskScoreIsProbability: true },
        scheduler: { kind: 'simulated', endpoint: scheduler, secret: SCHEDULER_SECRET },
        actions: { annotate: { action: 'annotate' }, suggest: [{ action: 'adjust-priority', target: '+100' }] },
        approvers: APPROVERS,
        users: { hana: 'U0HANA' },
        // Each job is asked about, and approved on its own.
        asking: { open: 100, perHour: 1_000 },
        limits: { cooldownMinutes: 0 },
      }),
    ],
    predictions: {
      predict: () => ({ pLongWait: 0.85, waitSeconds: 2_400, confidence: 0.85 }),
      state: () => null,
      calibration: () => null,
    },
    schedulers: new Map([[cluster.clusterId, cluster]]),
    keepsTables: false,
    start(put) {
      const { promise: done, resolve } = Promise.withResolvers<void>();
      publish = put;
      put(emitted.splice(0));
      return { done, stop: resolve, progress: () => null };
    },
  };
  const submit = (jobId = JOB_ID) =>
    cluster.submit({
      jobId,
      submittedAt: clock.now(),
      user: 'hana',
      queue: 'gpu',
      priority: 100,
      request: { gpus: 2, cpuMillis: 8_000, memoryGb: 64, estimatedMinutes: 60 },
      runSeconds: 3_600,
      admissionSeconds: 3_600,
      prologDraw: 0.5,
      patienceSeconds: null,
      succeeds: true,
    });
  return { plan, cluster, submit };
}
