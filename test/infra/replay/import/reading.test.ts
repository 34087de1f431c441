import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lines } from '../../../../infra/replay/import/lines.ts';
import { decimal } from '../../../../infra/replay/import/numbers.ts';
import { UnusableFile } from '../../../../infra/replay/import/refusal.ts';
import { LineSort } from '../../../../infra/replay/import/sort.ts';
import { layoutOf, parseMapping, UnknownColumn } from '../../../../infra/replay/import/table/columns.ts';
import { RowReader } from '../../../../infra/replay/import/table/row-reader.ts';
import { Times } from '../../../../infra/replay/import/times.ts';
import { HEADER } from '../synthetic.ts';

const number = (text: string): number => decimal(Buffer.from(text), 0, Buffer.byteLength(text));
const time = (text: string): number => new Times(null).readText(text);

describe('numbers in a history', () => {
  it('are read exactly as JavaScript reads them', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(15), (value, digits) => {
        for (const text of [String(value), value.toFixed(Math.min(digits, 15)), `+${Math.abs(value)}`]) {
          expect(number(text)).toBe(Number(text));
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['', '.', '-', '1.2.3', '0x10', 'NaN', 'Infinity', '1e', '1,5', '12a', '１'])('"%s" is none', (text) => {
    expect(number(text)).toBeNaN();
  });

  it.each([
    ['1700000000', 1_700_000_000],
    ['1700000000.25', 1_700_000_000.25],
    ['2023-11-14T22:13:20Z', 1_700_000_000],
    ['2023-11-14 23:13:20+01:00', 1_700_000_000],
    ['2023-11-14T22:13:20', Number.NaN],
    ['1700000000000', 1_700_000_000],
    ['yesterday', Number.NaN],
  ])('the time %s is %s', (text, expected) => {
    expect(time(text)).toEqual(expected);
  });
});

describe('lines', () => {
  it('are the same however the bytes come, where no record has more than one', () => {
    const line = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', 'é'), maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.array(fc.integer({ min: 1, max: 9 })), (wanted, ended, sizes) => {
        const bytes = Buffer.from(wanted.join('\n') + (ended ? '\n' : ''));
        const got: string[] = [];
        const lines = new Lines(
          (chunk, from, to, n, count) => {
            if (count > 1) return false;
            expect(n).toBe(got.length + 1);
            got.push(chunk.toString('utf8', from, to));
            return true;
          },
          () => {},
        );
        let at = 0;
        for (const size of sizes) {
          lines.push(bytes.subarray(at, at + size));
          at += size;
        }
        lines.push(bytes.subarray(at));
        lines.end();
        const expected = bytes.toString('utf8').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(got).toEqual(expected);
      }),
    );
  });

  it('without an end are told and let go', () => {
    const tooLong: number[] = [];
    const got: number[] = [];
    const lines = new Lines(
      (_, from, to) => got.push(to - from) > 0,
      (line) => tooLong.push(line),
    );
    lines.push(Buffer.from('one\n'));
    for (let i = 0; i < 5; i++) lines.push(Buffer.alloc(512 * 1024, 'x'));
    lines.push(Buffer.from('\nthree\n'));
    expect({ tooLong, got }).toEqual({ tooLong: [2], got: [3, 5] });
  });
});

describe('records', () => {
  const recordsOf = (text: string, isRow: (record: string) => boolean = () => true) => {
    const got: [line: number, record: string][] = [];
    const lines = new Lines(
      (bytes, from, to, line, count) => {
        const record = bytes.toString('utf8', from, to);
        if (count > 1 && !isRow(record)) return false;
        got.push([line, record]);
        return true;
      },
      () => {},
    );
    for (const byte of Buffer.from(text)) lines.push(Buffer.of(byte));
    lines.end();
    return got;
  };

  it('may go over several lines within quotes, and are told by their first', () => {
    expect(recordsOf('a,b\n"x\ny ""z""\n",2\n3,4\n')).toEqual([
      [1, 'a,b'],
      [2, '"x\ny ""z""\n",2'],
      [5, '3,4'],
    ]);
  });

  it('end with their line where a quote is only a character', () => {
    expect(recordsOf('5" disk,1\n6" disk,2')).toEqual([
      [1, '5" disk,1'],
      [2, '6" disk,2'],
    ]);
  });

  it('are taken apart again where they are no row, so that a forgotten quote costs one line', () => {
    const text = '1,"open\n2,b\n3,"c"\n4,d\n';
    expect(recordsOf(text, (record) => !record.includes('open'))).toEqual([
      [1, '1,"open'],
      [2, '2,b'],
      [3, '3,"c"'],
      [4, '4,d'],
    ]);
    expect(recordsOf('1,"open\n2,b')).toEqual([
      [1, '1,"open'],
      [2, '2,b'],
    ]);
  });

  it('come all, each once and in order, whatever the quotes do', () => {
    const line = fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', '\r'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 300 }), fc.func(fc.boolean()), (wanted, isRow) => {
        const got = recordsOf(wanted.map((text) => `${text}\n`).join(''), isRow);
        expect(got.map(([, record]) => record).join('\n')).toBe(wanted.join('\n'));
        let next = 1;
        for (const [at, record] of got) {
          expect(at).toBe(next);
          next += record.split('\n').length;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a row', () => {
  const GOOD = '1700000000,c1,slurm,job-1,0.25,60,10,0,1700000010';
  const read = (line: string, header = HEADER, mapping = parseMapping('p_long_wait=p_long_wait')) => {
    const reader = new RowReader(layoutOf(header, mapping), 300, new Times(null));
    const bytes = Buffer.from(line);
    return { fault: reader.read(bytes, 0, bytes.length, 7), row: reader.row, jobId: reader.row.jobId() };
  };

  it('has everything that the file says', () => {
    const { fault, row, jobId } = read(GOOD);
    expect(fault).toBeNull();
    expect(jobId).toBe('job-1');
    expect(row).toMatchObject({
      ...{ submittedAt: 1_700_000_000, clusterId: 'c1', platform: 'slurm', p: 0.25, predictedWaitSeconds: 60 },
      ...{ waitSeconds: 10, longWait: false, labelAt: 1_700_000_010, line: 7 },
    });
  });

  it.each([
    ['too few fields', '1700000000,c1,slurm', '3 fields instead of 9'],
    ['too many fields', `${GOOD},x`, '10 fields instead of 9'],
    ['no time', GOOD.replace('1700000000,', ','), 'submitted_at is empty'],
    ['a time that is none', GOOD.replace('1700000000,', 'soon,'), 'submitted_at "soon" is not a time'],
    ['a probability above 1', GOOD.replace('0.25', '1.01'), 'p_long_wait "1.01" is not a probability'],
    ['a negative probability', GOOD.replace('0.25', '-0.1'), 'p_long_wait "-0.1" is not a probability'],
    ['a probability that is not a number', GOOD.replace('0.25', 'high'), 'p_long_wait "high" is not a probability'],
    ['a negative wait', GOOD.replace(',10,', ',-10,'), 'actual_wait_s "-10" is not a time span'],
    ['a prediction without end', GOOD.replace(',60,', ',1e999,'), 'predicted_wait_s "1e999" is not a time span'],
    ['a label that is none', GOOD.replace(',0,1700', ',maybe,1700'), 'long_wait "maybe" is not 0 or 1'],
    ['a label before the job', GOOD.replace('1700000010', '1699999999'), 'label_at is before submitted_at'],
    ['an open quote', GOOD.replace('job-1', '"job-1'), 'a quote is not closed'],
    ['an escape sequence', GOOD.replace('0.25', '\u001b[31m'), 'p_long_wait "?[31m" is not a probability'],
  ])('is left out for %s', (_, line, fault) => {
    expect(read(line).fault).toContain(fault);
  });

  it('may have quotes, blanks and a carriage return', () => {
    const { fault, jobId } = read(`${GOOD.replace('job-1', ' "job,1" ')}\r`);
    expect({ fault, jobId }).toEqual({ fault: null, jobId: 'job,1' });
  });

  it('may hold delimiters, doubled quotes and line breaks in its quoted fields', () => {
    const { fault, jobId, row } = read(GOOD.replace('c1', '"a ""b"""').replace('job-1', '"one,\r\n""two"""'));
    expect({ fault, jobId, clusterId: row.clusterId }).toEqual({
      ...{ fault: null, jobId: 'one,\r\n"two"', clusterId: 'a "b"' },
    });
    expect(read(GOOD.replace('job-1', '5" disk')).jobId).toBe('5" disk');
  });

  it('says what was asked for, as far as the file does', () => {
    const header = `${HEADER},gpus,procs,queue,run_s`;
    const { row } = read(`${GOOD},4,8.5,gpu-long,3600`, header);
    expect(row).toMatchObject({ gpus: 4, procs: 8.5, queue: 'gpu-long', runSeconds: 3600, started: true });
    const unknown = { gpus: Number.NaN, procs: Number.NaN, queue: '', runSeconds: Number.NaN, leftAt: Number.NaN };
    expect(read(`${GOOD},-1,,,-1`, header).row).toMatchObject({ ...unknown, censored: false });
    expect(read(GOOD).row).toMatchObject(unknown);
  });

  it('may do without a probability, a prediction, and a wait where it has a label', () => {
    const { fault, row } = read(GOOD.replace('0.25,60,10,', ',,,'));
    expect(fault).toBeNull();
    expect(row.p).toBeNaN();
    expect(row.predictedWaitSeconds).toBeNaN();
    expect(row.waitSeconds).toBeNaN();
  });

  it('gets its label from wait and T where the file has none', () => {
    const header = '\ufeffWhen;Score;Waited';
    const mapping = parseMapping('submitted_at=when,p_long_wait=score,actual_wait_s=waited');
    expect(read('2023-11-14T22:13:20Z;0.9;301', header, mapping).row).toMatchObject({
      longWait: true,
      labelAt: 1_700_000_300,
    });
    const short = read('2023-11-14T22:13:20Z;0.9;300', header, mapping);
    expect(short.row).toMatchObject({ longWait: false, labelAt: 1_700_000_300 });
    expect(short.jobId).toBe('line-7');
  });
});

describe('a header', () => {
  it('has to have the time, and a label or a wait', () => {
    expect(() => layoutOf('submitted_at,p_long_wait,long_wait', new Map())).toThrow(/no column label_at/);
    expect(() => layoutOf('a,b', new Map())).toThrow(UnusableFile);
    expect(layoutOf('SUBMITTED_AT,P_long_wait,actual_wait_s', new Map())).toMatchObject({ p_long_wait: 1 });
  });

  it('may have quoted names with delimiters, quotes and line breaks in them', () => {
    const layout = layoutOf('"a, ""b""\nc", "submitted_at" ,p_long_wait,actual_wait_s\r', new Map());
    expect(layout).toMatchObject({ width: 4, submitted_at: 1, p_long_wait: 2, actual_wait_s: 3, notes: [] });
    expect(layoutOf('\ufeff"submitted_at";p_long_wait;actual_wait_s', new Map())).toMatchObject({ submitted_at: 0 });
  });

  it('tells what it had to assume', () => {
    const mapping = parseMapping('p_long_wait=scroe,job_id=job');
    const { notes, p_long_wait } = layoutOf('submitted_at,p_long_wait,actual_wait_s,p_long_wait', mapping);
    expect(p_long_wait).toBe(1);
    expect(notes).toEqual([
      'there is no column "job" to stand for job_id; it is taken for missing',
      'there is no column "scroe" to stand for p_long_wait; its own p_long_wait is taken',
      'column p_long_wait appears twice; the first counts',
    ]);
  });

  it('is mapped by names of ours only', () => {
    expect(() => parseMapping('prob=score')).toThrow(UnknownColumn);
    expect(() => parseMapping('p_long_wait=')).toThrow(UnknownColumn);
    expect(() => parseMapping('p_long_wait')).toThrow(UnknownColumn);
  });
});

describe('sorting a file', () => {
  it('puts lines in the order of time, equal times as they came, in memory and out of it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), fc.constantFrom(64, 200, 100_000), (times, runBytes) => {
        const sort = new LineSort(runBytes);
        times.forEach((at, line) => {
          const bytes = Buffer.from(`line ${line}`);
          sort.add(at, line, bytes, 0, bytes.length);
        });
        const got = [...sort.sorted()].map(({ time, line, bytes, from, to }) => [
          time,
          line,
          bytes.toString('utf8', from, to),
        ]);
        sort.close();
        const expected = times.map((at, line): [number, number, string] => [at, line, `line ${line}`]);
        expect(got).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
      }),
      { numRuns: 300 },
    );
  });
});
