import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { read } from './read.ts';

const T0 = 1_772_352_000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);
const sacct = (id: number, submit = T0, start = submit + 600, state = 'COMPLETED', end: string | number = start + 60) =>
  `${id}|${state}|${iso(submit)}|${iso(start)}|${typeof end === 'string' ? end : iso(end)}`;
const HEAD = 'JobID|State|Submit|Start|End';
const inUtc = { timezone: 'UTC' };

describe('exports put into one file', () => {
  it('are read by the header above them, in whatever order their columns are', async () => {
    const { rows, faults } = await read(
      [
        ...[HEAD, sacct(1), HEAD, sacct(2)],
        ...['JobID|State|Submit|End|Start', `3|COMPLETED|${iso(T0)}|${iso(T0 + 900)}|${iso(T0 + 100)}`],
        ...['Submit,Start,JobID', `${iso(T0 - 5)},${iso(T0)},4`],
        ...[HEAD, sacct(5)],
      ].join('\n'),
      inUtc,
    );
    expect(rows.map(({ id, waitSeconds }) => [id, waitSeconds])).toEqual([
      ['4', 5],
      ['1', 600],
      ['2', 600],
      ['3', 100],
      ['5', 600],
    ]);
    expect(faults.count).toBe(0);
    expect(faults.notes).toContain('1 repeated headers are left out');
  });

  it('are told row by row where a header says too little, until the next', async () => {
    const few = ['JobID|State|End|Partition', '2|COMPLETED|x|y'];
    const { rows, faults } = await read([HEAD, sacct(1), ...few, HEAD, sacct(3)].join('\n'), inUtc);
    expect(rows.map(({ id }) => id)).toEqual(['1', '3']);
    expect(faults.first).toEqual([
      { line: 3, fault: 'it names columns, but no time of submission or no wait' },
      { line: 4, fault: 'the header above it names no time of submission, or no wait' },
    ]);
  });

  it('of SWF begin when their own header says', async () => {
    const job = (submit: number): string => `1 ${submit} 60 10 4 -1 -1 4 -1 -1 1 5 1 -1 2 1 -1 -1`;
    const { rows } = await read(
      ['; UnixStartTime: 1000000000', job(5), '; UnixStartTime: 1100000000', job(7), job(T0)].join('\n'),
    );
    expect(rows.map(({ submittedAt }) => submittedAt)).toEqual([1_000_000_005, 1_100_000_007, T0]);
  });
});

describe('times', () => {
  it('that are far from all others of a file are refused, and do not become its end', async () => {
    const pending = `9|PENDING|${iso(T0)}|Unknown|Unknown`;
    const { rows, faults } = await read(
      [HEAD, sacct(1, T0 - 9_000), sacct(2, T0 - 60, T0), '3|COMPLETED|1999-01-01T00:00:00|Unknown|Unknown', pending]
        .concat('4|COMPLETED|9999-12-31T00:00:00|Unknown|Unknown')
        .join('\n'),
      inUtc,
    );
    expect(rows.map(({ id, censored }) => [id, censored])).toEqual([
      ['1', false],
      ['2', false],
      ['9', true],
    ]);
    expect(faults.first.map(({ fault }) => fault)).toEqual([
      'Submit "1999-01-01T00:00:00" is before the year 2000, and other times of the file are not',
      'Submit "9999-12-31T00:00:00" is after the year 2100',
    ]);
  });

  it('after which a wait would end in another century are refused', async () => {
    const { rows, faults } = await read(`submit,wait\n${T0},1e308\n${T0},99999999999\n${T0},5\n`);
    expect(rows).toHaveLength(1);
    expect([...faults.kinds]).toEqual([['wait ends after the year 2100', 2]]);
    const swf = `1 ${T0} 99999999999 10 4 -1 -1 4 -1 -1 1 5 1 -1 2 1 -1 -1\n`;
    expect((await read(swf)).faults.first).toEqual([
      { line: 1, fault: 'the wait "99999999999" ends after the year 2100' },
    ]);
  });

  it('at which a running job is expected to end are not the end of the file', async () => {
    const running = sacct(1, T0, T0 + 10, 'RUNNING', T0 + 86_400);
    const { rows } = await read([HEAD, running, `2|PENDING|${iso(T0)}|Unknown|${iso(T0 + 86_400)}`].join('\n'), inUtc);
    expect(rows).toMatchObject([
      { id: '1', runSeconds: Number.NaN },
      { id: '2', censored: true },
    ]);
  });

  it('in numbers are of the unit that the column names, also where they count from the beginning of a log', async () => {
    const { rows } = await read('id,submit_ms,start (ms)\n1,1500,902500\n2,400000,900000\n');
    expect(rows).toMatchObject([
      { submittedAt: 1.5, waitSeconds: 901 },
      { submittedAt: 400, waitSeconds: 500 },
    ]);
  });
});

describe('a job that was cancelled, of which only the wait is told', () => {
  it('has not started, unless it ran', async () => {
    const { rows, faults } = await read(
      `id,submit,state,wait,elapsed\na,${T0},CANCELLED,20,0\nb,${T0},CANCELLED,20,9\nc,${T0},CANCELLED,900,\nd,${T0},DONE,20,\n`,
    );
    expect(rows.map(({ id, waitSeconds, censored, longWait }) => [id, waitSeconds, censored, longWait])).toEqual([
      ['a', Number.NaN, true, false],
      ['b', 20, false, false],
      ['c', Number.NaN, false, true],
      ['d', 20, false, false],
    ]);
    expect(faults.count).toBe(0);
  });

  it('is censored where a column says so, in words that are known', async () => {
    const { rows, faults } = await read(`submit,wait,censored\n${T0},5,1\n${T0},5,\n${T0},5,maybe\n`);
    expect(rows.map(({ censored }) => censored)).toEqual([true, false]);
    expect(faults.first).toEqual([{ line: 4, fault: 'censored "maybe" is not 0 or 1' }]);
  });
});

describe('a probability that is not there', () => {
  it('leaves the job in, and does not make the column unbelievable', async () => {
    const p = ['0.5', 'NaN', '', 'null', '0.25', 'nan'];
    const { rows, faults } = await read(`submit,wait,p\n${p.map((one, i) => `${T0 + i},5,${one}`).join('\n')}\n`);
    expect(rows.map((row) => row.p)).toEqual([0.5, Number.NaN, Number.NaN, Number.NaN, 0.25, Number.NaN]);
    expect(faults.count).toBe(0);
    expect(faults.notes[0]).toMatch(/"p" is taken for the probability/);
  });
});

describe('odd bytes', () => {
  it('a mark of their order says nothing, in any format', async () => {
    const swf = '1 0 60 10 4 -1 -1 4 -1 -1 1 5 1 -1 2 1 -1 -1';
    for (const [text, id] of [
      [`; UnixStartTime: 1000000000\r\n${swf}\r\n`, '1'],
      [swf, '1'],
      [`${HEAD}\r\n${sacct(7)}\r\n`, '7'],
    ] as const) {
      const { rows, faults } = await read(gzipSync(`\ufeff${text}`), inUtc);
      expect(rows.map((row) => row.id)).toEqual([id]);
      expect(faults.count).toBe(0);
    }
  });

  it('a quote that is never closed takes no other line with it', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `${T0 + i},5,${i % 2 === 0 ? '"x' : 'y'}`);
    const { rows, faults } = await read(['submit,wait,name', ...lines].join('\n'));
    expect(rows).toHaveLength(200);
    expect(faults.count).toBe(200);
    expect([...faults.kinds.keys()]).toEqual(['a quote is not closed']);
  });

  it('a first line of nothing but odd characters is refused in no time', async () => {
    const odd = Array.from({ length: 100_000 }, (_, i) => String.fromCharCode(0x2000 + ((i * 7919) % 4001)));
    await expect(read(odd.join(''))).rejects.toThrow(/no column submitted_at/);
  });

  it('more columns than anyone has are still columns', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    const { rows } = await read(`${many},submit,wait\n${many.map(() => 1)},${T0},5\n`);
    expect(rows).toMatchObject([{ submittedAt: T0, waitSeconds: 5 }]);
  });
});
