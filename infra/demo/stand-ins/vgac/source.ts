import type { Platform } from '../../../../schemas/primitives.ts';

/** What stands behind the VGAC stand-in: a simulated cluster, or a trace that is replayed. */
export interface PredictionSource {
  /** P(wait > T), the point wait, how sure; null for a job or cluster it does not know. */
  predict(clusterId: string, jobId: string): Prediction | null;
  /** As `predict`, for a job known by its shape only (variant `platform`); absent where that cannot be answered. */
  predictShape?(clusterId: string, shape: JobShape): WholePrediction | null;
  state(clusterId: string): ClusterState | null;
  /** What VGAC would say of itself. */
  calibration(clusterId: string): OwnCalibration | null;
}

/** What VGAC says of one job; null is what it does not say. */
export interface Prediction {
  readonly pLongWait: number | null;
  readonly waitSeconds: number | null;
  readonly confidence: number;
}

/** The variant `platform` always says both. */
export type WholePrediction = { readonly [name in keyof Prediction]: NonNullable<Prediction[name]> };

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
