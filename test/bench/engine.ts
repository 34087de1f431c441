import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/cli/start/synthesis.ts';
import type { Bench } from './bench.ts';
import { createLoad, type Load, type Seen } from './engine/load.ts';
import type { Usage } from './engine/messages.ts';
import { startSubject } from './engine/start-subject.ts';
import { startVgac } from './engine/vgac.ts';

const CLUSTERS = Array.from({ length: 50 }, (_, index) => `cluster-${index}`);
/** A long wait, foreseen: it calls for the one tier that has an action, so every state of the autonomous path is visited. */
const P_LONG_WAIT = 0.97;
/** Until V8 has compiled what runs hot, in each function's thread: sustained is what comes after. */
const WARM_UP = 1500;
const CLOSED_LOOP = 2000;
const OPEN = 48;
/** The aim is 200 a second, and a p99 at half of that. All phases together stay below the tokens of 50 clusters. */
const HALF_LOAD = 100;
const OPEN_LOOP_SECONDS = 12;

/** The autonomous path of job-workflow, from the event to its record. */
export const engine: Bench = {
  name: 'engine',
  about: 'decisions a second and their delay on the autonomous path, real bundles, 50 clusters',
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const vgac = await startVgac(P_LONG_WAIT);
    try {
      const { directory: assemblyDir } = await synthesize(join(process.env.BENCH_ASSEMBLIES ?? folder, 'assembly'), {});
      const settings = { dataDir: join(folder, 'data'), assemblyDir, vgacUrl: vgac.url, clusterIds: CLUSTERS };
      const subject = await startSubject(settings);
      const load = createLoad(subject, CLUSTERS);
      const first = await load.closedLoop(1, 1);
      print(
        `ready ${subject.readySeconds.toFixed(1)} s after the start of the process, ${CLUSTERS.length} clusters configured`,
      );
      print(`  first decision ${quantile(delays(first), 0.5)} ms after its event, all functions cold`);
      await measured(print, `warm-up, ${OPEN} jobs open`, load, subject.usage, () => load.closedLoop(WARM_UP, OPEN));
      await measured(print, `closed loop, ${OPEN} jobs open`, load, subject.usage, () =>
        load.closedLoop(CLOSED_LOOP, OPEN),
      );
      await measured(print, `open loop at ${HALF_LOAD} a second`, load, subject.usage, () =>
        load.openLoop(HALF_LOAD * OPEN_LOOP_SECONDS, HALF_LOAD),
      );
      load.close();
      await subject.close();
    } finally {
      vgac.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Runs a load and prints what it came to. */
async function measured(
  print: (text: string) => void,
  what: string,
  load: Load,
  usage: () => Promise<Usage>,
  run: () => Promise<Seen[]>,
): Promise<void> {
  const before = await usage();
  const start = performance.now();
  const jobs = await run();
  const seconds = (performance.now() - start) / 1000;
  const after = await usage();
  const count = jobs.length;
  const each = (value: number, digits = 1) => (value / count).toFixed(digits);
  const alone = jobs.filter(({ executed }) => executed).length;
  const ended = jobs.filter(({ status }) => status === 'ExecutionSucceeded').length;
  const called = Object.entries(after.calls)
    .map(([name, total]) => [name.split('.')[1] ?? name, total - (before.calls[name] ?? 0)] as const)
    .filter(([, total]) => total > 0);
  const writes = called.filter(([name]) => /^(Put|Update|Delete)Item$/.test(name));
  const sum = (counts: readonly (readonly [string, number])[]) => counts.reduce((total, [, n]) => total + n, 0);
  if (alone !== count)
    throw new Error(`${count - alone} of ${count} jobs got no statement: something else was measured`);
  print(`${what}: ${count} jobs in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} a second`);
  print(`  ${alone} decided autonomously, ${ended} executions succeeded, ${load.jobs.size} jobs so far`);
  print(
    `  event to recorded decision p50 ${quantile(delays(jobs), 0.5)} ms, p99 ${quantile(delays(jobs), 0.99)} ms, most ${quantile(delays(jobs), 1)} ms`,
  );
  print(
    `  a decision: ${each(sum(writes))} writes; ${each(sum(called))} calls (${called.map(([name, n]) => `${name} ${each(n)}`).join(', ')})`,
  );
  print(
    `  a decision: ${each(after.cpuMs - before.cpuMs)} ms CPU, ${each(after.mainThreadMs - before.mainThreadMs)} of it on the main thread; memory ${after.rssMb.toFixed(0)} MiB, at most ${after.peakRssMb.toFixed(0)}`,
  );
}

const delays = (jobs: readonly Seen[]) =>
  jobs.map(({ sentAt, decidedAt }) => (decidedAt === null ? Infinity : decidedAt - sentAt)).sort((a, b) => a - b);

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
