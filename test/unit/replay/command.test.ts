import { describe, expect, it } from 'vitest';
import { folder, replay } from './run.ts';
import { csv, csvLine, HEADER, jobs, zipped } from './synthetic.ts';

const files = folder();
const QUIET = jobs(600);

async function json(...args: string[]) {
  const out = files.path(`result-${args.join('-').replace(/\W+/g, '_').slice(-80)}.json`);
  const run = await replay(...args, '--json', out);
  return { run, report: JSON.parse(files.text(out.split('/').at(-1) ?? '')) };
}

describe('npm run replay', () => {
  it('writes the same JSON keys for every stream', async () => {
    const { run, report } = await json(files.put('quiet.csv', csv(QUIET)), '--rules', 'core');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [stream] = report.streams;
    expect(Object.keys(stream).slice(0, 15)).toEqual([
      ...[
        'name',
        'jobs',
        'autonomous',
        'notify',
        'escalate',
        'executed',
        'coverage',
        'harmful',
        'harmRate',
        'worst500',
      ],
      ...['boundViolations', 'driftAlarms', 'upper90Coverage', 'ece', 'jobsPerSecond'],
    ]);
    expect(Object.keys(stream.ece)).toEqual(['raw', 'served', 'null', 'n']);
    expect(Object.keys(stream.scores.served)).toEqual([
      ...['ece', 'null', 'mce', 'brier', 'reliability', 'resolution', 'uncertainty', 'withinBin'],
      ...['tailGap', 'auroc', 'auprc'],
    ]);
    expect(stream.scores.served).toMatchObject({ ece: stream.ece.served, null: stream.ece.null });
    expect(stream).toMatchObject({ name: 'quiet', jobs: 600, boundViolations: 0, driftAlarms: 0 });
    expect(stream.executed).toBe(stream.autonomous + stream.notify);
    expect(stream.executed + stream.escalate).toBe(600);
    expect(stream.coverage).toBe(stream.executed / 600);
    expect(run.stdout).toContain('600');
    expect(run.stdout).toMatch(/would have asked a human [\d.]+ times a day/);
    expect(run.stdout).toMatch(/served MCE 0\.\d{4}, tail gap 0\.\d{4}, AUROC 0\.\d{4}, AUPRC 0\.\d{4}/);
    expect(run.stdout).toMatch(
      /Brier 0\.\d{4} = rel 0\.\d{4} - res 0\.\d{4} \+ unc 0\.\d{4} [+-] 0\.\d{4} within bins/,
    );
  });

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
    const ours = await json(files.put('ours.csv', csv(QUIET)), '--rules', 'core');
    const numbers = ({
      report: {
        streams: [stream],
      },
    }: typeof ours) => [stream.executed, stream.harmful, stream.ece];
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
    expect(run.stderr).toMatch(/missing\.csv: ENOENT/);
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
    const same = report.streams.slice(0, 5).map(({ harmful, ece }: { harmful: number; ece: object }) => [harmful, ece]);
    expect(same).toEqual(Array(5).fill(same[0]));
    expect(run.stderr).toMatch(/header\.csv: there is a header, but no job that could be read/);
    expect(run.stderr).toMatch(/garbage\.bin: no column submitted_at/);
    expect(run.stderr).toMatch(/long\.csv:2: skipped: the line is longer than 1 MiB/);
    expect(run.stderr).toMatch(/open\.csv:2: skipped: a quote is not closed/);
    expect(run.stderr).toMatch(/cut\.csv\.gz: unexpected end of file after \d+ jobs; what was read before counts/);
    expect(run.stderr).toMatch(/: EISDIR/);
    expect(files.text('hostile.csv')).toContain('\nbom,"job, ""1""\r\nof a user",escalate,');
  });

  it('says at once which of its own files it could not write', async () => {
    const run = await replay(files.put('one.csv', csv(QUIET)), '--json', files.path('no/such/folder.json'));
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/^ENOENT.*folder\.json/);
  });

  it('sorts a file that is out of order, and takes each cluster of a file for itself', async () => {
    const [c1, c2] = [jobs(600), jobs(500, { seed: 2 })];
    const mixed = [...c1.map((job) => csvLine(job)), ...c2.map((job) => csvLine(job, 'c2'))].reverse();
    const { report } = await json(
      files.put('mixed.csv', `${HEADER}\n${mixed.join('\n')}\n`),
      files.put('first.csv', csv(c1)),
      files.put('second.csv', csv(c2)),
      '--decisions',
      files.path('mixed-decisions.csv'),
    );
    const numbers = report.streams.map((stream: Record<string, unknown>) => [
      stream.name,
      stream.executed,
      stream.harmful,
    ]);
    const byName = Object.fromEntries(numbers.map(([name, ...rest]: unknown[]) => [name, rest]));
    expect(byName['mixed/c1']).toEqual(byName.first);
    expect(byName['mixed/c2']).toEqual(byName.second);
    expect(files.text('mixed-decisions.csv').trimEnd().split('\n')).toHaveLength(1 + 2 * (600 + 500));
  });

  it('writes one line for each decision, as it always has', async () => {
    const file = files.put('golden.csv', csv(jobs(140)));
    await replay(file, '--rules', 'core', '--decisions', files.path('golden-decisions.csv'));
    const lines = files.text('golden-decisions.csv').trimEnd().split('\n');
    expect(lines).toHaveLength(141);
    expect([0, 1, 2, 100, 105, 110, 120, 140].map((i) => lines[i])).toMatchInlineSnapshot(`
      [
        "stream,job_id,scope,reason,q,upper_s,tokens,in_flight",
        "golden,job-0,escalate,probation,0.070000000,522.847,10.0000,0",
        "golden,job-1,escalate,probation,0.884000000,6467.904,10.0000,0",
        "golden,job-99,escalate,probation,0.259497269,5823.412,10.0335,0",
        "golden,job-104,notify,score,0.086041754,1572.724,10.0853,1",
        "golden,job-109,notify,score,0.018272252,363.026,10.2870,2",
        "golden,job-119,escalate,uncertain,0.582231921,11476.484,10.6905,1",
        "golden,job-139,escalate,uncertain,0.403440701,5862.994,11.4474,2",
      ]
    `);
  });

  it('notices a model that drifts, stops acting on it, and draws all of it', async () => {
    const drifting = jobs(2000, { driftsAt: 1200 });
    const file = files.put('drifting.csv', csv(drifting, 'a-cluster'));
    const { run, report } = await json(file, '--html', files.path('report.html'), '--compare');
    const [stream] = report.streams;
    expect(stream.driftAlarms).toBeGreaterThan(0);
    expect(stream.driftAlarmJobs[0]).toBeGreaterThan(1200);
    expect(stream.driftAlarmJobs[0]).toBeLessThan(1400);
    expect(stream.boundViolations).toBe(0);
    expect(stream.compare.map(({ coverage }: { coverage: number }) => coverage)).toEqual([
      stream.coverage,
      expect.any(Number),
      1,
      0,
    ]);
    expect(run.stdout).toContain('always act');
    const html = files.text('report.html');
    expect(html.match(/<svg/g)?.length).toBe(10);
    expect(html).not.toMatch(/<script|https?:|NaN|undefined/);
    expect(html).toContain('n per bin: 131 to 136');
    expect(html).toContain('largest gap of a bin (MCE)');
    expect(html).toMatch(/Alarms: \d+ on raw p, \d+ on served q, \d+ of harm/);
  });

  it('shows names of clusters as text, never as markup', async () => {
    const file = files.put('hostile.csv', csv(jobs(120), '<img src=x onerror=alert(1)>'));
    await replay(file, '--html', files.path('hostile.html'));
    expect(files.text('hostile.html')).not.toContain('<img');
    expect(files.text('hostile.html')).toContain('&#60;img');
  });

  it('tries other numbers, and refuses names that it does not know with those that it does', async () => {
    const file = files.put('set.csv', csv(QUIET));
    const [usual, early] = await Promise.all([
      json(file),
      json(file, '--set', 'hold=60', '--set', 'statement.tokens=3'),
    ]);
    expect(early.report.set).toEqual({ 'CALIBRATION.hold': 60, 'budgets.statement.tokens': 3 });
    expect(early.report.streams[0].reasons.probation).toBeLessThan(usual.report.streams[0].reasons.probation);
    const [unknown, doubtful, impossible] = await Promise.all([
      replay(file, '--set', 'harm.rat=0.1'),
      replay(file, '--set', 'perDay=1'),
      replay(file, '--set', 'holdOut=2'),
    ]);
    expect(unknown.code).not.toBe(0);
    expect(unknown.stderr).toMatch(/there is no number "harm.rat"; did you mean GATE.harm.rate. There are:/);
    expect(unknown.stderr).toContain('GATE.harm.rate');
    expect(doubtful.stderr).toMatch(/may be budgets\.statement\.perDay or budgets\.intervention\.perDay/);
    expect(impossible.code).not.toBe(0);
    expect(impossible.stderr).toMatch(/holdOut/);
  });
});
