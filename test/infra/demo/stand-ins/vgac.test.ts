import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { simulatedSource } from '../../../../infra/demo/simulator/prediction-source.ts';
import { trainPredictor } from '../../../../infra/demo/simulator/predictor.ts';
import { burstySlurm } from '../../../../infra/demo/simulator/profiles.ts';
import { createVgacStandIn } from '../../../../infra/demo/stand-ins/vgac/app.ts';
import type { PredictionSource } from '../../../../infra/demo/stand-ins/vgac/source.ts';
import {
  PlatformSummary,
  PlatformWait,
  type PlatformWaitRequest,
  V1ClusterState,
  V1Score,
  VgacCalibration,
} from '../../../../schemas/ports/vgac.ts';
import { arrival, START, smallCluster } from '../simulator/small-cluster.ts';

const predictor = trainPredictor(burstySlurm, 1);

/** A cluster with one job that runs and one that waits, behind the stand-in. */
function world(options: { apiKey?: string } = {}) {
  const { cluster, runFor } = smallCluster({ ...burstySlurm, clusterId: 'small' });
  cluster.submit(arrival('runs'));
  for (let node = 2; node <= 10; node++) cluster.submit(arrival(`fills-${node}`));
  runFor(2);
  cluster.submit(arrival('a/waits[1]'));
  const source = simulatedSource([{ cluster, predictor, trainedAt: START }]);
  const app = createVgacStandIn(source, options);
  const post = (path: string, body: unknown) =>
    app.request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return { app, source, post, cluster };
}

const score = (jobId: string, clusterId = 'small') => ({ job_id: jobId, cluster_id: clusterId });
const shape: z.infer<typeof PlatformWaitRequest> = {
  gpus: 4,
  cpu: 1,
  memory_gb: 1,
  priority: 100,
  namespace: 'default',
  queue: 'gpu',
  is_distributed: false,
};

describe('VGAC stand-in, v1', () => {
  it('scores a job: low risk for one that fitted at once, high for one behind a full queue', async () => {
    const { post } = world();
    const ran = V1Score.parse(await (await post('/api/v1/predict/score', score('runs'))).json());
    const waits = V1Score.parse(await (await post('/api/v1/predict/score', score('a/waits[1]'))).json());
    expect(ran.risk_score).toBeLessThan(0.2);
    expect(waits.risk_score).toBeGreaterThan(0.5);
    expect(waits.wait_time_seconds).toBeGreaterThan(ran.wait_time_seconds ?? Number.NaN);
  });

  it('does not change its mind when the cluster moves on', async () => {
    const { source, cluster } = world();
    const before = source.predict('small', 'a/waits[1]');
    cluster.submit(arrival('later'));
    expect(source.predict('small', 'a/waits[1]')).toEqual(before);
  });

  it('tells the state of the cluster', async () => {
    const response = await world().app.request('/api/v1/cluster/state?cluster_id=small');
    expect(V1ClusterState.parse(await response.json())).toMatchObject({
      cluster_id: 'small',
      platform: 'slurm',
      queue_depth: 1,
      pending_jobs: 1,
      active_jobs: 10,
    });
  });

  it('states its own calibration, from before it went to work', async () => {
    const response = await world().app.request('/api/v1/jobs/calibration?cluster_id=small');
    const own = VgacCalibration.parse(await response.json());
    expect(own.ece).toBeLessThan(0.03);
    expect(own.last_recalibration).toBe(new Date(START).toISOString());
  });

  it.each([
    ['a job', '/api/v1/predict/score', score('nobody')],
    ['the cluster of a job', '/api/v1/predict/score', score('runs', 'nowhere')],
    ['the cluster of a state', '/api/v1/cluster/state?cluster_id=nowhere', null],
    ['the cluster of a calibration', '/api/v1/jobs/calibration?cluster_id=nowhere', null],
    ['the path', '/api/v2', null],
  ])('answers 404 when it does not know %s', async (_, path, body) => {
    const { app, post } = world();
    const response = await (body ? post(path, body) : app.request(path));
    expect(response.status).toBe(404);
    expect(response.headers.get('x-vgac-stand-in')).toBe('true');
  });

  it.each([{}, { job_id: 1, cluster_id: 'small' }, null])('answers 422 to %j', async (body) => {
    expect((await world().post('/api/v1/predict/score', body)).status).toBe(422);
  });

  it('says on every answer that it is a stand-in', async () => {
    const { app, post } = world();
    for (const response of [
      await post('/api/v1/predict/score', score('runs')),
      await app.request('/api/v1/cluster/state?cluster_id=small'),
      await app.request('/clusters/small/api/cluster/summary'),
    ]) {
      expect(response.headers.get('x-vgac-stand-in')).toBe('true');
    }
  });

  it('lets in nobody without its key, where it has one', async () => {
    const { app } = world({ apiKey: 'k' });
    const ask = (headers: HeadersInit) => app.request('/api/v1/cluster/state?cluster_id=small', { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask({ authorization: 'Bearer k' })).status).toBe(200);
    expect(() => world({ apiKey: '' })).toThrow(RangeError);
  });
});

describe('VGAC stand-in, platform', () => {
  const root = '/clusters/small/api';

  it('predicts by the shape of a job', async () => {
    const { post } = world();
    const busy = PlatformWait.parse(await (await post(`${root}/predict/wait`, shape)).json());
    const free = PlatformWait.parse(await (await post(`${root}/predict/wait`, { ...shape, queue: 'short' })).json());
    expect(busy.probability_long_wait).toBeGreaterThan(free.probability_long_wait);
  });

  it('summarises the cluster and its own calibration', async () => {
    const { app } = world();
    const summary = PlatformSummary.parse(await (await app.request(`${root}/cluster/summary`)).json());
    expect(summary).toMatchObject({ cluster_id: 'small', total_gpus: 56, available_gpus: 16, total_nodes: 14 });
    VgacCalibration.parse(await (await app.request(`${root}/jobs/predict/calibration`)).json());
  });

  it('answers 404 for a queue or a cluster that it does not know, and 422 for nonsense', async () => {
    const { post, app } = world();
    expect((await post(`${root}/predict/wait`, { ...shape, queue: 'nowhere' })).status).toBe(404);
    expect((await post('/clusters/nowhere/api/predict/wait', shape)).status).toBe(404);
    expect((await app.request('/clusters/nowhere/api/cluster/summary')).status).toBe(404);
    expect((await post(`${root}/predict/wait`, { gpus: 'four' })).status).toBe(422);
  });

  it('says so when its source knows jobs by id only', async () => {
    const none: PredictionSource = { predict: () => null, state: () => null, calibration: () => null };
    const app = createVgacStandIn(none);
    const response = await app.request(`${root}/predict/wait`, { method: 'POST', body: JSON.stringify(shape) });
    expect(response.status).toBe(501);
  });
});
