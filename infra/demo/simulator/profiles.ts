import type { Profile } from './profile.ts';

/**
 * A Kubernetes cluster with spare capacity: four in five jobs start within 5 minutes. The queue predicts the others
 * only moderately well: users' estimates are poor, and the research pool has large images, so that two in five of its
 * jobs wait for them.
 */
export const quietK8s: Profile = {
  name: 'quiet-k8s',
  clusterId: 'sim-quiet-k8s',
  platform: 'kubernetes',
  longWaitSeconds: 300,
  queues: [
    { name: 'default', nodes: 9, gpusPerNode: 8, gpuType: 'A100', share: 0.8 },
    { name: 'research', nodes: 4, gpusPerNode: 8, gpuType: 'L40S', share: 0.2, admissionSeconds: [60, 460] },
  ],
  workload: {
    singlesPerHour: 6,
    daySwing: 0.6,
    burstsPerDay: 6,
    burstJobs: [8, 18],
    burstSeconds: 240,
    gpus: [
      [1, 0.6],
      [2, 0.2],
      [4, 0.15],
      [8, 0.05],
    ],
    burstGpus: [
      [4, 0.5],
      [8, 0.5],
    ],
    runMinutes: { median: 35, sigma: 1, max: 480 },
    burstRunMinutes: { median: 25, sigma: 0.4, max: 90 },
    estimateShare: [0.15, 1],
    admissionSeconds: [5, 45],
    impatient: 0.005,
    users: ['ada', 'bela', 'chen', 'dimitri', 'esra', 'fatou', 'goran'],
    priorities: [
      [0, 0.9],
      [100, 0.1],
    ],
  },
  regime: null,
  jobId: (number) => `train-${String(number).padStart(5, '0')}`,
};

/**
 * A busy Slurm cluster: a pipeline fills it every few hours, so about two in five jobs wait longer than 5 minutes,
 * and the queue predicts quite well which. When nodes are lost, the storage behind them is rebuilt: during every
 * other pipeline each start takes minutes, however short the queue, which the predictor has never seen.
 */
export const burstySlurm: Profile = {
  name: 'bursty-slurm',
  clusterId: 'sim-bursty-slurm',
  platform: 'slurm',
  longWaitSeconds: 300,
  queues: [
    { name: 'gpu', nodes: 10, gpusPerNode: 4, gpuType: 'H100', share: 0.85 },
    { name: 'short', nodes: 4, gpusPerNode: 4, gpuType: 'V100', share: 0.15 },
  ],
  workload: {
    singlesPerHour: 2,
    daySwing: 0.5,
    burstsPerDay: 10,
    burstJobs: [22, 30],
    burstSeconds: 300,
    gpus: [
      [1, 0.5],
      [2, 0.3],
      [4, 0.15],
      [8, 0.05],
    ],
    burstGpus: [[2, 1]],
    runMinutes: { median: 30, sigma: 0.8, max: 240 },
    burstRunMinutes: { median: 25, sigma: 0.5, max: 90 },
    estimateShare: [0.55, 0.9],
    admissionSeconds: [5, 30],
    impatient: 0.01,
    users: ['hana', 'ivo', 'jun', 'kofi', 'lena', 'marek', 'noor', 'olga'],
    priorities: [
      [100, 0.8],
      [200, 0.15],
      [50, 0.05],
    ],
  },
  regime: {
    because: 'storage is being rebuilt, and for hours at a time every start takes minutes',
    drained: { gpu: 2 },
    cycleHours: 4.8,
    prologSeconds: [300, 480],
  },
  jobId: (number) => String(410_000 + number),
};
