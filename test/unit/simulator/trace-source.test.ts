import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../functions/domain/calibration/bins.ts';
import { canonicalEce } from '../../../functions/domain/calibration/ece.ts';
import type { TraceJob } from '../../../infra/embedded/feed/trace.ts';
import { seededRandom } from '../../../infra/embedded/simulator/random.ts';
import { traceSource } from '../../../infra/embedded/stand-ins/vgac/trace-source.ts';

const T0 = Date.UTC(2026, 10, 1) / 1_000;

function row(jobId: string, submittedAt: number, waitSeconds: number, overrides: Partial<TraceJob> = {}): TraceJob {
  return {
    clusterId: 'c1',
    platform: 'slurm',
    jobId,
    submittedAt: T0 + submittedAt,
    end: 'started',
    waitSeconds,
    runSeconds: 600,
    gpus: 1,
    processors: 1,
    queue: 'gpu',
    pLongWait: null,
    predictedWaitSeconds: null,
    ...overrides,
  };
}

/** Asks for each job at the instant of its submission. */
function predictions(jobs: readonly TraceJob[]) {
  let now = 0;
  const source = traceSource(jobs, { now: () => now });
  return jobs.map(({ clusterId, jobId, submittedAt }) => {
    now = submittedAt * 1_000;
    return source.predict(clusterId, jobId);
  });
}

/** Jobs of a queue that is stuck for a while now and then. */
function stuckNowAndThen(count: number, seed: number): TraceJob[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) => {
    const stuck = Math.floor(n / 60) % 3 === 2;
    const wait = Math.round(random() * (stuck ? 2_000 : 200));
    return row(`j${n}`, n * 40, wait);
  });
}

const traced = fc.record({
  gap: fc.integer({ min: 0, max: 500 }),
  wait: fc.integer({ min: 0, max: 3_000 }),
  gpus: fc.integer({ min: 0, max: 64 }),
  end: fc.constantFrom('started' as const, 'cancelled' as const),
});

describe('trace source', () => {
  it("serves the trace's own probabilities unchanged", () => {
    const jobs = [row('a', 0, 417, { pLongWait: 0.064, predictedWaitSeconds: 17.2 }), row('b', 5, 0, { pLongWait: 0 })];
    expect(predictions(jobs)[0]).toMatchObject({ pLongWait: 0.064, waitSeconds: 17.2 });
    expect(predictions(jobs)[0]?.confidence).toBeCloseTo(0.936);
    expect(predictions(jobs)[1]).toMatchObject({ pLongWait: 0, confidence: 1 });
  });

  it('does not know a job before it is submitted, nor one of another cluster', () => {
    let now = (T0 - 1) * 1_000;
    const source = traceSource([row('a', 0, 10)], { now: () => now });
    expect(source.predict('c1', 'a')).toBeNull();
    now = T0 * 1_000;
    expect(source.predict('c1', 'a')).not.toBeNull();
    expect(source.predict('c1', 'b')).toBeNull();
    expect(source.predict('c2', 'a')).toBeNull();
    expect(source.state('c2')).toBeNull();
    expect(source.calibration('c2')).toBeNull();
  });

  it('never peeks: what happens after a submission does not change its prediction', () => {
    fc.assert(
      fc.property(
        fc.array(traced, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 0, max: 3_000 }),
        (list, pick, other) => {
          let at = 0;
          const jobs = list.map(({ gap, wait, gpus, end }, n) => {
            at += gap;
            return row(`j${n}`, at, wait, { gpus, end });
          });
          const index = pick % jobs.length;
          const cut = jobs[index]?.submittedAt ?? 0;
          // Changes every future: later jobs are gone, and who still waits now waits otherwise.
          const changed = jobs.slice(0, index + 1).map((job) => {
            const left = job.submittedAt + job.waitSeconds;
            const labelled = left > cut && cut - job.submittedAt > 300;
            const waitSeconds = left <= cut ? job.waitSeconds : cut - job.submittedAt + 1 + other;
            // What is known by then (it has waited long) must stay so.
            return labelled || left <= cut ? { ...job, waitSeconds } : { ...job, waitSeconds, end: 'started' as const };
          });
          expect(predictions(changed)[index]).toEqual(predictions(jobs)[index]);
        },
      ),
    );
  });

  it('learns that a stuck queue stays stuck for a while, and is calibrated within .05', () => {
    const jobs = stuckNowAndThen(4_000, 1);
    const given = predictions(jobs);
    const pairs: Pair[] = jobs.map(({ waitSeconds }, n) => ({
      p: given[n]?.pLongWait ?? Number.NaN,
      y: waitSeconds > 300 ? 1 : 0,
    }));
    expect(canonicalEce(pairs.slice(500))).toBeLessThan(0.05);
    const meanOf = (y: 0 | 1) => {
      const own = pairs.filter((pair) => pair.y === y);
      return own.reduce((sum, { p }) => sum + p, 0) / own.length;
    };
    expect(meanOf(1) - meanOf(0)).toBeGreaterThan(0.4);
  });

  it('gives the same predictions whenever it is asked', () => {
    const jobs = stuckNowAndThen(300, 2);
    const late = traceSource(jobs, { now: () => (T0 + 1e6) * 1_000 });
    expect(jobs.map(({ jobId }) => late.predict('c1', jobId))).toEqual(predictions(jobs));
  });

  it('learns nothing from a job that was cancelled before it had a label', () => {
    const cancelled = Array.from({ length: 50 }, (_, n) => row(`x${n}`, n, 1, { end: 'cancelled' }));
    const last = row('last', 100, 0);
    expect(predictions([...cancelled, last]).at(-1)?.pLongWait).toBeCloseTo(0.1);
  });

  it('tells who waits, who runs and how many GPUs are in use', () => {
    let now = (T0 + 50) * 1_000;
    const jobs = [row('a', 0, 10, { gpus: 4 }), row('b', 20, 100, { gpus: 8 }), row('c', 200, 0)];
    const source = traceSource(jobs, { now: () => now });
    expect(source.state('c1')).toMatchObject({ queueDepth: 1, activeJobs: 1, gpuUtilization: 100, totalGpus: 4 });
    now = (T0 + 130) * 1_000;
    expect(source.state('c1')).toMatchObject({ queueDepth: 0, activeJobs: 2, availableGpus: 0, totalGpus: 12 });
    now = (T0 + 5_000) * 1_000;
    expect(source.state('c1')).toMatchObject({ activeJobs: 0, gpuUtilization: 0, availableGpus: 13 });
    now = 0;
    expect(source.state('c1')).toMatchObject({ queueDepth: 0, totalGpus: 0 });
  });

  it('states its own calibration from the labels known by then', () => {
    let now = T0 * 1_000;
    const jobs = stuckNowAndThen(500, 3);
    const source = traceSource(jobs, { now: () => now });
    expect(source.calibration('c1')).toMatchObject({ sampleCount: 0, lastRecalibration: null });
    now = (T0 + 1e6) * 1_000;
    expect(source.calibration('c1')).toMatchObject({ sampleCount: 500 });
  });
});
