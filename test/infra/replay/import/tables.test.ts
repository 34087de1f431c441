import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const T0 = 1_772_352_000;

describe('a table of another tool', () => {
  it('is read by the usual other names of its columns, with the units in them', async () => {
    const { rows } = await read(
      'Job ID\tSubmit Time\tQueue Wait (min)\tGPU Num\tCPUs\tRun_Time_ms\tPartition\tCluster\n' +
        '7\t2026-03-01 08:00:00Z\t10\t2\t16\t1500\tlong\tc1\n',
    );
    expect(rows).toMatchObject([
      {
        ...{ id: '7', submittedAt: T0, waitSeconds: 600, gpus: 2, procs: 16, runSeconds: 1.5, queue: 'long' },
        ...{ clusterId: 'c1', longWait: true },
      },
    ]);
  });

  it.each(['p_long_wait', 'p', 'probability', 'Score'])('has its probability in a column %s', async (name) => {
    const { rows, faults } = await read(`submitted_at,actual_wait_s,${name}\n${T0},5,0.25\n`);
    expect(rows).toMatchObject([{ p: 0.25 }]);
    expect(faults.notes.some((note) => note.includes(`"${name}" is taken for the probability`))).toBe(
      name !== 'p_long_wait',
    );
  });

  it('has no probability in a score that is none, and says how to insist', async () => {
    const { rows, faults } = await read(`submitted_at,actual_wait_s,score\n${T0},5,87\n${T0 + 1},5,0.5\n`);
    expect(rows.map(({ p }) => p)).toEqual([Number.NaN, Number.NaN]);
    expect(faults.notes).toEqual([
      expect.stringMatching(/"score" is not taken for a probability.*--map p_long_wait=score/),
    ]);
    const insisting = await read(`submitted_at,actual_wait_s,score\n${T0},5,87\n`, { map: 'p_long_wait=score' });
    expect(insisting.faults.first).toEqual([{ line: 2, fault: 'score "87" is not a probability' }]);
  });

  it('takes the next column for the probability where the first is none', async () => {
    const { rows } = await read(`submitted_at,actual_wait_s,p,score\n${T0},5,12,0.5\n`);
    expect(rows).toMatchObject([{ p: 0.5 }]);
  });

  it('believes a numbered queue where it is not the wait', async () => {
    const { rows, faults } = await read(`submit,start,queue\n${T0},${T0 + 5},3\n${T0 + 9},${T0 + 400},2\n`);
    expect(rows).toMatchObject([
      { waitSeconds: 5, queue: '3' },
      { waitSeconds: 391, queue: '2' },
    ]);
    expect(faults.notes).toEqual([]);
  });

  it('takes numbers in a queue for the wait where nothing else tells it, and says so', async () => {
    const { rows, faults } = await read(`job_id,submit_time,queue,vc\n1,${T0},400,blue\n`);
    expect(rows).toMatchObject([{ waitSeconds: 400, queue: 'blue' }]);
    expect(faults.notes).toEqual([expect.stringMatching(/"queue" holds numbers, and nothing else gives a wait/)]);
  });

  it('may leave the wait of what still waits empty: long, as soon as the file goes on for T', async () => {
    const { rows } = await read(`submitted_at,job_id,actual_wait_s\n${T0},a,\n${T0 + 299},b,1\n${T0 + 300},c,\n`);
    expect(rows).toMatchObject([
      { id: 'a', longWait: true, censored: false, labelAt: T0 + 300 },
      { id: 'b', waitSeconds: 1 },
      { id: 'c', censored: true, labelAt: Number.NaN },
    ]);
  });

  it('tells what it cannot read by kind and count, beyond the first lines', async () => {
    const bad = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? `soon-${i},5` : `${T0 + i},-${i + 1}`));
    const { rows, faults } = await read(`submitted_at,actual_wait_s\n${T0},5\n${bad.join('\n')}\n`);
    expect(rows).toHaveLength(1);
    expect(faults.count).toBe(300);
    expect(faults.first).toHaveLength(100);
    expect([...faults.kinds]).toEqual([
      ['submitted_at is not a time in seconds or ISO 8601', 100],
      ['actual_wait_s is not a time span in seconds', 200],
    ]);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['nothing', ' \n', /the file is empty/],
    [
      'other columns',
      'a,b\n1,2\n',
      /no column submitted_at, actual_wait_s; the file has "a", "b".*--map submitted_at=column/,
    ],
    ['UTF-16', Buffer.from('\ufeffsubmitted_at,actual_wait_s\n', 'utf16le'), /UTF-16: save it as UTF-8/],
    ['bytes', Buffer.from([80, 75, 3, 4, 0, 0, 9, 8]), /it is not text: unpack it/],
  ])('is refused where it is %s, with what to do', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });
});
