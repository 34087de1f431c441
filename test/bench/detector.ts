import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Table from 'cli-table3';
import { watchModel } from '../../functions/domain/calibration/detectors.ts';
import { logit, sigmoid } from '../../functions/domain/calibration/normal.ts';
import { seeded } from '../infra/replay/synthetic.ts';
import type { Bench } from './bench.ts';

const SHARED = join(import.meta.dirname, '../../../shared/data/replay');
const CALIBRATED_JOBS = 1_000_000;
const RUNS = 200;
const TRUE_ECE = 0.1;
/** Seeds: calibrated jobs, sample on which a distortion is sized, first of the runs. */
const SEEDS = { calibrated: 7, sample: 99, runs: 1000 } as const;
/** A run without an alarm by then counts as this long. */
const LONGEST = 5_000;

type Random = () => number;
type Scores = (random: Random) => number;
type Distortion = (p: number, by: number) => number;

const held = (p: number): number => Math.min(0.999, Math.max(0.001, p));
const shifted: Distortion = (p, by) => sigmoid(logit(held(p)) + by);
const stretched: Distortion = (p, by) => sigmoid(logit(held(p)) * Math.exp(by));

/** What becomes of calibrated probabilities; each with the one amount that makes a true ECE of .10, where there is one. */
const DISTORTIONS: Readonly<Record<string, Distortion>> = {
  'longer than said': shifted,
  'shorter than said': (p, by) => shifted(p, -by),
  'added everywhere': (p, by) => Math.min(1, p + by),
  'taken off everywhere': (p, by) => Math.max(0, p - by),
  overconfident: (p, by) => stretched(p, -by),
  underconfident: stretched,
  'half noise': (p, by) => p + (0.5 - p) * Math.min(1, by),
};

/** Alarms on calibrated jobs, and jobs until a true ECE of .10 is noticed, over many kinds of scores. */
export const detector: Bench = {
  name: 'detector',
  about: 'the detector on raw p: false alarms on calibrated jobs, delay at a true ECE of .10',
  run: async (print) => {
    const scores = { ...SYNTHETIC, ...realScores() };
    const head = ['scores', 'false alarms per 10,000', ...Object.keys(DISTORTIONS)];
    const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: [20, 14] });
    const all: Record<'real' | 'synthetic', number[]> = { real: [], synthetic: [] };
    for (const [name, draw] of Object.entries(scores)) {
      const cells = Object.values(DISTORTIONS).map((distort, which) => {
        const by = amountFor(draw, distort);
        if (by === null) return '-';
        const delays = Array.from({ length: RUNS }, (_, run) =>
          delayOf(draw, (p) => distort(p, by), seeded(SEEDS.runs + 7919 * run + which)),
        );
        all[name.startsWith('p of') ? 'real' : 'synthetic'].push(...delays);
        return inWords(delays);
      });
      table.push([name, falseAlarms(draw).toFixed(2), ...cells]);
    }
    print(`seeds ${JSON.stringify(SEEDS)}; ${CALIBRATED_JOBS} calibrated jobs a row, ${RUNS} runs a case`);
    print('labels are redrawn as Bernoulli(p); delays in jobs: median / nine in ten within');
    print(table.toString());
    for (const [kind, delays] of Object.entries(all)) {
      if (delays.length > 0) print(`all ${kind} scores: ${inWords(delays)}`);
    }
  },
};

const SYNTHETIC: Readonly<Record<string, Scores>> = {
  'mostly low, a tail': (random) => 0.002 + 0.9 * random() ** 6,
  'concentrated low': (random) => beta(random, 0.5, 8),
  'U-shaped Beta(.3,.3)': (random) => beta(random, 0.3, 0.3),
  uniform: (random) => random(),
  'around one half': (random) => (random() + random() + random() + random()) / 4,
};

/** The probabilities of the shared streams, where they are at hand. */
function realScores(): Record<string, Scores> {
  const scores: Record<string, Scores> = {};
  for (const stream of ['A', 'B', 'C', 'D', 'E', 'F']) {
    const path = join(SHARED, `${stream}.csv.gz`);
    if (!existsSync(path)) continue;
    const lines = gunzipSync(readFileSync(path)).toString().trim().split('\n').slice(1);
    const p = Float64Array.from(lines, (line) => Number(line.split(',')[4]));
    scores[`p of ${stream}`] = (random) => p[Math.floor(random() * p.length)] ?? 0;
  }
  return scores;
}

/** Jöhnk's method, for any positive parameters; it draws until a pair fits. */
function beta(random: Random, a: number, b: number): number {
  for (;;) {
    const x = random() ** (1 / a);
    const y = random() ** (1 / b);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

function falseAlarms(draw: Scores): number {
  const random = seeded(SEEDS.calibrated);
  const statistics = new Float64Array(13);
  let alarms = 0;
  for (let i = 0; i < CALIBRATED_JOBS; i++) {
    const p = draw(random);
    if (watchModel(statistics, p, random() < p ? 1 : 0)) alarms += 1;
  }
  return (1e4 * alarms) / CALIBRATED_JOBS;
}

/** The amount at which the distorted truth is .10 away from what is said, on average; null when it never is. */
function amountFor(draw: Scores, distort: Distortion): number | null {
  const random = seeded(SEEDS.sample);
  const sample = Array.from({ length: 5_000 }, () => draw(random));
  const error = (by: number): number => sample.reduce((sum, p) => sum + Math.abs(distort(p, by) - p), 0) / 5_000;
  let [low, high] = [0, 8];
  if (error(high) < TRUE_ECE) return null;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (error(middle) < TRUE_ECE) low = middle;
    else high = middle;
  }
  return high;
}

function delayOf(draw: Scores, truth: (p: number) => number, random: Random): number {
  const statistics = new Float64Array(13);
  for (let n = 1; n < LONGEST; n++) {
    const p = draw(random);
    if (watchModel(statistics, p, random() < truth(p) ? 1 : 0)) return n;
  }
  return LONGEST;
}

function inWords(delays: readonly number[]): string {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? LONGEST;
  return `${at(0.5)} / ${at(0.9)}`;
}
