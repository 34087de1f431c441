import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { finished } from 'node:stream/promises';
import Table from 'cli-table3';
import * as z from 'zod';
import { applyEntry } from '../../functions/domain/calibration/apply.ts';
import { scoreOfState } from '../../functions/domain/calibration/evidence.ts';
import { serve } from '../../functions/domain/calibration/serve.ts';
import { initialState } from '../../functions/domain/calibration/state.ts';
import { decide, reliability } from '../../functions/domain/gate.ts';
import { type Judgement, judge } from '../../functions/domain/rule.ts';
import { type ReplayOptions, replayFile } from '../../infra/replay/replay-file.ts';
import { type RulesName, ruleSet } from '../../infra/replay/rules.ts';
import type { LedgerEntry } from '../../schemas/items/ledger.ts';
import { csvLine, HEADER, jobStream, seeded } from '../unit/replay/synthetic.ts';
import type { Bench } from './bench.ts';

/** Enough that start-up does not matter; a tenth of it for Python, which takes as long for that. */
const JOBS = 1_000_000;
const PYTHON_JOBS = 30_000;
const ROUNDS = 3;
const SHARED = join(import.meta.dirname, '../../../shared/data/replay');
const PYTHON = join(import.meta.dirname, 'plain_calibration.py');

const FromPython = z.object({
  version: z.string(),
  jobs: z.number(),
  executed: z.number(),
  harmful: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  decideMicros: z.number(),
  resolveMicros: z.number(),
  residentMegabytes: z.number(),
});

/** The back-test of the core rules on one made-up history, and on a real one where it is at hand. */
export const calibration: Bench = {
  name: 'calibration',
  about: 'the back-test, one decision and one label, beside plain Python',
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    try {
      const long = await history(folder, 'long.csv', JOBS);
      const short = await history(folder, 'short.csv', PYTHON_JOBS);
      await backTest(long, print);
      await beside(short, microsOf(), print);
      for (const stream of ['E', 'F'].filter((name) => existsSync(join(SHARED, `${name}.csv.gz`)))) {
        await beside(join(SHARED, `${stream}.csv.gz`), null, print);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const options = (rules: RulesName = 'core'): ReplayOptions => ({
  rules: ruleSet(rules),
  mapping: new Map(),
  longWaitSeconds: 300,
  onRead: () => {},
  compare: false,
  decisions: null,
});

interface Rate {
  readonly rates: readonly number[];
  readonly best: number;
  /** Of all threads: what a busy machine changes least. */
  readonly cpuMicros: number;
}

/** Reading, deciding, folding and counting, file to result: the best of some rounds, the first of which warms up. */
async function rateOf(path: string, rules?: RulesName): Promise<Rate> {
  const rounds: { rate: number; cpuMicros: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const { jobsPerSecond, streams } = await replayFile(path, 'bench', options(rules));
    const { user, system } = process.cpuUsage(before);
    const jobs = streams.reduce((sum, { stream }) => sum + stream.tally.jobs, 0);
    rounds.push({ rate: jobsPerSecond ?? 0, cpuMicros: (user + system) / jobs });
  }
  const rates = rounds.map(({ rate }) => rate);
  return { rates, best: Math.max(...rates), cpuMicros: Math.min(...rounds.map(({ cpuMicros }) => cpuMicros)) };
}

async function backTest(path: string, print: (text: string) => void): Promise<void> {
  const before = process.memoryUsage().rss;
  const { rates, best, cpuMicros } = await rateOf(path);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  print(
    `back-test of ${whole(JOBS)} jobs from CSV, ${ROUNDS} rounds: ${rates.map(whole).join(', ')} jobs/s; best ${whole(best)}`,
  );
  print(`  ${ofCpu(cpuMicros)}`);
  print(`  memory ${whole(process.memoryUsage().rss / 2 ** 20)} MiB, grown by ${whole(grown)} MiB over all rounds`);
  const all = await rateOf(path, 'all');
  print(
    `  with all rules, tiers, hold-out, drift bands, recalibration: best ${whole(all.best)} jobs/s; ${ofCpu(all.cpuMicros)}`,
  );
}

function ofCpu(micros: number): string {
  return `${micros.toFixed(2)} CPU microseconds a job on all threads, ${whole(1e6 / micros)} jobs per second of CPU`;
}

interface Micros {
  /** Served probability, bounds, scope and first reason: what a back-test asks for. */
  readonly judge: number;
  /** The same in full, as deployed: verdict, decision with every reason, its sentence and its hash. */
  readonly decide: number;
  readonly resolve: number;
}

function microsOf(): Micros {
  const { config, rules, proposals } = ruleSet('core');
  const [proposal] = proposals;
  if (proposal === undefined) throw new Error('there is no tier 0');
  const { budgets } = config;
  const state = initialState(budgets);
  const random = seeded(4);
  const entries = Array.from({ length: 50_000 }, (_, i): LedgerEntry => entryAt(i, random));
  const resolve = microsEach(entries.length, (i) => {
    const entry = entries[i];
    if (entry !== undefined) applyEntry(state, entry, budgets);
  });
  const judgement: Judgement = { scope: 'escalate', reason: null };
  const inFlight = { statement: 0, intervention: 0 };
  const limits = { coolingDown: false, usedThisHour: 0 };
  const facts = {
    state,
    score: 0,
    proposal,
    q: 0.5,
    verdictTier: 0,
    inFlight,
    config,
    limits,
    nowSeconds: state.lastTime ?? 0,
  };
  const judged = microsEach(entries.length, (i) => {
    facts.q = serve(state, { p: entries[i]?.p ?? 0.5, waitSeconds: 60 }).q ?? 0.5;
    facts.score = scoreOfState(state) ?? 0;
    judge(rules, facts, judgement);
  });
  const decided = microsEach(entries.length, (i) => {
    const now = new Date((entries.at(-1)?.labelAt ?? 0) * 1000 + i);
    const p = entries[i]?.p ?? 0.5;
    const verdict = reliability({ state, version: 1, frozen: false, staleSince: null, config, now });
    const prediction = { p, waitSeconds: 60, confidence: null, ...serve(state, { p, waitSeconds: 60 }) };
    const job = { clusterId: 'bench', jobId: `job-${i}`, submittedAt: now.toISOString() };
    const told = { ownEffect: false, started: false, labelKnown: false };
    decide({ job, ...told, inFlight, prediction, verdict, state, config, limits, now });
  });
  return { judge: judged, decide: decided, resolve };
}

function entryAt(i: number, random: () => number): LedgerEntry {
  const p = random() ** 4;
  const longWait = random() < p;
  return {
    jobId: `job-${i}`,
    decisionId: `dec_${i}`,
    submittedAt: 1_700_000_000 + 60 * i,
    labelAt: 1_700_000_010 + 60 * i,
    kind: 'statement',
    p,
    q: p,
    executed: i % 2 === 0,
    intervened: false,
    harmed: false,
    longWait,
    predictedWaitSeconds: 60,
    waitSeconds: longWait ? 1000 : 10,
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

/** Both on the same file; they have to agree, or the comparison is worth nothing. */
async function beside(path: string, micros: Micros | null, print: (text: string) => void): Promise<void> {
  const { best, cpuMicros } = await rateOf(path);
  const { streams } = await replayFile(path, 'bench', options());
  const [only] = streams;
  if (only === undefined) throw new Error(`no stream in ${path}`);
  const { executed } = only.stream.tally;
  const name = path.startsWith(SHARED) ? `stream ${path.slice(SHARED.length + 1)}` : 'the first of them';
  if (spawnSync('python3', ['--version']).status !== 0) {
    print('python3 is not here: nothing to compare with');
    return;
  }
  const python = FromPython.parse(JSON.parse(execFileSync('python3', [PYTHON, path], { encoding: 'utf8' })));
  const same = python.executed === executed.executed && python.harmful === executed.harmful;
  const counts = `${whole(python.jobs)} jobs, ${whole(python.executed)} executed, ${whole(python.harmful)} harmful`;
  print(`${name}, beside Python ${python.version}: ${counts}; ${same ? 'both agree' : 'THEY DISAGREE'}`);
  if (!same) process.exitCode = 1;
  const table = new Table({ head: ['', 'this project', 'plain Python', 'ratio'], style: { head: [], border: [] } });
  const pythonRate = python.jobs / python.seconds;
  const ratio = (one: number, other: number): string => `${(one / other).toFixed(1)} x`;
  table.push(['back-test, jobs/s', whole(best), whole(pythonRate), ratio(best, pythonRate)]);
  const [perCpu, pythonPerCpu] = [1e6 / cpuMicros, python.jobs / python.cpuSeconds];
  table.push(['the same per second of CPU', whole(perCpu), whole(pythonPerCpu), ratio(perCpu, pythonPerCpu)]);
  if (micros !== null) {
    const against = (name: string, ours: number, theirs: number): void => {
      table.push([name, ours.toFixed(2), theirs.toFixed(1), ratio(theirs, ours)]);
    };
    against('one decision, us', micros.judge, python.decideMicros);
    against('one decision in full, us', micros.decide, python.decideMicros);
    against('one label, us', micros.resolve, python.resolveMicros);
    table.push(['memory, MiB', whole(process.memoryUsage().rss / 2 ** 20), whole(python.residentMegabytes), '']);
  }
  print(table.toString());
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
