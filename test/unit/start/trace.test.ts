import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { splitLine, UnreadableTrace } from '../../../infra/embedded/feed/csv.ts';
import { parseTrace, readTrace } from '../../../infra/embedded/feed/trace.ts';

const TRACE = 'job_id,cluster,platform,submit_ts,wait_s,gpus,queue,run_s,procs,censored';
const REPLAY = 'submitted_at,cluster_id,platform,job_id,p_long_wait,predicted_wait_s,actual_wait_s,long_wait,label_at';

const trace = (...rows: string[]) => parseTrace([TRACE, ...rows, ''].join('\n'), 'jobs.csv');

describe('reading a trace', () => {
  it('tells a plain trace by its columns', () => {
    const { format, jobs, clusters, problems } = trace('7,curie,slurm,1328266553,12,2,hybrid,25735,8,0');
    expect(format).toBe('trace');
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

  it('tells a prediction stream by its columns, and keeps its probabilities', () => {
    const row = '1683795157,openb,kubernetes,pod-1,0.064,17.2,417,1,1683795457';
    const { format, jobs } = parseTrace(`${REPLAY}\n${row}\n`, 'A.csv');
    expect(format).toBe('replay');
    expect(jobs[0]).toMatchObject({ pLongWait: 0.064, predictedWaitSeconds: 17.2, waitSeconds: 417, runSeconds: null });
  });

  it('takes columns in any order, and ignores those it does not know', () => {
    const header = 'wait_s,submit_ts,platform,cluster,job_id,colour';
    const { jobs } = parseTrace(`${header}\n5,1328266553,slurm,curie,7,green\n`, 'jobs.csv');
    expect(jobs[0]).toMatchObject({ jobId: '7', waitSeconds: 5, gpus: 0, queue: null });
  });

  it('reads a censored job as cancelled after its wait', () => {
    expect(trace('7,curie,slurm,1328266553,12,2,hybrid,,8,1').jobs[0]).toMatchObject({
      end: 'cancelled',
      waitSeconds: 12,
    });
  });

  it('reads -1 as unknown, as archives write it', () => {
    expect(trace('7,curie,slurm,1328266553,12,-1,hybrid,-1,-1,0').jobs[0]).toMatchObject({
      gpus: 0,
      runSeconds: null,
      processors: 1,
    });
  });

  it('sorts by submit time and keeps the order of the file within one second', () => {
    const { jobs } = trace(
      'b,curie,slurm,1328266560,0,1,q,,1,0',
      'c,curie,slurm,1328266553,0,1,q,,1,0',
      'a,curie,slurm,1328266553,0,1,q,,1,0',
    );
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['a negative wait', '7,curie,slurm,1328266553,-3,2,q,,8,0', 'wait_s: cannot be negative'],
    ['no wait', '7,curie,slurm,1328266553,,2,q,,8,0', 'wait_s: use a number'],
    ['words for a time', '7,curie,slurm,yesterday,3,2,q,,8,0', 'submit_ts: use a number'],
    ['milliseconds', '7,curie,slurm,1328266553000,3,2,q,,8,0', 'submit_ts: use seconds since 1970, not milliseconds'],
    ['an unknown platform', '7,curie,pbs,1328266553,3,2,q,,8,0', 'platform: '],
    ['a job id with a space', 'a b,curie,slurm,1328266553,3,2,q,,8,0', 'job_id: '],
    ['a hostile cluster', '7,{% $x %},slurm,1328266553,3,2,q,,8,0', 'cluster: '],
    ['a missing field', '7,curie,slurm,1328266553,3', 'has 5 fields, the header has 10'],
  ])('skips a row with %s and reports its line', (_, bad, reason) => {
    const { jobs, problems } = trace('1,curie,slurm,1328266553,0,1,q,,1,0', bad, '2,curie,slurm,1328266554,0,1,q,,1,0');
    expect(jobs.map(({ jobId }) => jobId)).toEqual(['1', '2']);
    expect(problems).toEqual([{ line: 3, reason: expect.stringContaining(reason) }]);
  });

  it.each([
    ['a probability above 1', '1683795157,openb,kubernetes,p,1.2,1,1,0,1683795158'],
    ['no probability', '1683795157,openb,kubernetes,p,,1,1,0,1683795158'],
    ['NaN for a probability', '1683795157,openb,kubernetes,p,NaN,1,1,0,1683795158'],
  ])('skips a row of a prediction stream with %s', (_, bad) => {
    const good = '1683795157,openb,kubernetes,ok,0.1,1,1,0,1683795158';
    const { jobs, problems } = parseTrace(`${REPLAY}\n${good}\n${bad}\n`, 'A.csv');
    expect(jobs).toHaveLength(1);
    expect(problems.map(({ line }) => line)).toEqual([3]);
  });

  it('says which columns it wants when the header is of neither format', () => {
    expect(() => parseTrace('a,b\n1,2\n', 'jobs.csv')).toThrow(/jobs\.csv is no trace: .*job_id,cluster,platform/);
  });

  it('refuses a file without one usable row, and names the first bad line', () => {
    expect(() => trace('7,curie,slurm,x,1,1,q,,1,0')).toThrow(/no usable job: the first of 1 bad rows is line 2/);
    expect(() => trace()).toThrow(/it has no rows/);
  });

  it('splits quoted fields', () => {
    expect(splitLine('a,"b,""c""",d')).toEqual(['a', 'b,"c"', 'd']);
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
