import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { watchModel } from '../../../functions/domain/calibration/detectors.ts';
import type { Cluster } from '../../../infra/replay/cluster.ts';
import { replayFile } from '../../../infra/replay/replay-file.ts';
import { ruleSet } from '../../../infra/replay/rules.ts';
import { reliabilityOf, type Tally } from '../../../infra/replay/tally.ts';
import { seeded } from './synthetic.ts';

const FOLDER = join(import.meta.dirname, '../../../../shared/data/replay');
const present = existsSync(join(FOLDER, 'A.csv.gz'));
const why = present ? '' : ' (skipped: there is no ../shared/data/replay beside this repository)';
const file = (stream: string): string => join(FOLDER, `${stream}.csv.gz`);
const STREAMS = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

async function replayed(stream: string): Promise<Cluster> {
  const options = { mapping: new Map(), longWaitSeconds: 300, onRead: () => {}, beside: true, decisions: null };
  const { streams, failure, faults } = await replayFile(file(stream), stream, { ...options, rules: ruleSet('all') });
  expect({ failure, skipped: faults.count, streams: streams.length }).toEqual({
    failure: null,
    skipped: 0,
    streams: 1,
  });
  const [only] = streams;
  if (only === undefined) throw new Error('no stream');
  return only.cluster;
}

/** CALIBRATION.md section 9 by the q that we serve: of the calls acted on, and of the long waits reached, in per cent. */
const NUMBERS: Readonly<Record<(typeof STREAMS)[number], readonly [acted: number, reached: number]>> = {
  A: [61, 9.9],
  B: [67, 10.6],
  C: [30, 16.2],
  D: [12, 3.1],
  E: [0, 0],
  F: [46, 27.2],
};
const WITHIN = 3;

describe.skipIf(!present)(`the back-test on real streams${why}`, () => {
  const clusters = new Map<string, Cluster>();
  const of = (stream: string): { all: Tally; core: Tally; cluster: Cluster } => {
    const cluster = clusters.get(stream);
    if (!cluster?.core) throw new Error(`${stream} was not replayed`);
    return { all: cluster.stream.tally, core: cluster.core.tally, cluster };
  };
  beforeAll(async () => {
    for (const stream of STREAMS) clusters.set(stream, await replayed(stream));
  }, 120_000);

  it.each(STREAMS)('acts on and reaches on %s what the specification does, with the core rules', (stream) => {
    const { core } = of(stream);
    const [acted, reached] = NUMBERS[stream];
    expect((100 * core.acted) / core.calls).toBeGreaterThanOrEqual(acted - WITHIN);
    expect((100 * core.reached) / core.longWaits).toBeGreaterThanOrEqual(reached - WITHIN);
  });

  it('does so over all of them, and reaches more than as many acts at random', () => {
    const sum = (key: 'acted' | 'calls' | 'reached' | 'longWaits' | 'jobs') =>
      STREAMS.reduce((total, stream) => total + of(stream).core[key], 0);
    expect(sum('acted') / sum('calls')).toBeGreaterThanOrEqual(0.377);
    expect(sum('reached') / sum('longWaits')).toBeGreaterThanOrEqual(0.188);
    expect(sum('reached') / sum('longWaits')).toBeGreaterThan(3 * (sum('acted') / sum('jobs')));
  });

  it.each(STREAMS)('keeps every promise on %s after every label, with either rules', (stream) => {
    const { cluster } = of(stream);
    const promises = [...cluster.stream.promises, ...(cluster.core?.promises ?? [])];
    expect(promises.map(({ violations }) => violations)).toEqual(Array(8).fill(0));
    expect(Math.min(...promises.map(({ leastSlack }) => leastSlack))).toBeGreaterThanOrEqual(0);
  });

  it.each(STREAMS)('counts every job of %s once', (stream) => {
    const { jobs, nothingNeeded, acted, heldOut, asked, withheld, calls } = of(stream).all;
    expect(nothingNeeded + acted + heldOut + asked + withheld).toBe(jobs);
    expect(acted + heldOut + asked + withheld).toBe(calls);
  });

  it('acts with all rules on at least 85 % of what the core acts on', () => {
    const sum = (rules: 'all' | 'core') => STREAMS.reduce((total, stream) => total + of(stream)[rules].acted, 0);
    expect(sum('all') / sum('core')).toBeGreaterThanOrEqual(0.85);
  });

  it.each(STREAMS)('bounds 88 to 92 %% of the waits of %s from above', (stream) => {
    const { all, core } = of(stream);
    for (const { upper90Held } of [all, core]) {
      expect(upper90Held).toBeGreaterThanOrEqual(0.88);
      expect(upper90Held).toBeLessThanOrEqual(0.92);
    }
  });

  it.each(['A', 'B', 'E'])('serves an ECE of at most .02 inside Kubernetes on %s', (stream) => {
    expect(reliabilityOf(of(stream).core.served).scores.ece).toBeLessThanOrEqual(0.02);
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
