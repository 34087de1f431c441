import { expect, it } from 'vitest';
import { SimulatedCluster } from '../../../../infra/demo/simulator/cluster.ts';
import { eventLoop } from '../../../../infra/demo/simulator/event-loop.ts';
import { burstySlurm } from '../../../../infra/demo/simulator/profiles.ts';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { Twins } from '../../../../infra/demo/simulator/twins.ts';
import { START } from './small-cluster.ts';

const HOUR_MS = 3_600_000;

function beside(act: (cluster: SimulatedCluster, jobId: string) => void) {
  const clock = eventLoop(START);
  const until = START + 8 * HOUR_MS;
  const parts = { profile: burstySlurm, regimeAt: START + 3 * HOUR_MS, regimeUntil: START + 6 * HOUR_MS };
  const cluster: SimulatedCluster = new SimulatedCluster({
    ...parts,
    clock,
    random: seededRandom(3),
    emit: ({ type, detail }) => {
      if (type === 'JobSubmitted') act(cluster, detail.jobId);
    },
  });
  cluster.start({ until });
  clock.runUntil(until + 24 * HOUR_MS);
  return new Twins(cluster, { ...parts, seed: 3, startMs: START, until });
}

it('finds no difference where nobody does anything', () => {
  const nothing = { jobs: 0, seconds: 0, most: 0 };
  expect(beside(() => undefined).difference()).toEqual({ touched: nothing, others: nothing });
});

it('tells what a job gained by what was done to it, apart from what others gained or lost by it', () => {
  const touched: string[] = [];
  const twins = beside((cluster, jobId) => {
    if (touched.length >= 5 || cluster.view().pending < 5) return;
    cluster.actions.apply({ decisionId: jobId, jobId, action: 'adjust-priority', delta: 1_000 });
    touched.push(jobId);
  });
  const { touched: own, others } = twins.difference();
  expect(own.jobs).toBe(5);
  expect(own.seconds).toBe(touched.reduce((sum, jobId) => sum + (twins.earlier(jobId) ?? 0), 0));
  expect(own.seconds).toBeGreaterThan(0);
  expect(own.most).toBe(Math.max(...touched.map((jobId) => twins.earlier(jobId) ?? 0)));
  expect(others.seconds).toBeLessThan(0);
});
