import * as z from 'zod';

/** Wire format of VGAC, both variants (DESIGN.md section 6). Unknown fields are tolerated, invalid ones refused. */
const unit = z.number().min(0).max(1);
const wait = z
  .number()
  .min(0)
  .max(10 * 365 * 86_400);
const count = z.number().int().min(0);
/** In whatever unit VGAC uses: a petabyte in bytes fits. */
const memory = z.number().min(0).max(1e15);

export const V1ScoreRequest = z.object({ job_id: z.string(), cluster_id: z.string() });
/** The wait is null if VGAC has no model for the job. */
export const V1Score = z.object({
  wait_time_seconds: wait.nullable(),
  confidence: unit,
  risk_score: z.number().nullable(),
  calibration_score: z.number(),
});

export const V1ClusterState = z.object({
  cluster_id: z.string(),
  platform: z.string(),
  queue_depth: count,
  gpu_utilization: z.number().min(0).max(100),
  gpu_memory_used: memory,
  active_jobs: count,
  pending_jobs: count,
});

export const VgacCalibration = z.object({
  ece: unit,
  brier_score: unit,
  sample_count: count,
  last_recalibration: z.string().nullable(),
  recalibration_needed: z.boolean(),
});

export const PlatformWaitRequest = z.object({
  gpus: z.number(),
  cpu: z.number(),
  memory_gb: z.number(),
  priority: z.number(),
  namespace: z.string(),
  queue: z.string().optional(),
  estimated_duration_minutes: z.number().optional(),
  is_distributed: z.boolean(),
  gpu_type: z.string().optional(),
});
export const PlatformWait = z.object({
  probability_long_wait: unit,
  estimated_wait_seconds: wait,
  wait_category: z.string(),
  confidence: unit,
  is_calibrated: z.boolean(),
  recommendation: z.string().optional(),
  latency_us: z.number(),
});

export const PlatformSummary = z.object({
  cluster_id: z.string(),
  scheduler_type: z.string(),
  total_nodes: count,
  ready_nodes: count,
  total_gpus: count,
  available_gpus: count,
  gpu_utilization: z.number().min(0).max(100),
  pending_jobs: count,
  running_jobs: count,
  queue_depth: count,
});

/** What both variants are translated to; counted from events if there is no VGAC. */
export const Observation = z.object({
  queueDepth: count,
  /** 0..100; null if not reported. */
  gpuUtilization: z.number().min(0).max(100).nullable(),
  /** In whatever unit VGAC uses; null if the variant does not report it. */
  gpuMemoryUsed: memory.nullable(),
  pendingJobs: count,
  runningJobs: count,
});
export type Observation = z.infer<typeof Observation>;

export const VgacPrediction = z.object({
  /** P(wait > T); null if the variant gives no probability. */
  pLongWait: unit.nullable(),
  /** Null if it gives no point wait. */
  waitSeconds: wait.nullable(),
  confidence: unit.nullable(),
});
export type VgacPrediction = z.infer<typeof VgacPrediction>;
