import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read, type Told } from './read.ts';

/** What every format can say. */
interface Job {
  id: number;
  submit: number;
  wait: number;
  run: number;
  procs: number;
  end: 'started' | 'cancelled';
}
const T0 = 1_772_352_000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);
const left = ({ submit, wait }: Job): number => submit + wait;

const WRITTEN: Record<string, (jobs: readonly Job[]) => string> = {
  sacct: (jobs) =>
    ['JobID|Partition|State|Submit|Start|End|ReqTRES']
      .concat(
        jobs.map((job) => {
          const { id, submit, run, procs, end } = job;
          const [state, start, ended] =
            end === 'started' ? ['COMPLETED', iso(left(job)), left(job) + run] : ['CANCELLED by 1', 'None', left(job)];
          return `${id}|7|${state}|${iso(submit)}|${start}|${iso(ended)}|cpu=${procs}`;
        }),
      )
      .join('\n'),
  SWF: (jobs) =>
    [`; UnixStartTime: ${T0}`]
      .concat(
        jobs.map(({ id, submit, wait, run, procs, end }) => {
          const [took, status] = end === 'started' ? [run, 1] : [-1, 5];
          return `${id} ${submit - T0} ${wait} ${took} ${procs} -1 -1 ${procs} -1 -1 ${status} 1 1 -1 7 -1 -1 -1`;
        }),
      )
      .join('\n'),
  Kueue: (jobs) =>
    JSON.stringify({
      items: jobs.map((job) => {
        const { id, submit, run, procs, end } = job;
        const [admitted, finished] = [iso(left(job)), iso(left(job) + run)].map((time) => `${time}Z`);
        const condition = (type: string, lastTransitionTime = '') => ({ type, status: 'True', lastTransitionTime });
        return {
          kind: 'Workload',
          metadata: {
            ...{ name: String(id), creationTimestamp: `${iso(submit)}Z` },
            ...(end === 'cancelled' && { deletionTimestamp: admitted }),
          },
          spec: {
            queueName: '7',
            podSets: [
              { count: procs, template: { spec: { containers: [{ resources: { requests: { cpu: '1' } } }] } } },
            ],
          },
          status:
            end === 'started' ? { conditions: [condition('Admitted', admitted), condition('Finished', finished)] } : {},
        };
      }),
    }),
  'AWS Batch': (jobs) =>
    JSON.stringify({
      jobs: jobs.map((job) => {
        const { id, submit, run, procs, end } = job;
        const [status, startedAt, stoppedAt] =
          end === 'started'
            ? ['SUCCEEDED', left(job) * 1000, (left(job) + run) * 1000]
            : ['FAILED', undefined, left(job) * 1000];
        return {
          ...{ jobId: String(id), jobQueue: 'arn:aws:batch:x:1:job-queue/7', status, createdAt: submit * 1000 },
          ...{ startedAt, stoppedAt, isCancelled: end === 'cancelled', container: { vcpus: procs } },
        };
      }),
    }),
  CSV: (jobs) =>
    ['Job ID;queue_name;submit_time;wait_ms;cores;runtime (min);censored']
      .concat(
        jobs.map(({ id, submit, wait, run, procs, end }) => {
          const [took, censored] = end === 'started' ? [run / 60, 0] : ['', 1];
          return `${id};"7";${iso(submit).replace('T', ' ')}Z;${wait * 1000};${procs};${took};${censored}`;
        }),
      )
      .join('\n'),
};

const common = ({
  submittedAt,
  waitSeconds,
  leftAt,
  longWait,
  censored,
  labelAt,
  procs,
  queue,
  runSeconds,
  id,
  p,
}: Told) => ({
  ...{ submittedAt, waitSeconds, leftAt, longWait, censored, labelAt, procs, queue, id, p },
  runSeconds: Math.round(runSeconds * 1e6) / 1e6,
});

describe('the same jobs', () => {
  it('are the same rows, however they are written, and in whatever order', async () => {
    const job = fc.record({
      submit: fc.integer({ min: T0, max: T0 + 100_000 }),
      wait: fc.integer({ min: 0, max: 2000 }),
      run: fc.integer({ min: 1, max: 5000 }),
      procs: fc.integer({ min: 1, max: 64 }),
      end: fc.constantFrom('started' as const, 'started' as const, 'cancelled' as const),
    });
    const some = fc
      .array(job, { minLength: 1, maxLength: 12 })
      .map((list) => list.map((one, id) => ({ ...one, id: id + 1 })));
    await fc.assert(
      fc.asyncProperty(some, async (jobs) => {
        const rows = await Promise.all(
          Object.values(WRITTEN).map(async (write) => {
            const { rows: got, faults } = await read(write(jobs), { timezone: 'UTC' });
            expect(faults.first).toEqual([]);
            return got.map(common);
          }),
        );
        for (const one of rows) expect(one).toEqual(rows[0]);
        expect(rows[0]).toHaveLength(jobs.length);
      }),
      { numRuns: 60 },
    );
  });
});
