import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const T0 = 1_772_352_000_000;
const ID = '11111111-2222-3333-4444-555555555555';
const QUEUE = 'arn:aws:batch:eu-central-1:123456789012:job-queue/gpu-spot';
const job = (jobId: string, more: object = {}): object => ({
  ...{ jobArn: `arn:${jobId}`, jobName: 'train', jobId, jobQueue: QUEUE, status: 'SUCCEEDED', createdAt: T0 },
  ...{ startedAt: T0 + 400_000, stoppedAt: T0 + 900_000, dependsOn: [], tags: {} },
  container: {
    image: 'x',
    resourceRequirements: [
      { type: 'GPU', value: '4' },
      { type: 'VCPU', value: '32' },
    ],
  },
  ...more,
});
const described = (...jobs: object[]): string => JSON.stringify({ jobs }, null, 2);
const NEVER = { startedAt: undefined, stoppedAt: undefined };
const LAST = job('last', { createdAt: T0 + 9_000_000, startedAt: T0 + 9_001_000, stoppedAt: T0 + 9_002_000 });

describe('aws batch describe-jobs', () => {
  it('is read without a mapping: the name of the queue in its ARN, size, wait, run time', async () => {
    const { rows } = await read(described(job(ID)));
    expect(rows).toMatchObject([
      {
        ...{ id: ID, submittedAt: T0 / 1000, waitSeconds: 400, runSeconds: 500, queue: 'gpu-spot', gpus: 4, procs: 32 },
        ...{ longWait: true, platform: 'aws_batch' },
      },
    ]);
  });

  it('may be many pages in one file, and what list-jobs prints', async () => {
    const page = (id: string, name = 'jobs'): string => JSON.stringify({ [name]: [job(id)], nextToken: 'x' });
    const { rows } = await read(`${page('a')}\n${page('b')}${page('c', 'jobSummaryList')}`);
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('has arrays that are one round, from the first child on, whenever the others were created', async () => {
    const { rows, faults } = await read(
      described(
        job(ID, { arrayProperties: { size: 3, statusSummary: {} }, ...NEVER, status: 'PENDING' }),
        job(`${ID}:0`, { arrayProperties: { index: 0 }, createdAt: T0 + 500 }),
        job(`${ID}:1`, { arrayProperties: { index: 1 }, createdAt: T0 + 800, startedAt: T0 + 60_500 }),
        job(`${ID}:2`, { arrayProperties: { index: 2 }, createdAt: T0 + 1100, ...NEVER, status: 'RUNNABLE' }),
      ),
      { rounds: true },
    );
    expect(rows).toMatchObject([{ id: ID, submittedAt: T0 / 1000 + 0.5, waitSeconds: 60, longWait: false }]);
    expect(faults).toMatchObject({ count: 0, notes: [expect.stringMatching(/^1 array jobs without a start/)] });
  });

  it.each<[string, object, object]>([
    [
      'failed before it started, within T',
      { ...NEVER, status: 'FAILED', stoppedAt: T0 + 5000 },
      { longWait: false, censored: false },
    ],
    ['failed before it started, after T', { ...NEVER, status: 'FAILED', stoppedAt: T0 + 500_000 }, { longWait: true }],
    [
      'was terminated in the queue, within T',
      { ...NEVER, status: 'FAILED', stoppedAt: T0 + 5000, statusReason: 'Terminated by operator' },
      { censored: true, leftAt: T0 / 1000 + 5 },
    ],
    ['is runnable', { ...NEVER, status: 'RUNNABLE' }, { longWait: true, leftAt: Number.NaN }],
    ['runs', { stoppedAt: undefined, status: 'RUNNING' }, { waitSeconds: 400, runSeconds: Number.NaN }],
    ['has a start of 0', { startedAt: 0, stoppedAt: undefined, status: 'STARTING' }, { waitSeconds: Number.NaN }],
    [
      'was tried again: it has waited until the first attempt',
      { attempts: [{ startedAt: T0 + 30_000, stoppedAt: T0 + 40_000 }, { startedAt: T0 + 400_000 }] },
      { waitSeconds: 30, longWait: false },
    ],
  ])('knows a job that %s', async (_, more, expected) => {
    const { rows } = await read(described(job('b', more), LAST));
    expect(rows.find(({ id }) => id === 'b')).toMatchObject(expected);
  });

  it.each<[string, object, number, number]>([
    ['of old: vcpus', { container: { vcpus: 2, memory: 4 } }, 0, 2],
    [
      'with several nodes',
      {
        nodeProperties: {
          ...{ numNodes: 4, mainNode: 0 },
          nodeRangeProperties: [
            { targetNodes: '0', container: { resourceRequirements: [{ type: 'VCPU', value: '4' }] } },
            { targetNodes: '1:', container: { resourceRequirements: [{ type: 'GPU', value: '8' }] } },
          ],
        },
      },
      24,
      4,
    ],
    [
      'on EKS',
      {
        eksProperties: {
          podProperties: { containers: [{ resources: { limits: { 'nvidia.com/gpu': '1', cpu: '2' } } }] },
        },
      },
      1,
      2,
    ],
    ['that says nothing', { container: undefined }, Number.NaN, Number.NaN],
  ])('knows the size of a job %s', async (_, more, gpus, procs) => {
    expect((await read(described(job('b', more)))).rows).toMatchObject([{ gpus, procs }]);
  });

  it('leaves out the nodes of a job, and tells what is missing in another', async () => {
    const { rows, faults } = await read(described(job('a'), job('a#1'), { jobId: 'x', status: 'RUNNING' }));
    expect(rows.map(({ id }) => id)).toEqual(['a']);
    expect(faults.first[0]?.fault).toMatch(/^job "x": createdAt: /);
    expect(faults.notes).toEqual([expect.stringMatching(/^1 nodes of multi-node jobs/)]);
  });

  it('is read in whatever its times are counted, and in words', async () => {
    const at = (of: (seconds: number) => unknown) => {
      const [createdAt, startedAt, stoppedAt] = [0, 400, 900].map((seconds) => of(T0 / 1000 + seconds));
      return job(ID, { createdAt, startedAt, stoppedAt });
    };
    for (const of of [
      (seconds: number) => seconds,
      (seconds: number) => seconds * 1e6,
      (seconds: number) => new Date(seconds * 1000).toISOString(),
    ]) {
      const { rows } = await read(described(at(of)));
      expect(rows).toMatchObject([{ submittedAt: T0 / 1000, waitSeconds: 400, runSeconds: 500 }]);
    }
  });

  it('tells what cannot be: no time of creation, or a start before it', async () => {
    const { rows, faults } = await read(described(job('a', { createdAt: 0 }), job('b', { startedAt: T0 - 5000 })));
    expect(rows).toEqual([]);
    expect(faults.first.map(({ fault }) => fault)).toEqual([
      'createdAt "0" is not a time in seconds or ISO 8601',
      'it starts 5 s before it was submitted',
    ]);
  });
});
