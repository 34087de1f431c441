import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const COLUMNS = 'JobID|JobName|Partition|State|Submit|Eligible|Start|End|NodeList|ReqCPUS|ReqTRES';
const at = (time: string): string => `2026-03-01T${time}`;
const epoch = (time: string): number => Date.parse(`2026-03-01T${time}Z`) / 1000;

interface Job {
  id: string;
  name?: string;
  state?: string;
  submit?: string;
  start?: string;
  end?: string;
  nodes?: string;
  tres?: string;
}
const line = ({
  id,
  name = 'train',
  state = 'COMPLETED',
  submit = '08:00:00',
  start = '08:00:10',
  end = '09:00:10',
  nodes = 'n1',
  tres = 'billing=4,cpu=8,gres/gpu:a100=4,gres/gpu=4',
}: Job): string => {
  const time = (text: string): string => (/^\d/.test(text) ? at(text) : text);
  return [id, name, 'gpu', state, time(submit), time(submit), time(start), time(end), nodes, '8', tres].join('|');
};
const file = (...jobs: Job[]): string => `${[COLUMNS, ...jobs.map(line)].join('\n')}\n`;
const UTC = { timezone: 'UTC' };
/** Tells when the file ends: later than any T. */
const LAST: Job = { id: '999', submit: '20:00:00', start: '20:00:01', end: '20:00:02' };

describe('sacct --parsable2', () => {
  it('is read without a mapping: queue, size, wait, run time', async () => {
    const { rows, faults } = await read(file({ id: '1' }), UTC);
    expect(faults).toMatchObject({ count: 0, notes: ['times name no zone and are read as those of UTC'] });
    expect(rows).toEqual([
      {
        ...{ id: '1', line: 2, submittedAt: epoch('08:00:00'), waitSeconds: 10, runSeconds: 3600, queue: 'gpu' },
        ...{ gpus: 4, procs: 8, platform: 'slurm', clusterId: '', p: Number.NaN, leftAt: Number.NaN },
        ...{ longWait: false, censored: false, labelAt: epoch('08:00:10'), predictedWaitSeconds: Number.NaN },
      },
    ]);
  });

  it('refuses times without a zone, and says what to add', async () => {
    const { rows, faults } = await read(file({ id: '1' }, { id: '2' }));
    expect(rows).toEqual([]);
    expect([...faults.kinds]).toEqual([['Submit has no time zone: give --timezone', 2]]);
  });

  it('takes epochs (SLURM_TIME_FORMAT=%s) without a zone', async () => {
    const { rows } = await read('JobID|State|Submit|Start|End\n1|COMPLETED|1772352000|1772352400|1772352500\n');
    expect(rows).toMatchObject([{ submittedAt: 1_772_352_000, waitSeconds: 400, runSeconds: 100, longWait: true }]);
  });

  it.each([
    ['-p, with a delimiter at the end of each line', (text: string) => text.replaceAll('\n', '|\n')],
    ['-p, with a header that has none', (text: string) => text.replaceAll('\n', '|\n').replace('|\n', '\n')],
    ['--delimiter=^', (text: string) => text.replaceAll('|', '^')],
    ['--delimiter=@@', (text: string) => text.replaceAll('|', '@@')],
    ["--delimiter=$'\\x1f'", (text: string) => text.replaceAll('|', '\u001f')],
    ['--delimiter=;', (text: string) => text.replaceAll('|', ';')],
    ['a tab', (text: string) => text.replaceAll('|', '\t')],
    ['Windows line ends, and blank lines', (text: string) => text.replaceAll('\n', '\r\n\r\n')],
    ['a prompt above the header', (text: string) => `$ sacct -a --parsable2\n\n${text}`],
    ['a header again, as of files put together', (text: string) => text + text],
  ])('is the same with %s', async (_, change) => {
    const text = file({ id: '1', name: '"mine' }, { id: '2', submit: '08:01:00', start: '08:10:00' });
    const { rows, faults } = await read(change(text), { ...UTC, rounds: true });
    expect(rows.map(({ id, waitSeconds, gpus }) => [id, waitSeconds, gpus])).toEqual([
      ['1', 10, 4],
      ['2', 540, 4],
    ]);
    expect(faults.count).toBe(0);
  });

  it('takes delimiters in a name for a part of it', async () => {
    const { rows } = await read(file({ id: '1', name: 'a|b|c' }), UTC);
    expect(rows).toMatchObject([{ id: '1', waitSeconds: 10, queue: 'gpu' }]);
  });

  it('leaves out steps, and tells how many', async () => {
    const steps = ['1.batch', '1.extern', '1.0', '7_3.0', '7_3.interactive'].map((id) => ({ id }));
    const { rows, faults } = await read(file({ id: '1' }, ...steps, { id: '2' }), UTC);
    expect(rows.map(({ id }) => id)).toEqual(['1', '2']);
    expect(faults).toMatchObject({ count: 0, notes: [expect.any(String), expect.stringMatching(/^5 steps of jobs/)] });
  });

  it('takes an array for one round, whatever is left of it, and a heterogeneous job with the sum of its parts', async () => {
    const { rows } = await read(
      file(
        { id: '7_1', start: '08:20:00' },
        { id: '7_2', start: '08:02:00', end: 'Unknown', state: 'RUNNING' },
        { id: '7_[5-9%2]', start: 'Unknown', end: 'Unknown', state: 'PENDING', nodes: 'None assigned' },
        { id: '8+0', submit: '08:01:00', start: '08:01:30', tres: 'cpu=4' },
        { id: '8+1', submit: '08:01:00', start: '08:01:30', tres: 'cpu=8,gres/gpu=8' },
        LAST,
      ),
      { ...UTC, rounds: true },
    );
    expect(rows).toMatchObject([
      { id: '7', waitSeconds: 120, longWait: false, labelAt: epoch('08:02:00') },
      { id: '8', waitSeconds: 30, gpus: 8, procs: 16 },
      { id: '999' },
    ]);
  });

  it('takes a requeued job (-D) for a round each time', async () => {
    const { rows } = await read(
      file(
        { id: '1', state: 'REQUEUED', end: '08:30:00' },
        { id: '1', state: 'COMPLETED', submit: '08:30:00', start: '08:40:00' },
      ),
      { ...UTC, rounds: true },
    );
    expect(rows.map(({ submittedAt, waitSeconds }) => [submittedAt, waitSeconds])).toEqual([
      [epoch('08:00:00'), 10],
      [epoch('08:30:00'), 600],
    ]);
  });

  it.each<[string, Omit<Job, 'id'>, object]>([
    [
      'cancelled before T',
      { state: 'CANCELLED by 1000', start: 'None', end: '08:01:00' },
      { censored: true, leftAt: epoch('08:01:00'), labelAt: epoch('08:01:00'), waitSeconds: Number.NaN },
    ],
    [
      'cancelled after T',
      { state: 'CANCELLED by 1000', start: 'Unknown', end: '10:00:00' },
      { censored: false, longWait: true, labelAt: epoch('08:05:00'), leftAt: epoch('10:00:00') },
    ],
    [
      'cancelled while waiting, as Slurm wrote it before 21.08',
      { state: 'CANCELLED', start: '10:00:00', end: '10:00:00', nodes: 'None assigned' },
      { longWait: true, waitSeconds: Number.NaN, leftAt: epoch('10:00:00') },
    ],
    [
      'cancelled in the second in which it started',
      { state: 'CANCELLED', start: '08:01:00', end: '08:01:00', nodes: 'n7' },
      { longWait: false, waitSeconds: 60, censored: false },
    ],
    [
      'pending, with the start that the scheduler expects',
      { state: 'PENDING', start: '21:00:00', end: 'Unknown', nodes: 'None assigned' },
      { longWait: true, waitSeconds: Number.NaN, leftAt: Number.NaN, labelAt: epoch('08:05:00') },
    ],
    ['running', { state: 'RUNNING', end: 'Unknown' }, { waitSeconds: 10, runSeconds: Number.NaN, longWait: false }],
    [
      'completed, and nobody knows since when it ran',
      { state: 'COMPLETED', start: 'Unknown', end: '09:00:00' },
      { censored: true, labelAt: epoch('09:00:00') },
    ],
    [
      'failed within T without a start',
      { state: 'FAILED', start: 'None', end: '08:00:03' },
      { censored: false, longWait: false, labelAt: epoch('08:00:03') },
    ],
  ])('knows a job that was %s', async (_, job, expected) => {
    const { rows } = await read(file({ id: '1', ...job }, LAST), UTC);
    expect(rows[0]).toMatchObject(expected);
  });

  it('cannot say whether a job waits long that was submitted just before the file ends', async () => {
    const pending = { state: 'PENDING', start: 'Unknown', end: 'Unknown' };
    const { rows } = await read(file({ id: '1' }, { id: '2', ...pending, submit: '09:00:00' }), UTC);
    expect(rows[1]).toMatchObject({ censored: true, labelAt: Number.NaN, leftAt: Number.NaN });
  });

  it.each([
    ['ReqTRES', 'billing=2,cpu=4,gres/gpu:a100=2,gres/gpu:h100=1,mem=1G', 3, 4],
    ['AllocTRES', 'cpu=4,gres/gpu:a100=2,gres/gpu=2', 2, 4],
    ['AllocTRES', 'cpu=16,mem=64G,node=2', 0, 16],
    ['ReqGRES', 'gpu:a100:2(S:0-1)', 2, Number.NaN],
    ['ReqGRES', 'gres:gpu:3', 3, Number.NaN],
    ['ReqGRES', 'gpu', 1, Number.NaN],
    ['ReqTRES', '', Number.NaN, Number.NaN],
  ])('reads GPUs and processors in %s of "%s"', async (column, tres, gpus, procs) => {
    const text = `JobID|Submit|Start|End|${column}\n1|${at('08:00:00')}|${at('08:00:01')}|${at('08:00:02')}|${tres}\n`;
    expect((await read(text, UTC)).rows).toMatchObject([{ gpus, procs }]);
  });

  it('says the line to type where the columns do not tell a wait, or have no names', async () => {
    await expect(read('JobID|State|Submit\n1|COMPLETED|2026-03-01T08:00:00\n')).rejects.toThrow(
      /no column actual_wait_s; the file has "JobID", "State", "Submit".* sacct -a -X .*--format=JobID,.*Submit,Start,End/,
    );
    await expect(read('1000|gpu|2026-03-01T08:00:00|2026-03-01T08:00:10\n')).rejects.toThrow(
      /the first line names no columns, it holds "1000.*Export it again with: sacct/,
    );
  });

  it('is read from --json too, whose times need no zone', async () => {
    const job = (id: number, more: object): object => ({
      ...{
        job_id: id,
        partition: 'gpu',
        cluster: 'c',
        nodes: 'n1',
        array: { job_id: 0, task_id: { set: false, number: 0 } },
      },
      state: { current: ['COMPLETED'] },
      time: { submission: 1_772_352_000, start: 1_772_352_060, end: 1_772_352_120, elapsed: 60 },
      tres: {
        requested: [
          { type: 'cpu', name: '', count: 8 },
          { type: 'gres', name: 'gpu', count: 2 },
        ],
      },
      ...more,
    });
    const cancelled = {
      ...{ state: { current: ['CANCELLED'] }, nodes: 'None assigned' },
      time: { submission: 1_772_352_001, start: 0, end: 1_772_352_901 },
    };
    const task = (id: number, number: number) => job(id, { array: { job_id: 5, task_id: { set: true, number } } });
    const jobs = [job(1, {}), job(2, cancelled), task(5, 0), task(6, 1)];
    const { rows } = await read(JSON.stringify({ meta: {}, jobs, warnings: [] }, null, 2), { rounds: true });
    expect(rows).toMatchObject([
      { id: '1', waitSeconds: 60, runSeconds: 60, gpus: 2, procs: 8, clusterId: 'c', queue: 'gpu' },
      { id: '5', waitSeconds: 60 },
      { id: '2', waitSeconds: Number.NaN, longWait: true },
    ]);
  });
});
