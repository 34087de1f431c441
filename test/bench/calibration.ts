import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { finished } from 'node:stream/promises';
import Table from 'cli-table3';
import { applyEntry } from '../../functions/domain/calibration/apply.ts';
import { boundsAround } from '../../functions/domain/calibration/intervals.ts';
import { initialState } from '../../functions/domain/calibration/state.ts';
import { decide } from '../../functions/domain/gate.ts';
import { reliability } from '../../functions/domain/reliability.ts';
import type { ForecastName } from '../../infra/replay/forecast/forecaster.ts';
import { type FileOptions, replayFile } from '../../infra/replay/replay-file.ts';
import { type RulesName, roundOf, ruleSet } from '../../infra/replay/rules.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';
import { csvLine, HEADER, jobStream, seeded } from '../infra/replay/synthetic.ts';
import type { Bench } from './bench.ts';

/** Enough that start-up does not matter. */
const JOBS = 300_000;
const ROUNDS = 3;
/** The shared streams are short: more rounds until the code is warm. */
const SHORT_ROUNDS = 15;
const SHARED = join(import.meta.dirname, '../../../shared/data/replay');

/** The back-test on one made-up history and on the shared streams where they are at hand; one decision and one label in full. */
export const calibration: Bench = {
  name: 'calibration',
  about: 'the back-test, file to result, and one decision and one label as deployed',
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    try {
      const table = new Table({
        head: [
          'history',
          'rules',
          'forecast',
          'jobs/s, best',
          'rounds',
          'CPU us a job',
          'per second of CPU',
          'of file',
        ],
        style: { head: [], border: [] },
      });
      const long = await history(folder, 'long.csv', JOBS);
      const before = process.memoryUsage().rss;
      for (const rules of ['core', 'all'] as const) {
        for (const row of await ratesOf(long, rules, ROUNDS)) table.push([`${whole(JOBS)} made up`, ...row]);
      }
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      for (const stream of ['A', 'B', 'C', 'D', 'E', 'F']) {
        const path = join(SHARED, `${stream}.csv.gz`);
        if (!existsSync(path)) continue;
        for (const row of await ratesOf(path, 'core', SHORT_ROUNDS)) table.push([stream, ...row]);
      }
      print(table.toString());
      print(`memory grown by ${whole(grown)} MiB over the ${6 * ROUNDS} rounds of the long history`);
      const { decision, label } = microsOf();
      print(`one decision in full ${decision.toFixed(1)} us, one label ${label.toFixed(2)} us`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const options = (rules: RulesName, forecast: ForecastName): FileOptions => ({
  rules: ruleSet(rules),
  forecast,
  mapping: new Map(),
  longWaitSeconds: 300,
  onRead: () => {},
  beside: false,
  decisions: null,
});

interface Rate {
  readonly rates: readonly number[];
  /** Of all threads: what a busy machine changes least. */
  readonly cpuMicros: number;
}

/** Reading, deciding, folding and counting, file to result: the best of some rounds, the first of which warm up. */
async function rateOf(path: string, rules: RulesName, forecast: ForecastName, count: number): Promise<Rate> {
  const rounds: { rate: number; cpuMicros: number }[] = [];
  for (let round = 0; round < count; round++) {
    const before = process.cpuUsage();
    const { jobsPerSecond, streams } = await replayFile(path, 'bench', options(rules, forecast));
    const { user, system } = process.cpuUsage(before);
    const jobs = streams.reduce((sum, { cluster }) => sum + cluster.stream.tally.jobs, 0);
    rounds.push({ rate: jobsPerSecond ?? 0, cpuMicros: (user + system) / jobs });
  }
  return {
    rates: rounds.map(({ rate }) => rate),
    cpuMicros: Math.min(...rounds.map(({ cpuMicros }) => cpuMicros)),
  };
}

/** Each forecast on the same history, and how its speed, in CPU time, compares with that of the experts, which come first. */
async function ratesOf(path: string, rules: RulesName, count: number): Promise<string[][]> {
  const rows: string[][] = [];
  let first = Number.NaN;
  for (const forecast of ['file', 'builtin', 'both'] as const) {
    const rate = await rateOf(path, rules, forecast, count);
    if (rows.length === 0) first = rate.cpuMicros;
    rows.push([rules, forecast, ...told(rate), (first / rate.cpuMicros).toFixed(2)]);
  }
  return rows;
}

function told({ rates, cpuMicros }: Rate): string[] {
  const last = rates.slice(-3).map(whole).join(', ');
  return [whole(Math.max(...rates)), last, cpuMicros.toFixed(2), whole(1e6 / cpuMicros)];
}

/** The gate and the fold as deployed, without their stores: the decision with every reason, its sentence and its hash. */
function microsOf(): { decision: number; label: number } {
  const { config, tiers, lottery } = ruleSet('all');
  const state = initialState(tiers);
  const purse = { reserved: new Float64Array(4), caps: Float64Array.from(tiers, ({ cap }) => cap) };
  const random = seeded(4);
  const entries = Array.from({ length: 50_000 }, (_, i): LedgerEntry => entryAt(i, random));
  const label = microsEach(entries.length, (i) => {
    const entry = entries[i];
    if (entry !== undefined) applyEntry(state, entry, purse, config.longWaitSeconds);
  });
  const limits = tiers.map(() => ({ ...config.limits, coolingDown: false, usedThisHour: 0, noPlaceToAsk: null }));
  const decision = microsEach(entries.length, (i) => {
    const seconds = (entries.at(-1)?.labelAt ?? 0) + i;
    const now = new Date(seconds * 1000);
    const p = entries[i]?.p ?? 0.5;
    const job = roundOf('bench', `job-${i}`, seconds);
    decide({
      ...{ job, state, purse, config, limits, now, started: false, labelKnown: false, ownEffect: false },
      verdict: reliability({ state, version: 1, frozen: false, staleSince: null, config, now }),
      forecastLabels: 50,
      prediction: { p, waitSeconds: 60, confidence: null, q: p, ...boundsAround(state, 60) },
      askBarred: () => null,
      draw: () => lottery.holdOut(job),
    });
  });
  return { decision, label };
}

function entryAt(i: number, random: () => number): LedgerEntry {
  const p = random() ** 4;
  const longWait = random() < p;
  const submittedAt = 1_700_000_000 + 60 * i;
  const labelAt = submittedAt + (longWait ? 300 : 10);
  return {
    ...{ jobId: `job-${i}`, decisionId: `dec_${i}`, submittedAt, decidedAt: submittedAt, labelAt },
    ...{ p, q: p, called: 0, tier: 0, heldOut: false, done: true, cost: 0, paper: [], eras: [0, 0, 0, 0] },
    ...{ touched: false, undone: false, longWait, draw: random(), predictedWaitSeconds: 60 },
    waitSeconds: longWait ? null : 10,
    bounds: { lowerSeconds: 0, upperSeconds: 1000, upper90Seconds: 500 },
    epoch: 0,
  };
}

/** The better of two rounds: the first one warms up. */
function microsEach(count: number, step: (i: number) => void): number {
  const rounds = [0, 1].map(() => {
    const start = performance.now();
    for (let i = 0; i < count; i++) step(i);
    return (1000 * (performance.now() - start)) / count;
  });
  return Math.min(...rounds);
}

async function history(folder: string, name: string, count: number): Promise<string> {
  const path = join(folder, name);
  const out = createWriteStream(path);
  out.write(`${HEADER}\n`);
  for (const job of jobStream(count)) {
    if (!out.write(`${csvLine(job)}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  return path;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
