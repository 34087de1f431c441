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
  /** Where it differs from the workload's: a pool whose images are large. */
  readonly admissionSeconds?: Range;
}

/** What arrives. Singles follow the time of day; bursts are one user's job arrays. */
export interface Workload {
  /** Single jobs per hour, on average over the day. */
  readonly singlesPerHour: number;
  /** 0: as much at night as by day; 1: nothing at 02:00 UTC, twice the average at 14:00. */
  readonly daySwing: number;
  /** Pipelines a day, at regular times. */
  readonly burstsPerDay: number;
  readonly burstJobs: Range;
  /** All jobs of a burst come within this time, in seconds. */
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

/** What changes for a while, unknown to the predictor: nodes go away, and starting a job takes long at times. */
export interface Regime {
  readonly because: string;
  /** Nodes drained per queue name. */
  readonly drained: Readonly<Record<string, number>>;
  /** In the first half of every such cycle starts are slow; the other half is as before. */
  readonly cycleHours: number;
  /** From getting its GPUs until a job starts, while starts are slow. */
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
