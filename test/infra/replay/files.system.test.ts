import { describe, expect, it } from 'vitest';
import { folder, replay } from './run.ts';
import { csv, csvLine, jobs, zipped } from './synthetic.ts';

const files = folder();
const QUIET = jobs(600);

async function json(...args: string[]) {
  const out = files.path(`result-${args.join('-').replace(/\W+/g, '_').slice(-80)}.json`);
  const run = await replay(...args, '--json', out);
  return { run, report: JSON.parse(files.text(out.split('/').at(-1) ?? '')) };
}

describe('vgac replay, given files of any kind,', () => {
  it('tells malformed rows by line, skips them, and decides the others as if they had not been there', async () => {
    const lines = csv(QUIET).trimEnd().split('\n');
    lines.splice(5, 0, 'nonsense');
    lines.splice(100, 0, '', csvLine({ ...QUIET[0], p: 7 } as (typeof QUIET)[0]));
    const broken = files.put('broken.csv', `${lines.join('\r\n')}\r\n${'9'.repeat(30)}`);
    const clean = files.put('clean.csv', csv(QUIET));
    const { run, report } = await json(broken, clean);
    expect(run.code).toBe(0);
    expect(run.stderr.trim().split('\n')).toEqual([
      `${broken}:6: skipped: 1 fields instead of 9`,
      `${broken}:102: skipped: p_long_wait "7" is not a probability`,
      `${broken}:605: skipped: 1 fields instead of 9`,
    ]);
    const [one, other] = report.streams.map(({ name: _, jobsPerSecond: __, ...rest }: Record<string, unknown>) => rest);
    expect(one).toEqual(other);
    expect(report.files[0]).toMatchObject({ skippedRows: 3, failure: null });
  });

  it('reads gzip by its first bytes, whatever the file is called', async () => {
    const { report } = await json(files.put('zipped.csv', zipped(csv(QUIET))), files.put('plain.csv.gz', csv(QUIET)));
    expect(report.streams.map(({ name, jobs: n }: { name: string; jobs: number }) => [name, n])).toEqual([
      ['zipped', 600],
      ['plain', 600],
    ]);
  });

  it('maps columns, and takes the label from the wait', async () => {
    const theirs = QUIET.map(
      ({ submittedAt, jobId, p, wait }) => `${jobId};${new Date(submittedAt * 1000).toISOString()};${wait};${p}`,
    );
    const file = files.put('theirs.csv', `Job;Start of Queue;Queued;Score\n${theirs.join('\n')}\n`);
    const map = ['--map', 'submitted_at=start of queue,p_long_wait=Score', '--map', 'actual_wait_s=queued,job_id=job'];
    const mapped = await json(file, '--rules', 'core', ...map);
    const ours = await json(files.put('ours.csv', csv(QUIET, '')), '--rules', 'core');
    const numbers = ({
      report: {
        streams: [stream],
      },
    }: typeof ours) => [stream.acted, stream.reached, stream.ece];
    expect(numbers(mapped)).toEqual(numbers(ours));
  });

  it('goes on after a file that it cannot read, and says so with its exit code', async () => {
    const cut = files.put('cut.csv.gz', zipped(csv(jobs(3000))).subarray(0, 20_000));
    const empty = files.put('empty.csv', '');
    const foreign = files.put('foreign.csv', 'a,b\n1,2\n');
    const { run, report } = await json(
      files.path('missing.csv'),
      cut,
      empty,
      foreign,
      files.put('last.csv', csv(QUIET)),
    );
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/missing\.csv: there is no such file/);
    expect(run.stderr).toMatch(/cut\.csv\.gz: unexpected end of file after \d+ jobs; what was read before counts/);
    expect(run.stderr).toMatch(/empty\.csv: the file is empty/);
    expect(run.stderr).toMatch(/foreign\.csv: no column submitted_at.*--map/);
    expect(report.streams.map(({ name }: { name: string }) => name)).toEqual(['cut', 'last']);
  });

  it('is stopped by nothing that a file may hold', async () => {
    const [header, ...rows] = csv(QUIET).trimEnd().split('\n');
    const quoted = rows.map((row, i) => row.replace(`job-${i}`, `"job, ""${i}""\r\nof a user"`));
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + (i >> 3)) % 256));
    const shuffled = [...rows].sort((a, b) => (a.slice(-3) < b.slice(-3) ? -1 : 1));
    const hostile = [
      files.put('bom.csv', `\ufeff\r\n${header}\r\n${quoted.join('\r\n')}\r\n`),
      files.put('header.csv', `${header}\n`),
      files.put('garbage.bin', garbage),
      files.put(
        'garbage.csv',
        Buffer.concat([Buffer.from(`${header}\n`), garbage, Buffer.from(`\n${rows.join('\n')}`)]),
      ),
      files.put('long.csv', `${header}\n${'x'.repeat(3_000_000)}\n${rows.join('\n')}\n`),
      files.put('open.csv', `${header}\n1700000000,c1,slurm,"open,0.5,1,1,0,1700000001\n${rows.join('\n')}\n`),
      files.put('same.csv', `${header}\n${rows.map((row) => row.replace(/job-\d+/, 'job')).join('\n')}\n`),
      files.put('cut.csv.gz', zipped(`${header}\n${shuffled.join('\n')}\n`).subarray(0, 5000)),
      files.path('.'),
    ];
    const { run, report } = await json(...hostile, '--rules', 'core', '--decisions', files.path('hostile.csv'));
    expect(run.code).toBe(1);
    expect(report.streams.map(({ name, jobs: n }: { name: string; jobs: number }) => [name, n])).toEqual([
      ['bom', 600],
      ['garbage', 600],
      ['long', 600],
      ['open', 600],
      ['same', 600],
      ['cut', expect.any(Number)],
    ]);
    const same = report.streams
      .slice(0, 4)
      .map(({ ece, longWaits }: { ece: { raw: number }; longWaits: number }) => [ece.raw, longWaits]);
    expect(same).toEqual(Array(4).fill(same[0]));
    expect(run.stderr).toMatch(/header\.csv: there is no job in it, .*; each row needs submitted_at/);
    expect(run.stderr).toMatch(/garbage\.bin: it is not text: unpack it/);
    expect(run.stderr).toMatch(/long\.csv:2: skipped: it is longer than any job is/);
    expect(run.stderr).toMatch(/open\.csv:2: skipped: a quote is not closed/);
    expect(run.stderr).toMatch(/cut\.csv\.gz: unexpected end of file after \d+ jobs; what was read before counts/);
    expect(run.stderr).toMatch(/: that is a folder/);
    expect(files.text('hostile.csv')).toContain('\nbom,"job, ""1""\r\nof a user",1700000060,');
  });

  it('says at once which of its own files it could not write', async () => {
    const run = await replay(files.put('one.csv', csv(QUIET)), '--json', files.path('no/such/folder.json'));
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/folder\.json cannot be used: there is no such file or folder\.$/m);
  });
});
