import type { PredictionSource } from '../stand-ins/vgac/source.ts';
import type { SimulatedCluster } from './cluster.ts';
import type { Predictor } from './predictor.ts';

export interface PredictedCluster {
  readonly cluster: SimulatedCluster;
  readonly predictor: Predictor;
  /** When the predictor was trained, in ms since the epoch: what VGAC calls its last recalibration. */
  readonly trainedAt: number;
}

/**
 * What VGAC would know about simulated clusters. A job is predicted from what was known when it was submitted; VGAC's
 * own calibration is that of its validation, so it looks good even after a regime change, as such figures do.
 */
export function simulatedSource(clusters: readonly PredictedCluster[]): PredictionSource {
  const byId = new Map(clusters.map((each) => [each.cluster.clusterId, each]));
  return {
    predict(clusterId, jobId) {
      const known = byId.get(clusterId);
      const job = known?.cluster.job(jobId);
      return known && job ? known.predictor.predict(job.features) : null;
    },
    predictShape(clusterId, { gpus, queue, priority }) {
      const known = byId.get(clusterId);
      const queues = known?.cluster.profile.queues ?? [];
      const name = queue ?? queues[0]?.name;
      if (!known || name === undefined || !queues.some((each) => each.name === name)) return null;
      return known.predictor.predict(known.cluster.featuresFor(name, { gpus, priority }));
    },
    state(clusterId) {
      const known = byId.get(clusterId);
      if (!known) return null;
      const view = known.cluster.view();
      return {
        platform: known.cluster.platform,
        queueDepth: view.queueDepth,
        gpuUtilization: view.utilisation,
        activeJobs: view.running,
        pendingJobs: view.pending,
        totalGpus: view.totalGpus,
        availableGpus: view.freeGpus,
        totalNodes: view.totalNodes,
        readyNodes: view.readyNodes,
      };
    },
    calibration(clusterId) {
      const known = byId.get(clusterId);
      if (!known) return null;
      const { ece, brier, samples } = known.predictor.validation;
      return {
        ece,
        brierScore: brier,
        sampleCount: samples,
        lastRecalibration: new Date(known.trainedAt).toISOString(),
        recalibrationNeeded: false,
      };
    },
  };
}
