import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const HEAD = '; Version: 2.2\n; UnixStartTime: 1000000000\n;   Queue: 2 batch\n; Partition: 1 gpu\n';
/** Job, submit, wait, run, allocated, requested, status, queue. */
const line = (id: number, submit: number, wait: number, run: number, status = 1, queue = 2, requested = 8): string =>
  `${id} ${submit} ${wait} ${run} 4 -1 -1 ${requested} 3600 -1 ${status} 5 1 -1 ${queue} 1 -1 -1`;

describe('the Standard Workload Format', () => {
  it('has names for its queues, and -1 for what is not known', async () => {
    const { rows, faults } = await read(
      HEAD + [line(1, 0, 5, 60), line(2, 1, 5, -1, 1, -1, -1), line(3, 2, -1, 60)].join('\n'),
    );
    expect(rows).toMatchObject([
      { id: '1', submittedAt: 1_000_000_000, waitSeconds: 5, runSeconds: 60, procs: 8, queue: 'batch' },
      { id: '2', runSeconds: Number.NaN, procs: 4, queue: 'gpu' },
    ]);
    expect(faults.first).toEqual([{ line: 7, fault: 'the wait "-1" is not known' }]);
  });

  it('tells what was cancelled in the queue from what was cancelled while it ran', async () => {
    const { rows } = await read(
      HEAD + [line(1, 0, 400, 60, 5), line(2, 1, 400, 0, 5), line(3, 2, 20, -1, 5), line(4, 3, 400, 60, 0)].join('\n'),
    );
    expect(rows).toMatchObject([
      { waitSeconds: 400, longWait: true, leftAt: Number.NaN },
      { waitSeconds: Number.NaN, longWait: true, leftAt: 1_000_000_401 },
      { waitSeconds: Number.NaN, censored: true, labelAt: 1_000_000_022 },
      { waitSeconds: 400, longWait: true },
    ]);
  });

  it('counts a job that ran in parts once', async () => {
    const parts = [
      line(1, 0, 5, 90),
      line(1, 0, 5, 30, 2),
      line(1, -1, 10, 60, 3),
      line(2, 9, 7, 30, 2),
      line(2, -1, 7, 9, 4),
    ];
    const { rows, faults } = await read(HEAD + parts.join('\n'));
    expect(rows.map(({ id, waitSeconds }) => [id, waitSeconds])).toEqual([
      ['1', 5],
      ['2', 7],
    ]);
    expect(faults).toMatchObject({ count: 0, notes: [expect.stringMatching(/^3 partial executions/)] });
  });

  it('is known without a header, by its 18 numbers, tabs and fractions included, and says that its times are relative', async () => {
    const { rows, faults } = await read(
      `  ${line(1, 0, 5, 60).replaceAll(' ', '\t')}\n${line(2, 1, 5.5, 60)}\n1 2 3\n`,
    );
    expect(rows.map(({ submittedAt, waitSeconds }) => [submittedAt, waitSeconds])).toEqual([
      [0, 5],
      [1, 5.5],
    ]);
    expect(faults.first).toEqual([{ line: 3, fault: '3 fields instead of 18' }]);
    expect(faults.notes).toEqual([expect.stringContaining('no "; UnixStartTime:"')]);
  });
});
