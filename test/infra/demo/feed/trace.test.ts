import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { timeline } from '../../../../infra/demo/feed/timeline.ts';
import { readTrace, UnreadableTrace } from '../../../../infra/demo/feed/trace.ts';
import { traceOf } from '../../../fixtures/trace.ts';

const TRACE = 'job_id,cluster,platform,submit_ts,wait_s,gpus,queue,run_s,procs,censored';
const REPLAY = 'submitted_at,cluster_id,platform,job_id,p_long_wait,predicted_wait_s,actual_wait_s,long_wait,label_at';

const trace = (...rows: string[]) => traceOf([TRACE, ...rows, ''].join('\n'), 'jobs.csv');

describe('reading a trace', () => {
  it('tells a plain trace by its columns', async () => {
    const { jobs, clusters, problems } = await trace('7,curie,slurm,1328266553,12,2,hybrid,25735,8,0');
    expect(problems).toEqual([]);
    expect(clusters).toEqual([{ clusterId: 'curie', platform: 'slurm' }]);
    expect(jobs).toEqual([
      {
        clusterId: 'curie',
        platform: 'slurm',
        jobId: '7',
        submittedAt: 1328266553,
        end: 'started',
        waitSeconds: 12,
        runSeconds: 25735,
        gpus: 2,
        processors: 8,
        queue: 'hybrid',
        pLongWait: null,
        predictedWaitSeconds: null,
      },
    ]);
  });

  it('tells a prediction stream by its columns, and keeps its probabilities', async () => {
    const row = '1683795157,openb,kubernetes,pod-1,0.064,17.2,417,1,1683795457';
    const { jobs } = await traceOf(`${REPLAY}\n${row}\n`, 'A.csv');
    expect(jobs[0]).toMatchObject({ pLongWait: 0.064, predictedWaitSeconds: 17.2, waitSeconds: 417, runSeconds: null });
  });

  it('takes columns in any order, and ignores those it does not know', async () => {
    const header = 'wait_s,submit_ts,platform,cluster,job_id,colour';
    const { jobs } = await traceOf(`${header}\n5,1328266553,slurm,curie,7,green\n`, 'jobs.csv');
    expect(jobs[0]).toMatchObject({ jobId: '7', waitSeconds: 5, gpus: 0, queue: null });
  });

  it('reads a censored job as cancelled after its wait', async () => {
    expect((await trace('7,curie,slurm,1328266553,12,2,hybrid,,8,1')).jobs[0]).toMatchObject({
      end: 'cancelled',
      waitSeconds: 12,
    });
  });

  it('reads -1 as unknown, as archives write it', async () => {
    expect((await trace('7,curie,slurm,1328266553,12,-1,hybrid,-1,-1,0')).jobs[0]).toMatchObject({
      gpus: 0,
      runSeconds: null,
      processors: 1,
    });
  });

  it('sorts by submit time and keeps the order of the file within one second', async () => {
    const { jobs } = await trace(
      'b,curie,slurm,1328266560,0,1,q,,1,0',
      'c,curie,slurm,1328266553,0,1,q,,1,0',
      'a,curie,slurm,1328266553,0,1,q,,1,0',
    );
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['a negative wait', '7,curie,slurm,1328266553,-3,2,q,,8,0', 'wait_s "-3" is not a time span'],
    ['words for a time', '7,curie,slurm,yesterday,3,2,q,,8,0', 'submit_ts "yesterday" is not a time'],
    ['a time that no event carries', '7,curie,slurm,5328266553,3,2,q,,8,0', 'is after the year 2100'],
    ['an unknown platform', '7,curie,pbs,1328266553,3,2,q,,8,0', 'platform: '],
    ['a job id with a space', 'a b,curie,slurm,1328266553,3,2,q,,8,0', 'jobId: '],
    ['a hostile cluster', '7,{% $x %},slurm,1328266553,3,2,q,,8,0', 'clusterId: '],
    ['a missing field', '7,curie,slurm,1328266553,3', '5 fields instead of 10'],
  ])('skips a row with %s and reports its line', async (_, bad, reason) => {
    const { jobs, problems } = await trace(
      '1,curie,slurm,1328266553,0,1,q,,1,0',
      bad,
      '2,curie,slurm,1328266554,0,1,q,,1,0',
    );
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['1', '2']);
    expect(problems).toEqual([{ line: 3, reason: expect.stringContaining(reason) }]);
  });

  it('keeps a row of a prediction stream whose probability is NaN, without one', async () => {
    const { jobs, problems } = await traceOf(
      `${REPLAY}\n1683795157,openb,kubernetes,p,NaN,1,1,0,1683795158\n`,
      'A.csv',
    );
    expect(jobs.map(({ pLongWait }) => pLongWait)).toEqual([null]);
    expect(problems).toEqual([]);
  });

  it('skips a row of a prediction stream with a probability above 1', async () => {
    const bad = '1683795157,openb,kubernetes,p,1.2,1,1,0,1683795158';
    const good = '1683795157,openb,kubernetes,ok,0.1,1,1,0,1683795158';
    const { jobs, problems } = await traceOf(`${REPLAY}\n${good}\n${bad}\n`, 'A.csv');
    expect(jobs).toHaveLength(1);
    expect(problems.map(({ line }) => line)).toEqual([3]);
  });

  it('takes a row without a probability for one without a prediction', async () => {
    const rows = [
      '1683795157,openb,kubernetes,a,0.1,1,1,0,1683795158',
      '1683795158,openb,kubernetes,b,,,1,0,1683795159',
    ];
    const { jobs } = await traceOf(`${REPLAY}\n${rows.join('\n')}\n`, 'A.csv');
    expect(jobs[1]).toMatchObject({ pLongWait: null, predictedWaitSeconds: null, waitSeconds: 1 });
  });

  it('begins a log that counts from its own beginning with the year 2000', async () => {
    const { jobs, notes } = await trace('a,pai,kubernetes,494319.5,17,1,q,,1,0', 'b,pai,kubernetes,494320,5,1,q,,1,0');
    expect(jobs.map(({ submittedAt }) => submittedAt)).toEqual([946_684_800 + 494_319.5, 946_684_800 + 494_320]);
    expect(notes).toEqual([expect.stringContaining('before the year 2000')]);
  });

  it('tells neither start nor end of a job that still waits when the file ends', async () => {
    const { jobs } = await trace('a,curie,slurm,1328266553,,1,q,,1,0', 'b,curie,slurm,1328266560,5,1,q,9,1,0');
    expect(jobs[0]).toMatchObject({ end: 'waiting', waitSeconds: Number.POSITIVE_INFINITY });
    const events = timeline(jobs).flatMap((release) => release.events);
    expect(events.map(({ type, detail }) => `${type} ${detail.jobId}`)).toEqual([
      ...['JobSubmitted a', 'JobSubmitted b', 'JobStarted b'],
    ]);
  });

  it('reads an array as one round, which starts when its first task does', async () => {
    const tasks = ['7_1,c,slurm,1328266553,900,1,q,,1,0', '7_2,c,slurm,1328266553,30,1,q,,1,0'];
    expect((await trace(...tasks)).jobs).toEqual([expect.objectContaining({ jobId: '7', waitSeconds: 30 })]);
  });

  it('says what it needs when the file is no history', async () => {
    await expect(traceOf('a,b\n1,2\n', 'jobs.csv')).rejects.toThrow(/jobs\.csv is not a trace: no column submitted_at/);
  });

  it('refuses a file without one usable row, and names the first bad line', async () => {
    await expect(trace('7,curie,slurm,x,1,1,q,,1,0')).rejects.toThrow(
      /no usable job: the first of 1 bad rows is line 2/,
    );
    await expect(trace()).rejects.toThrow(/it has no rows/);
  });
});

describe('reading a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgac-trace-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const csv = `${TRACE}\n7,curie,slurm,1328266553,12,2,hybrid,25735,8,0\n`;

  it.each([
    ['plain', 'plain.csv', Buffer.from(csv)],
    ['gzip', 'packed.csv.gz', gzipSync(csv)],
    ['gzip under a plain name', 'packed.csv', gzipSync(csv)],
    ['with CRLF and a byte order mark', 'windows.csv', Buffer.from(`\ufeff${csv.replaceAll('\n', '\r\n')}`)],
  ])('reads it %s', async (_, name, bytes) => {
    writeFileSync(join(folder, name), bytes);
    expect((await readTrace(join(folder, name))).jobs).toHaveLength(1);
  });

  it('says what to do about a missing and a damaged file', async () => {
    await expect(readTrace(join(folder, 'none.csv'))).rejects.toThrow(/check that the file exists/);
    writeFileSync(join(folder, 'bad.gz'), gzipSync(csv).subarray(0, 30));
    await expect(readTrace(join(folder, 'bad.gz'))).rejects.toThrow(UnreadableTrace);
  });
});
