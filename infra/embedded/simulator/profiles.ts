import type { Profile } from './profile.ts';

/** A Kubernetes cluster with room: almost every job starts at once, a few percent wait longer than 5 minutes. */
export const quietK8s: Profile = {
  name: 'quiet-k8s',
  clusterId: 'sim-quiet-k8s',
  platform: 'kubernetes',
  longWaitSeconds: 300,
  queues: [
    { name: 'default', nodes: 9, gpusPerNode: 8, gpuType: 'A100', share: 0.8 },
    { name: 'research', nodes: 4, gpusPerNode: 8, gpuType: 'L40S', share: 0.2 },
  ],
  workload: {
    singlesPerHour: 7.5,
    daySwing: 0.6,
    burstsPerDay: 2,
    burstJobs: [10, 26],
    burstSeconds: 240,
    gpus: [
      [1, 0.6],
      [2, 0.2],
      [4, 0.15],
      [8, 0.05],
    ],
    burstGpus: [
      [2, 0.4],
      [4, 0.6],
    ],
    runMinutes: { median: 35, sigma: 1, max: 480 },
    burstRunMinutes: { median: 25, sigma: 0.4, max: 90 },
    estimateShare: [0.5, 1],
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
 * A busy Slurm cluster: job arrays fill it in bursts, so a fifth to two fifths of the jobs wait longer than 5 minutes,
 * and the queue tells quite well which. At the regime change a storage migration begins: for hours at a time every start
 * takes minutes, however short the queue, which the predictor has never seen; and some nodes are drained.
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
    singlesPerHour: 4,
    daySwing: 0.5,
    burstsPerDay: 6.5,
    burstJobs: [10, 30],
    burstSeconds: 300,
    gpus: [
      [1, 0.5],
      [2, 0.3],
      [4, 0.15],
      [8, 0.05],
    ],
    burstGpus: [
      [1, 0.2],
      [2, 0.5],
      [4, 0.3],
    ],
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
    because: 'storage is being migrated: for hours at a time every start takes minutes, and some nodes are drained',
    drained: { gpu: 2 },
    cycleHours: 3,
    prologSeconds: [300, 480],
  },
  jobId: (number) => String(410_000 + number),
};
