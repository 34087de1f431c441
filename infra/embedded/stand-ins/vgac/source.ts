import type { Platform } from '../../../../schemas/primitives.ts';

/** What stands behind the VGAC stand-in: a simulated cluster, or a trace that is replayed. */
export interface PredictionSource {
  /** P(wait > T), the point wait, how sure; null for a job or cluster it does not know. */
  predict(clusterId: string, jobId: string): Prediction | null;
  /** As `predict`, for a job known by its shape only (variant `platform`); absent where that cannot be answered. */
  predictShape?(clusterId: string, shape: JobShape): Prediction | null;
  state(clusterId: string): ClusterState | null;
  /** What VGAC would say of itself. */
  calibration(clusterId: string): OwnCalibration | null;
}

export interface Prediction {
  readonly pLongWait: number;
  readonly waitSeconds: number;
  readonly confidence: number;
}

export interface JobShape {
  readonly gpus: number;
  readonly queue: string | undefined;
  readonly priority: number;
}

export interface ClusterState {
  readonly platform: Platform;
  readonly queueDepth: number;
  /** 0 to 100. */
  readonly gpuUtilization: number;
  readonly activeJobs: number;
  readonly pendingJobs: number;
  readonly totalGpus: number;
  readonly availableGpus: number;
  readonly totalNodes: number;
  readonly readyNodes: number;
}

export interface OwnCalibration {
  readonly ece: number;
  readonly brierScore: number;
  readonly sampleCount: number;
  /** ISO 8601; null: never. */
  readonly lastRecalibration: string | null;
  readonly recalibrationNeeded: boolean;
}
