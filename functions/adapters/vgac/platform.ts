import type * as z from 'zod';
import {
  PlatformSummary,
  PlatformWait,
  type PlatformWaitRequest,
  VgacCalibration,
} from '../../../schemas/ports/vgac.ts';
import type { JobToPredict, Vgac } from '../../application/decisions/vgac.ts';
import type { JsonClient } from '../http/json-client.ts';

/** The platform API, which predicts from the shape of the job; one base URL per cluster. */
export function vgacPlatform(call: JsonClient): Vgac {
  return {
    async observe() {
      const summary = await call({ method: 'GET', path: '/api/cluster/summary', answer: PlatformSummary });
      return {
        queueDepth: summary.queue_depth,
        gpuUtilization: summary.gpu_utilization,
        gpuMemoryUsed: null,
        pendingJobs: summary.pending_jobs,
        runningJobs: summary.running_jobs,
      };
    },
    async predict(job) {
      const wait = await call({
        method: 'POST',
        path: '/api/predict/wait',
        body: waitRequest(job),
        answer: PlatformWait,
      });
      return {
        pLongWait: wait.probability_long_wait,
        waitSeconds: wait.estimated_wait_seconds,
        confidence: wait.confidence,
      };
    },
    calibration: (clusterId) =>
      call({
        method: 'GET',
        path: '/api/jobs/predict/calibration',
        query: { cluster_id: clusterId },
        answer: VgacCalibration,
      }),
  };
}

/**
 * A job in VGAC's terms. VGAC requires some fields that a collector may leave out; their defaults are priority 0 (neither
 * raised nor lowered), namespace `default` (as in Kubernetes) and not distributed. `cpu` is in cores: 1000 millis are one.
 */
export function waitRequest({
  queue,
  namespace,
  priority,
  request,
}: JobToPredict): z.infer<typeof PlatformWaitRequest> {
  return {
    gpus: request.gpus,
    cpu: request.cpuMillis / 1_000,
    memory_gb: request.memoryGb,
    priority: priority ?? 0,
    namespace: namespace ?? 'default',
    is_distributed: request.distributed ?? false,
    ...(queue === undefined ? {} : { queue }),
    ...(request.estimatedMinutes === undefined ? {} : { estimated_duration_minutes: request.estimatedMinutes }),
    ...(request.gpuType === undefined ? {} : { gpu_type: request.gpuType }),
  };
}
