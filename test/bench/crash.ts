import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TOKEN } from '../../functions/domain/thresholds.ts';
import { synthesize } from '../../infra/cli/start/synthesis.ts';
import { seededRandom } from '../../infra/demo/simulator/random.ts';
import { encodeFrame } from '../../infra/runtime/journal/frames.ts';
import { settledWeights } from '../fixtures/promises.ts';
import type { Bench } from './bench.ts';
import { type Evidence, gather, pendingIn } from './crash/evidence.ts';
import { changes, faults, type Seen, unfinished } from './crash/faults.ts';
import { createLoad, type Load, type Target } from './crash/load.ts';
import { FromVictim, LONG_WAIT_SECONDS, type VictimSettings } from './crash/settings.ts';
import { startWorld, type World } from './crash/world.ts';

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 200);
const SEED = Number(process.env.CRASH_SEED ?? 1);
/** The longest life after the system has said that it is ready. */
const LIFE_MS = Number(process.env.CRASH_LIFE_MS ?? 5000);
/** The share that is killed while it starts: reading its journal, cutting, resuming. */
const EARLY = 0.2;
const START_MS = 1500;
/** The share that lives longer, or a busy machine would only ever load the code of its functions. */
const LONG = 0.1;
const LONG_TIMES = 4;
/**
 * The share of the others after which the log ends in a part of a frame. A kill leaves none, as the kernel finishes a
 * write that it has begun; a power cut does, and what it tears has been promised to nobody.
 */
const TORN = 0.25;
const TORN_BYTES = 3000;
/** The last one is left alone under load, so that people are heard too. */
const CALM_MS = LONG_WAIT_SECONDS * 500;
/** An intervention that people were told of can be undone for minutes, and is folded after that. */
const END_MS = 600_000;
/** So often in a row it has to say that nothing is left. */
const QUIET = 6;
const PRINT_EVERY = 20;

/** Kills the whole system under load at random moments and looks at what is left each time. */
export const crash: Bench = {
  name: 'crash',
  about: `${ROUNDS} times kill -9 at a random moment of at most ${LIFE_MS} ms, seed ${SEED}; invariants after each`,
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'crash-'));
    const world = await startWorld();
    const from = performance.now();
    const found: string[] = [];
    try {
      const { directory: assemblyDir } = await synthesize(process.env.CRASH_ASSEMBLIES ?? join(folder, 'assembly'), {});
      const settings = { dataDir: join(folder, 'data'), assemblyDir, worldUrl: world.url, first: false };
      found.push(...(await killMany(settings, world, print)));
      for (const fault of found.slice(0, 20)) print(`FAULT ${fault}`);
      const minutes = ((performance.now() - from) / 60_000).toFixed(1);
      print(found.length === 0 ? `no invariant was broken (${minutes} min)` : `${found.length} faults`);
      if (found.length > 0) process.exitCode = 1;
    } finally {
      world.close();
      if (found.length === 0) rmSync(folder, { recursive: true, force: true });
      else print(`what is left: ${folder}`);
    }
  },
};

type Print = (text: string) => void;

async function killMany(settings: VictimSettings, world: World, print: Print): Promise<string[]> {
  const random = seededRandom(SEED);
  const load = createLoad(world, random);
  const setUp = startVictim({ ...settings, first: true });
  await setUp.go();
  await setUp.kill();
  let before = await gather(settings.dataDir);
  let early = 0;
  let torn = 0;
  let cuts = 0;
  // The code of the next one is loaded while this one lives.
  let spare = startVictim(settings);
  for (let round = 1; round <= ROUNDS; round++) {
    const victim = spare;
    spare = startVictim(settings);
    const ready = victim.go();
    const isEarly = random() < EARLY;
    const longest = random() < LONG ? LONG_TIMES * LIFE_MS : LIFE_MS;
    const life = Math.floor(random() * (isEarly ? START_MS : longest));
    let loading: Promise<void> | undefined;
    if (isEarly) early += 1;
    else {
      const target = await ready;
      const end = Date.now() + life;
      loading = load.run(target, () => Date.now() >= end);
    }
    await sleep(life);
    await victim.kill();
    await loading;
    if (!isEarly && random() < TORN) {
      tear(join(settings.dataDir, 'journal'), random);
      torn += 1;
    }
    const now = await gather(settings.dataDir);
    const found = faults(before, now, seenBy(world, load)).map((fault) => `after kill ${round}: ${fault}`);
    before = now;
    cuts = now.cuts;
    if (round % PRINT_EVERY === 0) print(`${round} kills: ${countsOf(now, world, load)}`);
    if (found.length > 0) {
      await spare.kill();
      return found;
    }
  }
  const found = await settle(spare, settings.dataDir, before, world, load, print);
  print(`${ROUNDS} kills, ${early} of them while it started; ${torn} torn tails, ${cuts} of them cut by then`);
  return found;
}

/** Lets the last one end all that is open, and tells it everything a second time. */
async function settle(
  victim: Victim,
  dataDir: string,
  before: Evidence,
  world: World,
  load: Load,
  print: Print,
): Promise<string[]> {
  const target = await victim.go();
  const end = Date.now() + CALM_MS;
  await load.run(target, () => Date.now() >= end);
  await load.finish(target);
  await victim.idle();
  await victim.kill();
  const after = await gather(dataDir);
  print(`at the end: ${countsOf(after, world, load)}`);
  const seen = seenBy(world, load);
  const found = faults(before, after, seen).map((fault) => `at the end: ${fault}`);
  found.push(...unfinished(after, seen));
  for (const [check, count] of Object.entries(witnesses(after, world))) {
    if (count === 0) found.push(`the run has shown nothing: no ${check}`);
  }

  const effects = world.effects.size;
  const last = startVictim(victim.settings);
  await load.replay(await last.go());
  await last.idle();
  await last.kill();
  const replayed = await gather(dataDir);
  print(`replayed ${load.events()} events: ${replayed.executions.size - after.executions.size} executions more`);
  return [...found, ...changes(after, replayed, effects, world), ...faults(after, replayed, seen)];
}

const seenBy = (world: World, load: Load): Seen => ({
  ...{ world, submitted: load.submitted(), heard: load.clicks().heard },
});

/** What there has to be for the invariants to say anything. */
function witnesses({ approvals, jobs, ledgers }: Evidence, { effects, undone }: World): Record<string, number> {
  const answered = (as: string) => [...approvals.values()].filter(({ status }) => status === as).length;
  const rows = [...jobs.values()];
  const [annotated = 0, , suggested = 0] = settledWeights([...ledgers.values()].flat());
  return {
    ...{ effects: effects.size, approved: answered('approved'), denied: answered('denied'), undone: undone.size },
    'held out': rows.filter(({ status }) => status === 'heldOut').length,
    'acted and approved': rows.filter(({ effect, approved_effect }) => effect && approved_effect).length,
    'statements settled': annotated / TOKEN,
    'tokens of hold-outs settled': suggested / TOKEN,
    'labels folded': rows.filter(({ folded_in }) => folded_in !== undefined).length,
    'jobs ended': rows.filter(({ ended_at }) => ended_at !== undefined).length,
    'jobs cancelled': rows.filter(({ cancelled_at }) => cancelled_at !== undefined).length,
    contradicted: rows.filter(({ contradictions = 0 }) => contradictions > 0).length,
  };
}

function countsOf(now: Evidence, world: World, load: Load): string {
  const seen = Object.entries(witnesses(now, world)).map(([what, count]) => `${count} ${what}`);
  const { made, heard } = load.clicks();
  return [
    `${load.submitted().length} jobs accepted, ${now.executions.size} executions, ${seen.join(', ')}`,
    `${now.approvals.size} approvals asked for, ${made} clicks of which ${heard.length} were heard`,
  ].join(', ');
}

/** Writes a part of a frame behind the last whole one. */
function tear(folder: string, random: () => number): void {
  const last = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .at(-1);
  const lines = ['1+e0 {"type":"TaskSucceeded"}', 'x'.repeat(Math.floor(random() * TORN_BYTES))];
  const { bytes: frame } = encodeFrame(1, lines);
  const bytes = frame.subarray(0, 1 + Math.floor(random() * (frame.length - 1)));
  if (last !== undefined) appendFileSync(join(folder, last), bytes);
}

type Victim = ReturnType<typeof startVictim>;

function startVictim(settings: VictimSettings) {
  const child = fork(fileURLToPath(new URL('./crash/victim.ts', import.meta.url)), [JSON.stringify(settings)]);
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<Target>();
  let quiet = 0;
  let becameQuiet: () => void = () => {};
  // A kill before it is ready is the point of this bench.
  ready.promise.catch(() => {});
  child.on('message', async (message) => {
    const said = FromVictim.parse(message);
    if (said.kind === 'ready') ready.resolve(said);
    else if (said.kind === 'left') {
      quiet = said.open + said.toDo === 0 && (await pendingIn(settings.dataDir)) === 0 ? quiet + 1 : 0;
      if (quiet >= QUIET) becameQuiet();
    }
  });
  child.once('exit', (code) => ready.reject(new Error(`the system ended with ${code}`)));
  return {
    settings,
    /** Starts the system. Resolves when it listens. */
    go(): Promise<Target> {
      child.send('go');
      return ready.promise;
    },
    /** Until nothing is open or waits to be folded, or patience ends. */
    async idle(): Promise<void> {
      quiet = 0;
      const patience = new AbortController();
      const isQuiet = new Promise<void>((resolve) => {
        becameQuiet = resolve;
      });
      await Promise.race([isQuiet, sleep(END_MS, undefined, { signal: patience.signal }).catch(() => {})]);
      patience.abort();
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
