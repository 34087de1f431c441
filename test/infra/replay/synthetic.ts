import { gzipSync } from 'node:zlib';

export const HEADER =
  'submitted_at,cluster_id,platform,job_id,p_long_wait,predicted_wait_s,actual_wait_s,long_wait,label_at';
const T = 300;

/** A small seeded generator (mulberry32), so that every run sees the same jobs. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Job {
  submittedAt: number;
  jobId: string;
  p: number;
  predicted: number;
  wait: number;
  longWait: boolean;
  labelAt: number;
}

/** Jobs of a quiet cluster, a minute apart if not said otherwise, whose model is right about them until `driftsAt`, and says .02 from then on. */
export function* jobStream(
  count: number,
  { seed = 1, driftsAt = Number.POSITIVE_INFINITY, apart = 60 } = {},
): Generator<Job> {
  const random = seeded(seed);
  for (let i = 0; i < count; i++) {
    const truth = Math.round((0.01 + 0.98 * random() ** 6) * 1000) / 1000;
    const longWait = random() < (i < driftsAt ? truth : 0.4);
    const wait = longWait ? T + 1 + Math.floor(3000 * random()) : Math.floor(T * random());
    const submittedAt = 1_700_000_000 + apart * i;
    const labelAt = submittedAt + Math.min(wait, T);
    const p = i < driftsAt ? truth : 0.02;
    yield { submittedAt, jobId: `job-${i}`, p, predicted: Math.round(600 * p), wait, longWait, labelAt };
  }
}

export function jobs(count: number, options?: Parameters<typeof jobStream>[1]): Job[] {
  return [...jobStream(count, options)];
}

export function csvLine(job: Job, clusterId = 'c1'): string {
  const { submittedAt, jobId, p, predicted, wait, longWait, labelAt } = job;
  return `${submittedAt},${clusterId},slurm,${jobId},${p},${predicted},${wait},${longWait ? 1 : 0},${labelAt}`;
}

export function csv(list: readonly Job[], clusterId = 'c1'): string {
  return `${[HEADER, ...list.map((job) => csvLine(job, clusterId))].join('\n')}\n`;
}

export function zipped(text: string): Buffer {
  return gzipSync(Buffer.from(text));
}
