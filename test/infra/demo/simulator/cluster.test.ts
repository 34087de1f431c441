import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CollectorEvent } from '../../../../infra/demo/feed/timeline.ts';
import { SimulatedCluster } from '../../../../infra/demo/simulator/cluster.ts';
import { eventLoop } from '../../../../infra/demo/simulator/event-loop.ts';
import { burstySlurm, quietK8s } from '../../../../infra/demo/simulator/profiles.ts';
import { seededRandom } from '../../../../infra/demo/simulator/random.ts';
import { JobCancelled, JobEnded, JobStarted, JobSubmitted } from '../../../../schemas/events/collector.ts';
import { arrival, START, smallCluster, twoQueues } from './small-cluster.ts';

const DAY_MS = 86_400_000;
const SCHEMAS = { JobSubmitted, JobStarted, JobEnded, JobCancelled };

function play(profile: typeof burstySlurm, seed: number, days: number, regimeAt: number | null = null) {
  const clock = eventLoop(START);
  const events: CollectorEvent[] = [];
  const emit = (event: CollectorEvent) => void events.push(event);
  const cluster = new SimulatedCluster({ profile, clock, random: seededRandom(seed), emit, regimeAt });
  cluster.start({ until: START + days * DAY_MS });
  clock.runUntil(START + (days + 3) * DAY_MS);
  return { cluster, events };
}

describe('simulated cluster', () => {
  it.each([quietK8s, burstySlurm])('$name tells everything in the format of the collectors', (profile) => {
    const { events } = play(profile, 3, 1, START + DAY_MS / 2);
    expect(events.length).toBeGreaterThan(300);
    for (const { type, detail } of events) expect(SCHEMAS[type].parse(detail)).toEqual(detail);
  });

  it('replays the same events from the same seed, and others from another', () => {
    const once = play(burstySlurm, 5, 1).events;
    expect(play(burstySlurm, 5, 1).events).toEqual(once);
    expect(play(burstySlurm, 6, 1).events).not.toEqual(once);
  });

  it('tells nobody that a job started before its submission was told', () => {
    const { cluster } = play(burstySlurm, 4, 1);
    for (const job of cluster.jobs()) {
      if (job.startedAt !== null) expect(job.startedAt).toBeGreaterThan(job.arrival.submittedAt);
    }
  });

  it('numbers the jobs of a second run on from the first', () => {
    const clock = eventLoop(START);
    const options = { profile: twoQueues, clock, random: seededRandom(1), emit: () => undefined };
    const cluster = new SimulatedCluster({ ...options, firstJobNumber: 1_000 });
    cluster.start({ until: START + DAY_MS / 4 });
    clock.runUntil(START + DAY_MS);
    expect([...cluster.jobs()][0]?.arrival.jobId).toBe('411000');
  });

  it('submits nothing more once it is stopped', () => {
    const { cluster, runFor } = smallCluster(burstySlurm);
    cluster.start({ until: START + DAY_MS });
    runFor(6 * 3_600);
    const before = [...cluster.jobs()].length;
    cluster.stop();
    runFor(DAY_MS / 1_000);
    expect([...cluster.jobs()]).toHaveLength(before);
    expect(cluster.view()).toMatchObject({ pending: 0, running: 0, utilisation: 0 });
  });

  it('shows who waits and how much is in use', () => {
    const { cluster, runFor } = smallCluster();
    for (const jobId of ['a', 'b']) cluster.submit(arrival(jobId));
    runFor(2);
    expect(cluster.view()).toMatchObject({ queueDepth: 1, pending: 1, running: 1, freeGpus: 5, totalGpus: 9 });
    expect(cluster.view().utilisation).toBeCloseTo(44.4);
  });

  it('refuses a job id that it knows', () => {
    const { cluster } = smallCluster();
    cluster.submit(arrival('a'));
    expect(() => cluster.submit(arrival('a'))).toThrow(RangeError);
  });
});

describe('scheduling', () => {
  it('starts higher priorities first, and equal ones in their turn', () => {
    const { cluster, runFor, startedAfter } = smallCluster();
    for (const [jobId, priority] of [
      ['front', 100],
      ['first', 100],
      ['second', 100],
      ['urgent', 200],
    ] as const) {
      cluster.submit(arrival(jobId, { priority }));
    }
    runFor(4_000);
    expect(['urgent', 'front', 'first', 'second'].map(startedAfter)).toEqual([1, 601, 1_201, 1_801]);
  });

  it('fills gaps with small jobs only where that does not delay the one in front', () => {
    const { cluster, runFor, startedAfter } = smallCluster();
    const request = (gpus: number, estimatedMinutes: number) => ({ gpus, cpuMillis: 1, memoryGb: 1, estimatedMinutes });
    cluster.submit(arrival('running', { request: request(3, 10) }));
    runFor(2);
    cluster.submit(arrival('wide', { request: request(4, 10) }));
    cluster.submit(arrival('small-and-long', { request: request(1, 60), runSeconds: 3_600 }));
    cluster.submit(arrival('small-and-short', { request: request(1, 5), runSeconds: 300 }));
    runFor(10_000);
    expect(startedAfter('small-and-short')).toBe(3);
    expect(startedAfter('wide')).toBe(601);
    expect(startedAfter('small-and-long')).toBe(1_201);
  });

  it('gives whole nodes to a job that is larger than one', () => {
    const profile = { ...twoQueues, queues: [{ name: 'gpu', nodes: 3, gpusPerNode: 4, gpuType: 'H100', share: 1 }] };
    const { cluster, runFor, startedAfter } = smallCluster(profile);
    const request = { gpus: 8, cpuMillis: 1, memoryGb: 1, estimatedMinutes: 10 };
    for (const jobId of ['a', 'b']) cluster.submit(arrival(jobId, { request }));
    runFor(2_000);
    expect([startedAfter('a'), startedAfter('b')]).toEqual([1, 601]);
  });

  it('lets an impatient user go', () => {
    const { cluster, runFor, events, startedAfter } = smallCluster();
    cluster.submit(arrival('front'));
    runFor(2);
    cluster.submit(arrival('impatient', { patienceSeconds: 120 }));
    runFor(4_000);
    expect(startedAfter('impatient')).toBeNull();
    expect(events.filter(({ detail }) => detail.jobId === 'impatient').map(({ type }) => type)).toEqual([
      'JobSubmitted',
      'JobCancelled',
    ]);
  });

  it('starts jobs slowly in every other half cycle after the regime change, and lets drained nodes rest', () => {
    const regime = { because: 'test', drained: { short: 1 }, cycleHours: 2, prologSeconds: [200, 400] as const };
    const clock = eventLoop(START);
    const cluster = new SimulatedCluster({
      profile: { ...twoQueues, regime },
      clock,
      random: seededRandom(1),
      emit: () => undefined,
      regimeAt: START + 10_000,
    });
    cluster.start({ until: START });
    const submitAt = (seconds: number, jobId: string, queue: string) => {
      clock.runUntil(START + seconds * 1_000);
      cluster.submit(arrival(jobId, { queue, submittedAt: clock.now(), prologDraw: 0.5 }));
    };
    submitAt(0, 'before', 'gpu');
    submitAt(1_000, 'slow', 'gpu');
    submitAt(1_000, 'drained', 'short');
    submitAt(5_000, 'as-before', 'gpu');
    submitAt(8_000, 'slow-again', 'gpu');
    clock.runUntil(START + 20_000_000);
    const wait = (jobId: string) => {
      const job = cluster.job(jobId);
      return job?.startedAt ? (job.startedAt - job.arrival.submittedAt) / 1_000 : null;
    };
    expect(['before', 'slow', 'as-before', 'slow-again', 'drained'].map(wait)).toEqual([1, 301, 1, 301, null]);
    expect(cluster.view()).toMatchObject({ totalNodes: 3, readyNodes: 2 });
  });
});

describe('the end of a regime', () => {
  it('gives nodes back to who waits for them, and starts are as before', () => {
    const regime = { because: 'test', drained: { short: 1 }, cycleHours: 2, prologSeconds: [200, 400] as const };
    const clock = eventLoop(START);
    const cluster = new SimulatedCluster({
      profile: { ...twoQueues, regime },
      clock,
      random: seededRandom(1),
      emit: () => undefined,
      regimeAt: START,
      regimeUntil: START + 1_000_000,
    });
    cluster.start({ until: START });
    clock.runUntil(START);
    cluster.submit(arrival('waits', { queue: 'short' }));
    clock.runUntil(START + 2_000_000);
    expect(cluster.job('waits')?.startedAt).toBe(START + 1_000_000);
    expect(cluster.view().readyNodes).toBe(3);
  });
});

describe('what a collector proposes', () => {
  it('is to move a job where the second queue has room for it now, and nothing else', () => {
    const { cluster, events, runFor } = smallCluster();
    const proposed = (jobId: string, queue = 'gpu') => {
      cluster.submit(arrival(jobId, { queue }));
      const submitted = events.find(({ type, detail }) => type === 'JobSubmitted' && detail.jobId === jobId);
      return submitted?.type === 'JobSubmitted' ? (submitted.detail.proposedAction ?? null) : null;
    };
    expect(proposed('room')).toBe('requeue');
    expect(proposed('there-already', 'short')).toBeNull();
    expect(proposed('behind-it')).toBeNull();
    runFor(2);
    expect(proposed('full')).toBeNull();
  });
});

/** Random jobs on one queue, with random actions on them while they run. */
const job = fc.record({
  gapSeconds: fc.integer({ min: 0, max: 400 }),
  gpus: fc.integer({ min: 0, max: 12 }),
  runSeconds: fc.integer({ min: 1, max: 2_000 }),
  overrun: fc.double({ min: 0.3, max: 3, noNaN: true }),
  priority: fc.integer({ min: -2, max: 2 }),
  queue: fc.constantFrom('gpu', 'short'),
  patienceSeconds: fc.option(fc.integer({ min: 1, max: 1_000 }), { freq: 8 }),
  action: fc.option(fc.constantFrom('hold' as const, 'requeue' as const, 'adjust-priority' as const)),
});

describe('conservation', () => {
  it('starts every job once or cancels it, and never gives out more GPUs than there are, whatever comes', () => {
    const queues = ['gpu', 'short'].map((name) => ({ name, nodes: 3, gpusPerNode: 4, gpuType: 'H100', share: 1 }));
    fc.assert(
      fc.property(fc.array(job, { maxLength: 40 }), (jobs) => {
        const { cluster, events, clock, runFor } = smallCluster({ ...twoQueues, queues });
        const inUse = new Map<string, number>();
        const taken = () => [...cluster.jobs()].filter(({ state }) => state === 'running' || state === 'starting');
        const check = () => {
          for (const { name } of queues) {
            const used = taken()
              .filter(({ queue }) => queue === name)
              .reduce((sum, each) => sum + each.arrival.request.gpus, 0);
            inUse.set(name, Math.max(inUse.get(name) ?? 0, used));
            expect(cluster.partition(name).usedGpus).toBe(used);
            expect(used).toBeLessThanOrEqual(12);
          }
        };
        const releases: string[] = [];
        for (const [index, each] of jobs.entries()) {
          runFor(each.gapSeconds);
          const jobId = `j${index}`;
          const estimatedMinutes = Math.max(1, (each.runSeconds * each.overrun) / 60);
          const request = { gpus: each.gpus, cpuMillis: 1, memoryGb: 1, estimatedMinutes };
          cluster.submit(arrival(jobId, { ...each, submittedAt: clock.now(), request }));
          check();
          if (each.action === null) continue;
          const base = { decisionId: jobId, jobId };
          const target = each.queue === 'gpu' ? 'short' : 'gpu';
          if (each.action === 'hold') cluster.actions.apply({ ...base, action: 'hold' });
          else if (each.action === 'requeue') cluster.actions.apply({ ...base, action: 'requeue', queue: target });
          else cluster.actions.apply({ ...base, action: 'adjust-priority', delta: 3 });
          if (each.action === 'hold') releases.push(jobId);
          check();
        }
        for (const jobId of releases) if (cluster.job(jobId)?.state === 'pending') cluster.actions.undo(jobId);
        for (let step = 0; step < 60; step++) {
          runFor(2_000);
          check();
        }
        const told = Map.groupBy(events, ({ detail }) => detail.jobId);
        for (const [, own] of told) {
          const types = own.map(({ type }) => type).join(' ');
          expect(['JobSubmitted JobStarted JobEnded', 'JobSubmitted JobCancelled']).toContain(types);
        }
        expect(told.size).toBe(jobs.length);
        expect(cluster.view()).toMatchObject({ pending: 0, running: 0, freeGpus: 24 });
      }),
      { numRuns: 60 },
    );
  });
});
