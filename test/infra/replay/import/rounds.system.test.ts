import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rounds } from '../../../../infra/replay/import/rounds.ts';
import { Row } from '../../../../infra/replay/import/row.ts';
import { folder, replay } from '../run.ts';

const CASES = join(import.meta.dirname, '../../../../../shared/data/cases/replay');
const present = existsSync(join(CASES, '07-requeue.csv'));
const why = present ? '' : ' (skipped: there is no ../shared/data/cases beside this repository)';
const files = folder();

interface Told {
  at: number;
  id: string;
  wait: number;
}

function rowOf({ at, id, wait }: Told, line: number): Row {
  const row = new Row();
  const [T, bytes] = [300, Buffer.from(`before,${id},after`)];
  Object.assign(row.id, { bytes, from: 7, to: 7 + id.length, line });
  const labelAt = at + Math.min(wait, T);
  return Object.assign(row, { line, submittedAt: at, p: 0.5, waitSeconds: wait, longWait: wait > T, labelAt });
}

function roundsOf(rows: readonly Told[]) {
  const out: [string, number, number, boolean][] = [];
  const rounds = new Rounds((row) => out.push([row.jobId(), row.submittedAt, row.waitSeconds, row.longWait]));
  for (const [i, row] of rows.entries()) rounds.add(rowOf(row, i + 2));
  rounds.end();
  return { out, repeated: rounds.repeated, tasks: rounds.tasks };
}

describe('rounds of a history', () => {
  it('count a row that is there three times once, and the same id submitted later as a new round', () => {
    const [first, second, later] = [
      { at: 10, id: 'a', wait: 5 },
      { at: 10, id: 'b', wait: 400 },
      { at: 11, id: 'a', wait: 7 },
    ];
    const { out, repeated } = roundsOf([first, first, second, first, second, later]);
    expect(out).toEqual([
      ['a', 10, 5, false],
      ['b', 10, 400, true],
      ['a', 11, 7, false],
    ]);
    expect(repeated).toBe(3);
  });

  it('take an array for one round that starts with the first of its tasks, in the place of its first row', () => {
    const { out, repeated, tasks } = roundsOf([
      { at: 10, id: '7', wait: 1 },
      { at: 10, id: '123_0', wait: 900 },
      { at: 10, id: '8', wait: 2 },
      { at: 10, id: '123_1', wait: 250 },
      { at: 10, id: '123_1', wait: 250 },
      { at: 10, id: '123_[2-9%2]', wait: 999 },
      { at: 11, id: '123_4', wait: 20 },
    ]);
    expect(out).toEqual([
      ['7', 10, 1, false],
      ['123', 10, 250, false],
      ['8', 10, 2, false],
      ['123', 11, 20, false],
    ]);
    expect({ repeated, tasks }).toEqual({ repeated: 1, tasks: 2 });
  });

  it('know the tasks of an array whose own row stood before them, and those of AWS Batch', () => {
    const batch = '9e3b1a52-4a3c-4f0e-9a53-0123456789ab';
    const { out, tasks } = roundsOf([
      { at: 10, id: '123', wait: 9 },
      { at: 10, id: '123_0', wait: 900 },
      { at: 10, id: `${batch}:0`, wait: 3 },
      { at: 10, id: `${batch}:11`, wait: 2 },
    ]);
    expect(out.map(([id, , wait]) => [id, wait])).toEqual([
      ['123', 9],
      [batch, 2],
    ]);
    expect(tasks).toBe(2);
  });

  it('leave alone what only looks like an array, and jobs that the file does not name', () => {
    const alike = ['instance_7280', 'job_1', '12_x', '123_4_5', ''].map((id) => ({ at: 10, id, wait: 1 }));
    const { out, repeated, tasks } = roundsOf([...alike, { at: 10, id: '', wait: 1 }]);
    expect(out.map(([id]) => id)).toEqual(['instance_7280', 'job_1', '12_x', '123_4_5', 'line-6', 'line-7']);
    expect({ repeated, tasks }).toEqual({ repeated: 0, tasks: 0 });
  });

  it.skipIf(!present)(
    `come to the same figures when a file says everything three times, and that is told${why}`,
    async () => {
      const [thrice, once] = await Promise.all(
        ['07-requeue', '07b-plain'].map(async (name) => {
          const json = files.path(`${name}.json`);
          const run = await replay(join(CASES, `${name}.csv`), '--json', json);
          return { run, report: JSON.parse(files.text(`${name}.json`)) };
        }),
      );
      const figures = ({ report }: { report: { streams: Record<string, unknown>[] } }) => {
        const { name: _, repeatedRows, jobsPerSecond: __, ...rest } = report.streams[0] ?? {};
        return { repeatedRows, rest };
      };
      if (!thrice || !once) throw new Error('two cases');
      expect(figures(thrice)).toEqual({ repeatedRows: 40, rest: figures(once).rest });
      expect(figures(once)).toMatchObject({ repeatedRows: 0, rest: { jobs: 20 } });
      expect(thrice.run.stderr).toMatch(/07-requeue\.csv: 40 rows repeat a round .* and count once/);
      expect(once.run.stderr).toBe('');
    },
  );
});
