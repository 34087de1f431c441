import { Hono } from 'hono';
import type * as z from 'zod';
import {
  type PlatformSummary,
  type PlatformWait,
  PlatformWaitRequest,
  type V1ClusterState,
  type V1Score,
  V1ScoreRequest,
  type VgacCalibration,
} from '../../../../schemas/ports/vgac.ts';
import { requireBearer } from './bearer.ts';
import type { OwnCalibration, PredictionSource } from './source.ts';

/**
 * VGAC's wire format (DESIGN.md section 6) in front of a source. Every response has the header
 * `x-vgac-stand-in: true`, so that nobody mistakes it for VGAC. `risk_score` is the probability of a long wait. v1 is
 * at the root; the platform variant, which knows one cluster per base URL, is at `/clusters/{clusterId}`.
 * @param options with `apiKey`, only requests with this Bearer key are answered
 */
export function createVgacStandIn(source: PredictionSource, options: { apiKey?: string } = {}): Hono {
  const app = new Hono();
  app.use('*', async (context, next) => {
    await next();
    context.header('x-vgac-stand-in', 'true');
  });
  if (options.apiKey !== undefined) app.use('*', requireBearer(options.apiKey));
  v1(app, source);
  platform(app, source);
  app.notFound((context) => context.json({ detail: 'not found' }, 404));
  return app;
}

function v1(app: Hono, source: PredictionSource): void {
  app.post('/api/v1/predict/score', async (context) => {
    const request = V1ScoreRequest.safeParse(await context.req.json().catch(() => null));
    if (!request.success) return context.json({ detail: 'job_id and cluster_id are required' }, 422);
    const prediction = source.predict(request.data.cluster_id, request.data.job_id);
    if (!prediction) return context.json({ detail: 'unknown job' }, 404);
    return context.json({
      wait_time_seconds: prediction.waitSeconds,
      confidence: prediction.confidence,
      risk_score: prediction.pLongWait,
      calibration_score: score(source.calibration(request.data.cluster_id)),
    } satisfies z.infer<typeof V1Score>);
  });
  app.get('/api/v1/cluster/state', (context) => {
    const clusterId = context.req.query('cluster_id') ?? '';
    const state = source.state(clusterId);
    if (!state) return context.json({ detail: 'unknown cluster' }, 404);
    return context.json({
      cluster_id: clusterId,
      platform: state.platform,
      queue_depth: state.queueDepth,
      gpu_utilization: state.gpuUtilization,
      // GPU memory is not simulated; the closest honest figure is GPU utilization.
      gpu_memory_used: state.gpuUtilization,
      active_jobs: state.activeJobs,
      pending_jobs: state.pendingJobs,
    } satisfies z.infer<typeof V1ClusterState>);
  });
  app.get('/api/v1/jobs/calibration', (context) => {
    const own = source.calibration(context.req.query('cluster_id') ?? '');
    return own ? context.json(calibration(own)) : context.json({ detail: 'unknown cluster' }, 404);
  });
}

function platform(app: Hono, source: PredictionSource): void {
  const root = '/clusters/:clusterId/api';
  app.post(`${root}/predict/wait`, async (context) => {
    const request = PlatformWaitRequest.safeParse(await context.req.json().catch(() => null));
    if (!request.success) return context.json({ detail: 'not a prediction request' }, 422);
    if (!source.predictShape) return context.json({ detail: 'this source knows jobs by id only: use v1' }, 501);
    const { gpus, queue, priority } = request.data;
    const clusterId = context.req.param('clusterId');
    const prediction = source.predictShape(clusterId, { gpus, queue, priority });
    if (!prediction) return context.json({ detail: 'unknown cluster or queue' }, 404);
    return context.json({
      probability_long_wait: prediction.pLongWait,
      estimated_wait_seconds: prediction.waitSeconds,
      wait_category: prediction.waitSeconds < 60 ? 'immediate' : prediction.waitSeconds < 300 ? 'short' : 'long',
      confidence: prediction.confidence,
      is_calibrated: true,
      latency_us: 0,
    } satisfies z.infer<typeof PlatformWait>);
  });
  app.get(`${root}/cluster/summary`, (context) => {
    const clusterId = context.req.param('clusterId');
    const state = source.state(clusterId);
    if (!state) return context.json({ detail: 'unknown cluster' }, 404);
    return context.json({
      cluster_id: clusterId,
      scheduler_type: state.platform,
      total_nodes: state.totalNodes,
      ready_nodes: state.readyNodes,
      total_gpus: state.totalGpus,
      available_gpus: state.availableGpus,
      gpu_utilization: state.gpuUtilization,
      pending_jobs: state.pendingJobs,
      running_jobs: state.activeJobs,
      queue_depth: state.queueDepth,
    } satisfies z.infer<typeof PlatformSummary>);
  });
  app.get(`${root}/jobs/predict/calibration`, (context) => {
    const own = source.calibration(context.req.param('clusterId'));
    return own ? context.json(calibration(own)) : context.json({ detail: 'unknown cluster' }, 404);
  });
}

function calibration(own: OwnCalibration): z.infer<typeof VgacCalibration> {
  return {
    ece: own.ece,
    brier_score: own.brierScore,
    sample_count: own.sampleCount,
    last_recalibration: own.lastRecalibration,
    recalibration_needed: own.recalibrationNeeded,
  };
}

/** VGAC's own score, 1 - 5 ECE. */
function score(own: OwnCalibration | null): number {
  return own ? Math.max(0, Math.min(1, 1 - 5 * own.ece)) : 0;
}
