import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, replay } from '../run.ts';
import { readFile } from './read.ts';

const CASES = join(import.meta.dirname, '../../../../../shared/data/cases/replay');
const present = existsSync(join(CASES, '01-sacct-P.txt'));
const why = present ? '' : ' (skipped: there is no ../shared/data/cases beside this repository)';
const at = (name: string): string => join(CASES, name);
const files = folder();
/** Of the seven jobs that several of the cases tell in their own way. */
const WAITS = [17, 67, 2060, 175, 94, 172, 787];
const [P, LONG] = [
  [0.1143, 0.01, 0.652, 0.0333, 0.2518, 0.0687, 0.6065],
  [false, false, true, false, false, false, true],
];

describe.skipIf(!present)(`the small inputs from the field${why}`, () => {
  it('01: sacct -P is read without a mapping, and the score is the probability, which is told', async () => {
    const { rows, faults } = await readFile(at('01-sacct-P.txt'), { timezone: 'Europe/Berlin' });
    expect(rows.map(({ waitSeconds }) => waitSeconds)).toEqual(WAITS);
    expect(rows.map(({ p }) => p)).toEqual(P);
    expect(rows.map(({ longWait }) => longWait)).toEqual(LONG);
    expect(rows[0]).toMatchObject({ id: '1000', gpus: 4, procs: 8, queue: 'gpu', runSeconds: 500, platform: 'slurm' });
    expect(rows[0]?.submittedAt).toBe(Date.parse('2025-12-31T23:00:35Z') / 1000);
    expect(faults).toMatchObject({
      count: 0,
      notes: [
        expect.stringContaining('"score" is taken for the probability'),
        'times name no zone and are read as those of Europe/Berlin',
      ],
    });
  });

  it('02: times without zone are refused with the option to add, and nothing readable is exit 1', async () => {
    const refused = await replay(at('02-helios.csv'));
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/none of the 7 rows could be read .* add --timezone .*--timezone Europe\/Berlin/);
    const json = files.path('helios.json');
    expect((await replay(at('02-helios.csv'), '--timezone', '+08:00', '--json', json)).code).toBe(0);
    expect(JSON.parse(files.text('helios.json')).streams[0]).toMatchObject({ jobs: 7, longWaits: 2 });
  });

  it('02: a queue that holds seconds is the wait, and the queue is vc', async () => {
    const { rows, faults } = await readFile(at('02-helios.csv'), { timezone: 'Asia/Singapore' });
    expect(rows.map(({ longWait }) => longWait)).toEqual(LONG);
    expect(rows[0]).toMatchObject({ queue: 'vc1', gpus: 1, procs: 4, runSeconds: 60, waitSeconds: 17 });
    expect(faults.notes).toContainEqual(expect.stringMatching(/"queue" holds the seconds .* the queue is "vc"/));
  });

  it('04: each form of a time is read, or refused with its reason', async () => {
    const { rows, faults } = await readFile(at('04-times.csv'));
    const unread = new Set(['v6', 'v10', 'v11', 'v17']);
    const all = Array.from({ length: 18 }, (_, i) => `v${i}`);
    expect(rows.map(({ id }) => id).sort()).toEqual(all.filter((id) => !unread.has(id)).sort());
    expect(faults.first.map(({ line, fault }) => [line, fault.replace(/^.*" /, '')])).toEqual([
      [8, 'has no time zone: give --timezone'],
      [12, 'is not a calendar date'],
      [13, 'is not a time of day'],
      [19, 'is a day without a time'],
    ]);
    const { rows: local } = await readFile(at('04-times.csv'), { timezone: '-01:00' });
    expect(local.find(({ id }) => id === 'v6')?.submittedAt).toBe(Date.parse('2026-03-01T09:00:00Z') / 1000);
  });

  it('05: SWF is read from its UnixStartTime on', async () => {
    const { rows, faults } = await readFile(at('05-curie.swf'));
    expect(rows.map(({ submittedAt, waitSeconds }) => [submittedAt - 1_296_514_800, waitSeconds])).toEqual([
      [0, 17],
      [63, 66],
      [152, 2059],
    ]);
    expect(rows[0]).toMatchObject({ id: '1', procs: 4, runSeconds: 60, queue: '1', gpus: Number.NaN, p: Number.NaN });
    expect(faults).toMatchObject({ count: 0, notes: [] });
  });

  it('06b: times from the beginning of a log are read, and told', async () => {
    const { rows, faults } = await readFile(at('06b-pai-trace.csv'));
    expect(rows).toHaveLength(30);
    expect(rows[0]).toMatchObject({
      id: 'j1000',
      clusterId: 'pai',
      platform: 'kubernetes',
      gpus: 0.5,
      waitSeconds: 17.4,
    });
    expect(faults.notes).toEqual([expect.stringContaining('count from the beginning of the log')]);
  });

  it('10: a child of an AWS Batch array is read', async () => {
    const { rows } = await readFile(at('10-batch.json'), { rounds: true });
    expect(rows).toMatchObject([
      {
        ...{ id: '11111111-2222-3333-4444-555555555555', submittedAt: 1_772_352_000.123, waitSeconds: 300.333 },
        ...{ longWait: true, runSeconds: 1000, gpus: 4, platform: 'aws_batch' },
      },
    ]);
  });

  it('12: durations of Kueue are read in all their forms, and what still waits is known to wait long', async () => {
    const { rows, faults } = await readFile(at('12-kueue.csv'));
    expect(rows.map(({ id, waitSeconds, p, longWait }) => [id, waitSeconds, p, longWait])).toEqual([
      ['ns/job-a', 12.345, 0.2, false],
      ['ns/job-b', 90, 0.4, false],
      ['ns/job-c', 310, 0.6, true],
      ['ns/job-d', 93_600, 0.9, true],
      ['ns/job-e', Number.NaN, 0.9, true],
    ]);
    expect(faults.count).toBe(0);
    expect(rows[0]?.platform).toBe('kubernetes');
  });

  it('08: the same pairs in two orders have the same ECE', async () => {
    const of = async (name: string) => {
      await replay(at(`${name}.csv`), '--json', files.path(`${name}.json`));
      return JSON.parse(files.text(`${name}.json`)).streams[0];
    };
    const [one, other] = await Promise.all([of('08-ties-bursty'), of('08b-ties-shuffled')]);
    expect(other.ece.raw).toBeCloseTo(one.ece.raw, 12);
    expect(one.jobs).toBe(other.jobs);
  });

  it.each(['24-constant-ok-bursty', '25-constant-ok-mixed'])(
    '%s: a constant p at the base rate is calibrated',
    async (name) => {
      await replay(at(`${name}.csv`), '--json', files.path(`${name}.json`));
      const [{ scores }] = JSON.parse(files.text(`${name}.json`)).streams;
      expect(scores.raw.ece).toBeCloseTo(0, 9);
      expect(scores.raw.mce).toBeCloseTo(0, 9);
      expect(scores.raw.resolution).toBeCloseTo(0, 9);
    },
  );
});
