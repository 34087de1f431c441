import type { Platform } from '../../../schemas/primitives.ts';

type Range = readonly [number, number];

/** One partition (Slurm) or node pool (Kubernetes): jobs run on its nodes only. */
export interface QueueProfile {
  readonly name: string;
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly gpuType: string;
  /** Share of the arrivals, by weight. */
  readonly share: number;
  /** Overrides the workload's, e.g. for a pool with large images. */
  readonly admissionSeconds?: Range;
}

/** The jobs that arrive. Singles follow the time of day; bursts are one user's job arrays. */
export interface Workload {
  /** Single jobs per hour, on average over the day. */
  readonly singlesPerHour: number;
  /** 0: as many at night as by day; 1: none at 02:00 UTC, twice the average at 14:00. */
  readonly daySwing: number;
  /** Pipelines per day, at regular times. */
  readonly burstsPerDay: number;
  readonly burstJobs: Range;
  /** All jobs of a burst arrive within this time, in seconds. */
  readonly burstSeconds: number;
  readonly gpus: readonly (readonly [number, number])[];
  /** GPUs of one job of a burst, by weight. */
  readonly burstGpus: readonly (readonly [number, number])[];
  /** Log-normal run time. */
  readonly runMinutes: { readonly median: number; readonly sigma: number; readonly max: number };
  readonly burstRunMinutes: { readonly median: number; readonly sigma: number; readonly max: number };
  /** Run time as a share of what the user estimated. */
  readonly estimateShare: Range;
  /** From submission until the scheduler first considers the job: admission, image pull. */
  readonly admissionSeconds: Range;
  /** Share of jobs whose user gives up while they wait. */
  readonly impatient: number;
  readonly users: readonly string[];
  /** Priorities, by weight; higher goes first. */
  readonly priorities: readonly (readonly [number, number])[];
}

/** A temporary change, unknown to the predictor: nodes are lost, and at times starting a job takes long. */
export interface Regime {
  readonly because: string;
  /** Nodes drained per queue name. */
  readonly drained: Readonly<Record<string, number>>;
  /** Starts are slow in the first half of each such cycle and normal in the second. */
  readonly cycleHours: number;
  /** Time from getting GPUs to the start of a job, while starts are slow. */
  readonly prologSeconds: Range;
}

export interface Profile {
  readonly name: string;
  readonly clusterId: string;
  readonly platform: Platform;
  /** T, in seconds. */
  readonly longWaitSeconds: number;
  readonly queues: readonly QueueProfile[];
  readonly workload: Workload;
  readonly regime: Regime | null;
  readonly jobId: (number: number) => string;
}
