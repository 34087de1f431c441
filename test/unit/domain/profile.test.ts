import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anomalies,
  isLearningDue,
  learn,
  medianWait,
  type Profile,
  peakHours,
} from '../../../functions/domain/profile.ts';
import type { Usual } from '../../../schemas/items/cluster.ts';
import type { Observation } from '../../../schemas/ports/vgac.ts';
import { NOON } from '../../fixtures/builders.ts';

const seen = (queueDepth: number, more: Partial<Observation> = {}): Observation => ({
  queueDepth,
  gpuUtilization: 60,
  gpuMemoryUsed: 500,
  pendingJobs: queueDepth,
  runningJobs: 40,
  ...more,
});
const usualOf = (usual: number, spread: number, n = 84): Usual => ({
  hours: Array.from({ length: 24 }, () => ({ n, usual })),
  spread,
  measured: 864,
});
const usual: Profile = {
  observations: 2_000,
  avg_queue_depth: 10,
  avg_gpu_utilization: 60,
  queue: usualOf(Math.log1p(20), 0.15),
  utilisation: usualOf(60, 4),
  memory: usualOf(Math.log1p(500), 0.05),
  last_updated: '2026-11-20T11:00:00Z',
};
const later = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

describe('what is unusual', () => {
  it.each<[string, Profile | null, Observation, string[]]>([
    ['nothing of a usual hour', usual, seen(20), []],
    ['nothing of a queue that is within its noise', usual, seen(33), []],
    ['a queue that is twice as deep', usual, seen(40), ['queue depth 40, usually 20']],
    ['nothing of a short queue', usual, seen(0), []],
    ['idle GPUs in a busy cluster', usual, seen(20, { gpuUtilization: 19 }), ['GPU utilisation 19 %, usually 60 %']],
    ['memory that is nearly all free', usual, seen(20, { gpuMemoryUsed: 100 }), ['GPU memory 100, usually 500']],
    ['nothing of a memory that nobody tells', usual, seen(20, { gpuMemoryUsed: null }), []],
    ['nothing before two days of observations', { ...usual, observations: 575 }, seen(900), []],
    ['nothing at an hour it has hardly seen', { ...usual, queue: usualOf(3, 0.1, 23) }, seen(900), []],
    ['nothing without a profile', null, seen(1_000), []],
    ['nothing with a profile of before there were hours', { ...usual, queue: undefined }, seen(1_000), []],
    ['nothing of three jobs in a queue that is always empty', { ...usual, queue: usualOf(0, 0) }, seen(3), []],
  ])('remarks %s', (_, profile, observation, expected) => {
    expect(anomalies(profile, observation, NOON)).toEqual(expected);
  });

  it('depends on the hour of the day', () => {
    const night = usualOf(Math.log1p(20), 0.15);
    night.hours[3] = { n: 84, usual: Math.log1p(5) };
    const profile = { ...usual, queue: night };
    expect(anomalies(profile, seen(20), NOON)).toEqual([]);
    expect(anomalies(profile, seen(20), later(15 * 60))).toEqual(['queue depth 20, usually 5']);
  });
});

describe('the profile of a cluster', () => {
  it('starts with what it sees first', () => {
    expect(learn(null, seen(7), null, null, NOON)).toMatchObject({
      observations: 1,
      avg_queue_depth: 7,
      avg_gpu_utilization: 60,
      peak_hours: [],
      last_updated: NOON.toISOString(),
    });
  });

  it('keeps what VGAC says of its own calibration, and the typical wait, until they are said anew', () => {
    const said = { ece: 0.09, recalibration_needed: true };
    const first = learn(null, seen(7), said, 4.5, NOON);
    expect(first).toMatchObject({ vgac_ece: 0.09, vgac_recalibration_needed: true, typical_wait_minutes: 4.5 });
    const second = learn(first, seen(7), null, null, later(5));
    expect(second).toMatchObject({ vgac_ece: 0.09, vgac_recalibration_needed: true, typical_wait_minutes: 4.5 });
    const quiet = { ece: 0.01, recalibration_needed: false };
    expect(learn(second, seen(7), quiet, 3, later(10))).toMatchObject({
      vgac_recalibration_needed: false,
      typical_wait_minutes: 3,
    });
  });

  it('learns by time and not by jobs', () => {
    const first = learn(null, seen(7), null, null, NOON);
    expect(isLearningDue(null, NOON)).toBe(true);
    expect(isLearningDue(first, new Date(later(5).getTime() - 1))).toBe(false);
    expect(isLearningDue(first, later(5))).toBe(true);
    expect(learn(first, seen(9), null, null, later(5))).toMatchObject({ observations: 2, avg_queue_depth: 8 });
  });

  it('is not carried off by one bad day', () => {
    const profile = Array.from({ length: 288 }).reduce<Profile>(
      (known, _, i) => learn(known, seen(2_000, { gpuUtilization: 0 }), null, null, later(i * 5)),
      usual,
    );
    expect(Math.expm1(profile.queue?.hours[12]?.usual ?? 0)).toBeLessThan(45);
    expect(anomalies(profile, seen(2_000), NOON)).toHaveLength(1);
  });

  it('knows the hours whose queue is a quarter deeper than that of the day', () => {
    const day = usualOf(Math.log1p(10), 0.1);
    for (const hour of [9, 10]) day.hours[hour] = { n: 84, usual: Math.log1p(30) };
    day.hours[11] = { n: 3, usual: Math.log1p(90) };
    expect(peakHours(day)).toEqual([9, 10]);
    expect(peakHours(usualOf(Math.log1p(10), 0.1))).toEqual([]);
    expect(peakHours(undefined)).toEqual([]);
  });

  it('stays finite and small whatever VGAC says', () => {
    const any = fc.record({
      queueDepth: fc.nat(10_000_000),
      gpuUtilization: fc.double({ min: 0, max: 100, noNaN: true }),
      gpuMemoryUsed: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
      pendingJobs: fc.nat(),
      runningJobs: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 60 }), fc.nat(1_440), (observations, step) => {
        let profile: Profile | null = null;
        for (const [i, observation] of observations.entries()) {
          const now = later(i * (5 + step));
          anomalies(profile, observation, now);
          profile = learn(profile, observation, null, null, now);
        }
        const text = JSON.stringify(profile);
        expect(text).not.toContain('null');
        expect(text.length).toBeLessThan(5_000);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the typical wait', () => {
  const waits = (count: number, wait: number | null) => Array.from({ length: count }, () => wait);

  it.each([
    ['is the median, in minutes', [...waits(12, 60), ...waits(30, 300), ...waits(12, 9_000)], 5],
    ['counts a job that has not started as the longest', [...waits(20, 60), ...waits(15, null)], 1],
    ['is unknown where most have not started', [...waits(20, 60), ...waits(21, null)], null],
    ['is unknown for fewer than 20', waits(19, 60), null],
  ])('%s', (_, given, expected) => {
    expect(medianWait(given)).toBe(expected);
  });
});
