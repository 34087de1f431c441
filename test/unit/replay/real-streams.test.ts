import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { watchModel } from '../../../functions/domain/calibration/detectors.ts';
import { replayFile } from '../../../infra/replay/replay-file.ts';
import { type RulesName, ruleSet } from '../../../infra/replay/rules.ts';
import type { OnDecision, Stream } from '../../../infra/replay/stream.ts';
import { reliabilityOf } from '../../../infra/replay/tally.ts';
import { seeded } from './synthetic.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'A.csv.gz'));
const why = present ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';
const file = (stream: string): string => join(FOLDER, `${stream}.csv.gz`);

async function replayed(stream: string, rules: RulesName): Promise<Stream> {
  const options = { mapping: new Map(), longWaitSeconds: 300, onRead: () => {}, compare: false, decisions: null };
  const { streams, failure, faults } = await replayFile(file(stream), stream, { ...options, rules: ruleSet(rules) });
  expect({ failure, skipped: faults.count, streams: streams.length }).toEqual({
    failure: null,
    skipped: 0,
    streams: 1,
  });
  const [only] = streams;
  if (only === undefined) throw new Error('no stream');
  return only.stream;
}

/** CALIBRATION.md section 9: coverage at least, harmful of executed and worst 500 at most, in per cent. */
const NUMBERS: [stream: string, coverage: number, harmful: number, worst500: number][] = [
  ['A', 87, 4.6, 6.5],
  ['B', 74, 4.7, 7],
  ['C', 50, 4.2, 7],
  ['D', 60, 3.8, 7],
  ['E', 79, 2.0, 8],
  ['F', 36, 4.0, 11.5],
];

describe.skipIf(!present)(`the back-test on real streams${why}`, () => {
  it.each(NUMBERS)(
    'reaches on %s coverage %d %%, harm %d %%, worst 500 %d %%',
    async (name, coverage, harmful, worst500) => {
      const { tally, bounds } = await replayed(name, 'core');
      const { executed } = tally;
      expect((100 * executed.executed) / tally.jobs).toBeGreaterThanOrEqual(coverage);
      expect(100 * (executed.harmRate ?? 1)).toBeLessThanOrEqual(harmful);
      expect(100 * (executed.worst500 ?? 1)).toBeLessThanOrEqual(worst500);
      expect(bounds.statement.violations).toBe(0);
      expect(tally.upper90Coverage).toBeGreaterThanOrEqual(0.88);
      expect(tally.upper90Coverage).toBeLessThanOrEqual(0.92);
    },
  );

  it.each(['A', 'B', 'E'])('serves an ECE of at most .02 inside Kubernetes on %s', async (name) => {
    const { tally } = await replayed(name, 'core');
    expect(reliabilityOf(tally.served).scores.ece).toBeLessThanOrEqual(0.02);
  });

  it.each(['A', 'B', 'C', 'D', 'E', 'F'])(
    'keeps both bounds on %s with all rules, covers no more than the core, and bounds 88 to 92 %% of waits',
    async (name) => {
      const [core, all] = [await replayed(name, 'core'), await replayed(name, 'all')];
      expect(all.bounds.statement.violations + all.bounds.intervention.violations).toBe(0);
      expect(all.tally.executed.executed).toBeLessThanOrEqual(core.tally.executed.executed);
      expect(all.tally.upper90Coverage).toBeGreaterThanOrEqual(0.88);
      expect(all.tally.upper90Coverage).toBeLessThanOrEqual(0.92);
    },
  );

  it('recalibrates D, which serves it better, and leaves A alone', async () => {
    const [core, all, quiet] = [await replayed('D', 'core'), await replayed('D', 'all'), await replayed('A', 'all')];
    expect(all.recalibration?.promoted).toBeGreaterThan(0);
    expect(reliabilityOf(all.tally.served).scores.ece).toBeLessThan(reliabilityOf(core.tally.served).scores.ece ?? 0);
    expect(quiet.recalibration).toMatchObject({ promoted: 0, rolledBack: 0 });
  });

  it.each(['C', 'D'])('does at most 15 harms in the first 500 jobs after the switch on %s', async (name) => {
    const SWITCH = 2914;
    let [seen, harms] = [0, 0];
    const onDecision: OnDecision = (row, { q }, { scope }) => {
      seen += 1;
      const wrong = (q ?? 0) >= 0.5 !== row.longWait;
      if (seen > SWITCH && seen <= SWITCH + 500 && scope !== 'escalate' && wrong) harms += 1;
    };
    const decisions = {
      mark: () => 0,
      backTo: () => {},
      add: (_: string, ...told: Parameters<OnDecision>) => onDecision(...told),
    };
    const options = { mapping: new Map(), longWaitSeconds: 300, onRead: () => {}, compare: false, decisions };
    await replayFile(file(name), name, { ...options, rules: ruleSet('core') });
    expect(seen).toBe(8914);
    expect(harms).toBeLessThanOrEqual(15);
  });
});

/** Labels that turn a calibrated p into one with a true ECE of .10, each in its own way. */
const DISTORTIONS: Record<string, (p: number, by: number) => number> = {
  'short waits became long': (p, by) => sigmoid(logit(p) + by),
  'the same amount everywhere': (p, by) => Math.min(0.999, p + by),
  overconfident: (p, by) => sigmoid(logit(p) / (1 + by)),
  'half noise': (p, by) => p + (0.5 - p) * Math.min(1, by),
};
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => {
  const inside = Math.min(0.999, Math.max(0.001, p));
  return Math.log(inside / (1 - inside));
};

describe.skipIf(!present)(`the detector on raw p, on real probabilities${why}`, () => {
  const probabilities = (stream: string): number[] =>
    gunzipSync(readFileSync(file(stream)))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[4]));

  it.each(['A', 'B', 'E', 'F'])(
    'alarms at most once in 10,000 jobs that are as calibrated as it gets, on the p of %s',
    (stream) => {
      const [p, random, statistics] = [probabilities(stream), seeded(5), new Float64Array(13)];
      let alarms = 0;
      for (let i = 0; i < 300_000; i++) {
        const one = p[Math.floor(random() * p.length)] ?? 0;
        if (watchModel(statistics, one, random() < one ? 1 : 0)) alarms += 1;
      }
      expect(alarms).toBeLessThanOrEqual(30);
    },
  );

  it('notices a true ECE of .10 within 200 jobs at the median and 320 nine times in ten', () => {
    const delays = ['A', 'B', 'E', 'F'].flatMap((stream) => {
      const p = probabilities(stream);
      return Object.values(DISTORTIONS).flatMap((distort, which) => {
        const by = amountFor(p, distort);
        return Array.from({ length: 60 }, (_, run) =>
          delayOf(p, (one) => distort(one, by), seeded(1000 * which + 7919 * run)),
        );
      });
    });
    delays.sort((a, b) => a - b);
    expect(delays[Math.floor(0.5 * delays.length)]).toBeLessThanOrEqual(200);
    expect(delays[Math.floor(0.9 * delays.length)]).toBeLessThanOrEqual(320);
  });
});

function amountFor(p: readonly number[], distort: (p: number, by: number) => number): number {
  let [low, high] = [0, 12];
  for (let i = 0; i < 40; i++) {
    const by = (low + high) / 2;
    const error = p.reduce((sum, one) => sum + Math.abs(distort(one, by) - one), 0) / p.length;
    if (error < 0.1) low = by;
    else high = by;
  }
  return low;
}

function delayOf(p: readonly number[], truth: (p: number) => number, random: () => number): number {
  const statistics = new Float64Array(13);
  for (let n = 1; n < 5000; n++) {
    const one = p[Math.floor(random() * p.length)] ?? 0;
    if (watchModel(statistics, one, random() < truth(one) ? 1 : 0)) return n;
  }
  return 5000;
}
