import { describe, expect, it } from 'vitest';
import { folder, replay } from './run.ts';
import { csv, csvLine, HEADER, jobs } from './synthetic.ts';

const files = folder();
const QUIET = jobs(600);

async function json(...args: string[]) {
  const out = files.path(`result-${args.join('-').replace(/\W+/g, '_').slice(-80)}.json`);
  const run = await replay(...args, '--json', out);
  return { run, report: JSON.parse(files.text(out.split('/').at(-1) ?? '')) };
}

describe('vgac replay', () => {
  it('writes the same JSON keys for every stream, and parts that add up to the jobs', async () => {
    const { run, report } = await json(files.put('quiet.csv', csv(QUIET)), '--rules', 'core');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(report).toMatchObject({ version: 2, rules: 'core', set: {} });
    const [stream] = report.streams;
    expect(Object.keys(stream)).toEqual([
      ...['name', 'clusterId', 'verdict', 'jobs', 'nothingNeeded', 'acted', 'heldOut', 'asked', 'withheld', 'late'],
      ...[
        'failed',
        'undecided',
        'alsoAsked',
        'calls',
        'actedOfCalls',
        'longWaits',
        'censored',
        'reached',
        'reachedShare',
        'chance',
      ],
      ...['reachedMedianWait', 'longWaitSeconds', 'questions', 'questionsPerDay', 'unasked', 'tiers'],
      ...[
        'promiseViolations',
        'naive',
        'forecast',
        'passedOver',
        'core',
        'repeatedRows',
        'arrayTasks',
        'firstSubmittedAt',
      ],
      ...['lastSubmittedAt', 'days', 'upper90Held', 'interval90Held', 'ece', 'scores', 'psi', 'psiNeeds', 'alarms'],
      ...['driftAlarmJobs', 'recalibration', 'reliability', 'timeline', 'jobsPerSecond'],
    ]);
    expect(Object.keys(stream.tiers[0])).toEqual([
      ...[
        'tier',
        'eps',
        'promise',
        'called',
        'acted',
        'right',
        'unknown',
        'rightShare',
        'rightLow',
        'rightHigh',
        'counterfactual',
      ],
      ...[
        'testedFrom',
        'tested',
        'heldOut',
        'heldRight',
        'heldUnknown',
        'reachedShare',
        'violations',
        'leastSlack',
        'earnedAfter',
      ],
      ...['earned', 'standing', 'needs', 'needsDays'],
    ]);
    expect(stream.tiers.map(({ tier, promise }: { tier: string; promise: number }) => [tier, promise])).toEqual([
      ['annotate', expect.closeTo(0.2)],
      ['warn', expect.closeTo(0.43)],
      ['suggest', expect.closeTo(0.65)],
      ['gate', expect.closeTo(0.87)],
    ]);
    expect(Object.keys(stream.ece)).toEqual(['raw', 'served', 'null', 'n']);
    expect(Object.keys(stream.scores.served)).toEqual([
      ...['ece', 'null', 'mce', 'brier', 'reliability', 'resolution', 'uncertainty', 'withinBin'],
      ...['tailGap', 'logLoss', 'auroc', 'auprc'],
    ]);
    expect(stream.scores.served).toMatchObject({ ece: stream.ece.served, null: stream.ece.null });
    expect(stream).toMatchObject({ name: 'quiet', jobs: 600, promiseViolations: 0, core: null });
    const { nothingNeeded, acted, heldOut, asked, withheld, late, failed, undecided, calls } = stream;
    expect(nothingNeeded + acted + heldOut + asked + withheld + late + failed + undecided).toBe(600);
    expect(acted + heldOut + asked + withheld).toBe(calls);
    expect(acted).toBeGreaterThan(10);
    expect(stream.actedOfCalls).toBe(acted / calls);
    expect(stream.chance).toBe(acted / 600);
    expect(stream.reached).toBe(stream.tiers.reduce((sum: number, { right }: { right: number }) => sum + right, 0));
  });

  it('opens with one paragraph in plain words, and says nothing of the coverage of jobs that needed nothing', async () => {
    const file = files.put('words.csv', csv(jobs(3000)));
    const [all, core] = await Promise.all([
      replay(file, '--html', files.path('words.html')),
      replay(file, '--rules', 'core'),
    ]);
    for (const { stdout } of [all, core]) {
      const [, ...lines] = stdout.split('\n');
      const opening = lines
        .slice(
          0,
          lines.findIndex((line) => line.startsWith('┌')),
        )
        .join(' ');
      expect(opening).toMatch(
        /^The built-in forecast, made of the events of this queue alone, .* p had a part in \d+\.\d % of them, .*: Brier score 0\.\d{4}, where the base rate has 0\.\d{4} \(\d+ % better\), VGAC’s p as it is 0\.\d{4}; AUROC 0\.\d\d\. On its own it would have annotated \d+.* of \d+ that called for something, among 3,000 jobs/,
      );
      expect(opening).toMatch(/Annotate: \d+ of \d+ right .* where 20 % are promised/);
      expect(opening).toMatch(/It would have reached \d+ of \d+ long waits .* at random would have reached/);
      expect(opening).toMatch(/It would have asked \d+ questions, [\d.]+ a day\./);
      expect(opening).toMatch(
        /"act on raw p" .*"tiers by the ECE of the last 100" .*"never act" would have done nothing/,
      );
      expect(opening).toMatch(/the next tier to earn is .*|all four tiers are earned/);
      expect(opening).toMatch(/Recommendation: [^.]+\.$/);
      expect(stdout).not.toMatch(/coverage/i);
      expect(stdout).toMatch(/3,000 = [\d,]+ nothing needed \+ \d+ acted on/);
      expect(stdout).toMatch(/one-sided 90 % bound holds \d+\.\d %/);
      expect(stdout).toMatch(/served MCE 0\.\d{4}, tail gap 0\.\d{4}, AUROC 0\.\d{4}, AUPRC 0\.\d{4}/);
      expect(stdout).toMatch(/Brier 0\.\d{4} = rel 0\.\d{4} - res 0\.\d{4} \+ unc 0\.\d{4} [+-] 0\.\d{4} within bins/);
    }
    expect(all.stdout).toMatch(/acted on \d+ where the core acts on\s/);
    expect(core.stdout).not.toMatch(/the core acts on/);
    expect(files.text('words.html')).toMatch(
      /class="verdict"><b>Recommendation: [^<]+<\/b> The built-in forecast, .* On its own it would have annotated/,
    );
    expect(files.text('words.html')).not.toMatch(/coverage/i);
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
      stream.acted,
      stream.reached,
    ]);
    const byName = Object.fromEntries(numbers.map(([name, ...rest]: unknown[]) => [name, rest]));
    expect(byName['mixed/c1']).toEqual(byName.first);
    expect(byName['mixed/c2']).toEqual(byName.second);
    expect(files.text('mixed-decisions.csv').trimEnd().split('\n')).toHaveLength(1 + 2 * (600 + 500));
  });

  it('intervenes from the third day of outcomes on, as deployed, and with the core rules or without that rule at once', async () => {
    const file = files.put('days.csv', csv(jobs(1_200, { apart: 300 })));
    const firstIntervention = async (name: string, ...rest: string[]): Promise<number> => {
      await replay(file, '--forecast', 'file', '--decisions', files.path(name), ...rest);
      const lines = files.text(name).trimEnd().split('\n').slice(1);
      const acted = lines.map((line) => line.split(',')).find(([, , , , , , , tier]) => Number(tier) >= 3);
      return Math.floor(Number(acted?.[2]) / 86_400) - Math.floor(1_700_000_000 / 86_400);
    };
    expect(await firstIntervention('deployed.csv')).toBe(2);
    expect(await firstIntervention('four.csv', '--set', 'evidenceDays=4')).toBe(3);
    expect(await firstIntervention('at-once.csv', '--set', 'evidenceDays=0')).toBeLessThan(2);
    expect(await firstIntervention('core.csv', '--rules', 'core')).toBeLessThan(2);
  });

  it('writes one line for each round, as it always has', async () => {
    const file = files.put('golden.csv', csv(jobs(1200)));
    // They span 20 hours.
    const first = ['--set', 'evidenceDays=0'];
    await replay(file, '--forecast', 'file', '--decisions', files.path('golden-decisions.csv'), ...first);
    const lines = files.text('golden-decisions.csv').trimEnd().split('\n');
    expect(lines).toHaveLength(1201);
    const some = (which: RegExp): string | undefined => lines.find((line) => which.test(line));
    expect([
      ...lines.slice(0, 3),
      some(/,1,1,1,0,,0,/),
      some(/,3,3,1,0,/),
      some(/,0,1,0\.[\d.]+,0,/),
      some(/,3,2,1,0,,1,/),
      lines.at(-1),
    ]).toMatchInlineSnapshot(`
      [
        "stream,job_id,submitted_at,label_at,long_wait,q,tier_called,tier,acted,held_out,holdout_share,asked,paper,reason,upper_s,tokens_1,tokens_2,tokens_3,tokens_4,forecast",
        "golden,job-0,1700000000,1700000300,1,0.070000000,0,0,0,0,,0,,,522.847,20.0000,20.0000,20.0000,20.0000,file",
        "golden,job-1,1700000060,1700000144,0,0.884000000,3,0,0,0,,1,,learning,6467.904,20.0000,20.0000,20.0000,20.0000,file",
        "golden,job-139,1700008340,1700008458,0,0.403440701,1,1,1,0,,0,,,6041.580,28.0000,21.3255,20.0000,20.0000,file",
        "golden,job-296,1700017760,1700018060,1,0.826218433,3,3,1,0,0.1,0,,,15264.103,36.0000,29.8825,20.0000,20.0000,file",
        "golden,job-354,1700021240,1700021540,1,0.967705384,4,3,0,1,0.1,0,,evidence,19752.928,40.0000,35.5100,20.0000,20.0000,file",
        "golden,job-131,1700007860,1700008160,1,0.899978825,3,2,1,0,,1,,evidence,15418.655,28.0000,20.0000,20.0000,20.0000,file",
        "golden,job-1199,1700071940,1700072219,0,0.117268516,0,0,0,0,,0,,,2967.785,60.0000,39.6275,35.6340,20.0000,file",
      ]
    `);
  });

  it('notices a model that drifts, stops acting on it, and draws all of it', async () => {
    const drifting = jobs(3000, { driftsAt: 2200 });
    const file = files.put('drifting.csv', csv(drifting, 'a-cluster'));
    const { report } = await json(file, '--html', files.path('report.html'));
    const [stream] = report.streams;
    expect(stream.alarms.raw).toBeGreaterThan(0);
    expect(stream.driftAlarmJobs[0]).toBeGreaterThan(2200);
    expect(stream.driftAlarmJobs[0]).toBeLessThan(2400);
    expect(stream.promiseViolations).toBe(0);
    expect(stream.naive.map(({ rule }: { rule: string }) => rule)).toEqual([
      ...['act on raw p', 'tiers by the ECE of the last 100', 'never act'],
    ]);
    expect(stream.psi).toBeGreaterThan(0.1);
    expect(stream.core.actedOfCore).toBeGreaterThan(0.85);
    const html = files.text('report.html');
    expect(html.match(/<svg/g)?.length).toBe(10);
    expect(html.match(/<script|https?:|NaN|undefined/)).toBeNull();
    const says = [/n per bin: \d+/, /largest gap of a bin \(MCE\)/, /Alarms: \d+ on raw p, \d+ on served q/];
    expect(says.filter((one) => !one.test(html))).toEqual([]);
  });

  it('fails where nothing of a history could be read, and says what it found and what it needs', async () => {
    const local = files.put(
      'local.csv',
      'submitted_at,p_long_wait,actual_wait_s\n2026-01-01 10:00:00,.4,20\n2026-01-01 10:01:00,.5,30\n',
    );
    const { run, report } = await json(local);
    expect(run).toMatchObject({ code: 1, stdout: expect.not.stringContaining('┌') });
    expect(run.stderr).toMatch(
      /none of the 2 rows could be read \(line 2: submitted_at "2026-01-01 10:00:00" has no time zone: give --timezone\); each row needs .* --timezone Europe\/Berlin/,
    );
    expect(report.files[0]).toMatchObject({ skippedRows: 2, failure: expect.stringContaining('none of the 2 rows') });
  });

  it('serves a file without probabilities by the built-in forecast, beside the base rate and rules on q', async () => {
    const plain = QUIET.map(({ submittedAt, jobId, wait }) => `${submittedAt},${jobId},${wait}`);
    const file = files.put('plain.csv', `submitted_at,job_id,actual_wait_s\n${plain.join('\n')}\n`);
    const { run, report } = await json(
      ...[file, '--decisions', files.path('plain-decisions.csv'), '--html', files.path('plain.html')],
    );
    const [stream] = report.streams;
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stream.forecast).toMatchObject({ name: 'builtin', withP: 0, vgacShare: 0, rawP: null, aged: 0 });
    expect(stream.forecast.compared.map(({ name }: { name: string }) => name)).toEqual(['builtin']);
    expect(stream.forecast.baseRate.brier).toBeCloseTo(stream.scores.served.uncertainty, 12);
    expect(stream.naive[0].rule).toBe('act on every q');
    expect(stream.ece).toMatchObject({ raw: null, n: 600 });
    const html = files.text('plain.html');
    for (const page of [run.stdout, html]) expect(page).not.toMatch(/raw p|the file’s p|NaN/);
    expect(html.match(/<svg/g)?.length).toBe(9);
    expect(run.stdout).toMatch(/│ base rate +│ 0\.\d{4} │ +0\.\d{4} │ 0\.500 │/);
    const decisions = files.text('plain-decisions.csv').trimEnd().split('\n').slice(1);
    expect(decisions.filter((line) => !line.endsWith(',builtin'))).toEqual([]);
  });

  it('refuses to act on the probabilities of a file that has none, and says what to do', async () => {
    const file = files.put('none.csv', 'submitted_at,actual_wait_s\n1700000000,5\n1700000060,7\n');
    const decisions = files.path('none-decisions.csv');
    const run = await replay(file, '--forecast', 'file', '--decisions', decisions);
    expect(run).toMatchObject({ code: 1, stdout: expect.not.stringContaining('┌') });
    expect(run.stderr).toMatch(
      /none\.csv: --forecast file acts on .* it has none: name their column with --map p_long_wait=column, or leave --forecast out/,
    );
    expect(files.text('none-decisions.csv').trimEnd().split('\n')).toHaveLength(1);
  });

  it('plays both forecasts where probabilities come late in a file, and says which jobs have none', async () => {
    const [head = '', ...rows] = csv(QUIET).trimEnd().split('\n');
    const late = rows.map((row, i) => (i < 60 ? row.replace(/(job-\d+),[\d.]+,/, '$1,,') : row));
    const file = files.put('late.csv', `${head}\n${late.join('\n')}\n`);
    const { run, report } = await json(file, '--decisions', files.path('late-decisions.csv'));
    const [stream] = report.streams;
    expect(stream.forecast).toMatchObject({ name: 'both', withP: 0.9 });
    expect(stream.forecast.compared.map(({ name }: { name: string }) => name)).toEqual(['both', 'builtin', 'file']);
    expect(run.stdout).toContain('(10.0 % of the jobs have no p)');
    // The first reading, which took it for a file without, leaves nothing behind.
    expect(files.text('late-decisions.csv').trimEnd().split('\n')).toHaveLength(601);
    const alone = await json(file, '--no-beside');
    expect(alone.report.streams[0].forecast.compared).toHaveLength(1);
    expect(alone.report.streams[0]).toMatchObject({ acted: stream.acted, core: null, naive: null });
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
      json(file, '--forecast', 'file'),
      json(file, '--forecast', 'file', '--set', 'evidence.labels=10', '--set', 'warn.promise=0.6,annotate.tokens=5'),
    ]);
    expect(early.report.set).toEqual({
      'GATE.evidence.labels': 10,
      'tiers.warn.promise': 0.6,
      'TIER_NUMBERS.annotate.tokens': 5,
    });
    expect(early.report.streams[0].tiers[0].earnedAfter).toBeLessThan(usual.report.streams[0].tiers[0].earnedAfter);
    expect(early.report.streams[0].tiers[0].testedFrom).toBe(7);
    expect(early.report.streams[0].tiers[1].promise).toBe(0.6);
    const [unknown, doubtful, impossible] = await Promise.all([
      replay(file, '--set', 'drift.flor=0.1'),
      replay(file, '--set', 'quota=1'),
      replay(file, '--set', 'limits.cooldownMinutes=-2'),
    ]);
    expect(unknown.code).not.toBe(0);
    expect(unknown.stderr).toMatch(/there is no number "drift.flor"; did you mean GATE.drift.floor. There are:/);
    expect(unknown.stderr).toContain('TIER_NUMBERS.gate.eps');
    expect(doubtful.stderr).toMatch(/may be OUTCOME_RING\.quota or EVIDENCE_RING\.quota/);
    expect(impossible.code).not.toBe(0);
    expect(impossible.stderr).toMatch(/limits\.cooldownMinutes/);
  });
});
