import { describe, expect, it } from 'vitest';
import type { TraceJob } from '../../../../infra/demo/feed/trace.ts';
import { traceSource } from '../../../../infra/demo/stand-ins/vgac/trace-source.ts';

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

  it('says nothing of a job of which the file says nothing', () => {
    expect(predictions([row('a', 0, 417)])).toEqual([{ pLongWait: null, waitSeconds: null, confidence: 0 }]);
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

  it('states its own calibration from the labels known by then, renewed every fifty', () => {
    let now = T0 * 1_000;
    const jobs = Array.from({ length: 520 }, (_, n) =>
      row(`j${n}`, n * 40, n % 4 === 0 ? 400 : 10, { pLongWait: n % 10 === 0 ? null : 0.25 }),
    );
    const source = traceSource(jobs, { now: () => now });
    expect(source.calibration('c1')).toMatchObject({ sampleCount: 0, lastRecalibration: null });
    now = (T0 + 1e6) * 1_000;
    expect(source.calibration('c1')).toMatchObject({ sampleCount: 450, ece: expect.closeTo(0, 1) });
  });

  it('states nothing of jobs that were cancelled before they had a label', () => {
    const cancelled = Array.from({ length: 60 }, (_, n) => row(`x${n}`, n, 1, { end: 'cancelled', pLongWait: 0.5 }));
    const source = traceSource(cancelled, { now: () => (T0 + 1e6) * 1_000 });
    expect(source.calibration('c1')).toMatchObject({ sampleCount: 0 });
  });
});
