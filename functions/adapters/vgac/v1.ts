import { V1ClusterState, V1Score, VgacCalibration } from '../../../schemas/ports/vgac.ts';
import { type Vgac, VgacMalformed } from '../../application/decisions/vgac.ts';
import type { JsonClient } from '../http/json-client.ts';

/**
 * The v1 API, which predicts by job id.
 * @param riskScoreIsProbability only if set is `risk_score` P(wait > T); otherwise v1 gives no probability at all
 */
export function vgacV1(call: JsonClient, riskScoreIsProbability: boolean): Vgac {
  return {
    async observe(clusterId) {
      const state = await call({
        method: 'GET',
        path: '/api/v1/cluster/state',
        query: { cluster_id: clusterId },
        answer: V1ClusterState,
      });
      if (state.cluster_id !== clusterId) throw new VgacMalformed('the cluster state is for another cluster');
      return {
        queueDepth: state.queue_depth,
        gpuUtilization: state.gpu_utilization,
        gpuMemoryUsed: state.gpu_memory_used,
        pendingJobs: state.pending_jobs,
        runningJobs: state.active_jobs,
      };
    },
    async predict(job) {
      const score = await call({
        method: 'POST',
        path: '/api/v1/predict/score',
        body: { job_id: job.jobId, cluster_id: job.clusterId },
        answer: V1Score,
      });
      const risk = score.risk_score;
      if (riskScoreIsProbability && risk !== null && (risk < 0 || risk > 1)) {
        throw new VgacMalformed('risk_score is configured as a probability but is outside 0 to 1');
      }
      return {
        pLongWait: riskScoreIsProbability ? risk : null,
        waitSeconds: score.wait_time_seconds,
        confidence: score.confidence,
      };
    },
    calibration: (clusterId) =>
      call({
        method: 'GET',
        path: '/api/v1/jobs/calibration',
        query: { cluster_id: clusterId },
        answer: VgacCalibration,
      }),
  };
}
