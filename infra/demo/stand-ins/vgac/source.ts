import type { Platform } from '../../../../schemas/primitives.ts';

/** What the VGAC stand-in serves: a simulated cluster or a replayed trace. */
export interface PredictionSource {
  /** P(wait > T), the point wait and the confidence; null for an unknown job or cluster. */
  predict(clusterId: string, jobId: string): Prediction | null;
  /** As `predict`, for a job known only by its shape (variant `platform`); absent if the source cannot answer that. */
  predictShape?(clusterId: string, shape: JobShape): WholePrediction | null;
  state(clusterId: string): ClusterState | null;
  /** What VGAC would say about its own calibration. */
  calibration(clusterId: string): OwnCalibration | null;
}

/** What VGAC says about one job; null for what it does not say. */
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
  /** ISO 8601; null for never. */
  readonly lastRecalibration: string | null;
  readonly recalibrationNeeded: boolean;
}
