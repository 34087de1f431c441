import { describe, expect, it } from 'vitest';
import { anomalies, learn, type Profile } from '../../../functions/domain/profile.ts';
import { NOON } from '../../fixtures/builders.ts';

const seen = (queueDepth: number, gpuUtilization = 60) => ({
  queueDepth,
  gpuUtilization,
  pendingJobs: queueDepth,
  runningJobs: 40,
});
const usual: Profile = {
  observations: 288,
  avg_queue_depth: 10,
  avg_gpu_utilization: 60,
  last_updated: '2026-11-20T11:00:00Z',
};

describe('the profile of a cluster', () => {
  it.each([
    ['nothing of a usual day', usual, seen(12), 0],
    ['a queue that is just twice and ten deep', usual, seen(30), 0],
    ['a queue that is deeper', usual, seen(31), 1],
    ['idle GPUs in a busy cluster', usual, seen(10, 19), 1],
    ['both', usual, seen(100, 1), 2],
    ['nothing, before it knows what is usual', { ...usual, observations: 287 }, seen(1_000), 0],
    ['nothing, without a profile', null, seen(1_000), 0],
  ])('remarks %s', (_, profile, observation, count) => {
    expect(anomalies(profile, observation)).toHaveLength(count);
  });

  it('starts with what it sees first', () => {
    expect(learn(null, seen(7), null, NOON)).toMatchObject({
      observations: 1,
      avg_queue_depth: 7,
      avg_gpu_utilization: 60,
    });
  });

  it('keeps what VGAC says of its own calibration', () => {
    const said = { ece: 0.09, recalibration_needed: true };
    expect(learn(null, seen(7), said, NOON)).toMatchObject({ vgac_ece: 0.09, vgac_recalibration_needed: true });
  });

  it('learns by time and not by jobs', () => {
    const first = learn(null, seen(7), null, NOON);
    expect(learn(first, seen(900), null, new Date(NOON.getTime() + 299_999))).toBe(null);
    expect(learn(first, seen(9), null, new Date(NOON.getTime() + 300_000))).toMatchObject({
      observations: 2,
      avg_queue_depth: 8,
    });
  });
});
