import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { seededRandom } from '../../infra/embedded/simulator/random.ts';
import { synthesize } from '../../infra/embedded/start/synthesis.ts';
import { BUS_NAME } from '../../infra/names.ts';
import { COLLECTOR_SOURCE } from '../../schemas/events/collector.ts';
import type { Bench } from './bench.ts';
import { type Evidence, faults, gather } from './crash/evidence.ts';
import { FromVictim, type VictimSettings } from './crash/settings.ts';
import { startWorld } from './crash/world.ts';

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 200);
const SEED = Number(process.env.CRASH_SEED ?? 1);
/** The longest life after the system has said that it is ready. */
const LIFE_MS = Number(process.env.CRASH_LIFE_MS ?? 5000);
/** The share that is killed while it starts: reading its journal, cutting, resuming. */
const EARLY = 0.2;
const START_MS = 3000;
const SEND_EVERY_MS = 400;
/** Of the events sent, the share that is an earlier one again. */
const REPEATED = 0.2;
const END_MS = 300_000;
const CLUSTERS = ['left', 'right'];

/** Kills the whole system under load at random moments and looks at what is left each time. */
export const crash: Bench = {
  name: 'crash',
  about: `${ROUNDS} times kill -9 at a random moment of at most ${LIFE_MS} ms, seed ${SEED}; invariants after each`,
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'crash-'));
    const world = await startWorld();
    const random = seededRandom(SEED);
    const acknowledged = new Set<string>();
    let sent = 0;
    let cuts = 0;
    const found: string[] = [];
    try {
      const { directory: assemblyDir } = await synthesize(process.env.CRASH_ASSEMBLIES ?? join(folder, 'assembly'), {});
      const settings = { dataDir: join(folder, 'data'), assemblyDir, worldUrl: world.url, clusterIds: CLUSTERS };
      const log = (message: string) => {
        if (message.includes('is damaged')) cuts += 1;
      };
      const next = () => {
        const known = [...acknowledged];
        const again = known.length > 0 && random() < REPEATED;
        return again ? (known[Math.floor(random() * known.length)] ?? '') : `job-${sent++}`;
      };

      const setUp = await startVictim({ ...settings, first: true }, log);
      await setUp.ready;
      await setUp.kill();
      let before: Evidence = await gather(settings.dataDir);
      for (let round = 1; round <= ROUNDS; round++) {
        const victim = startVictim({ ...settings, first: false }, log);
        const early = random() < EARLY;
        if (!early) await victim.ready;
        const end = Date.now() + Math.floor(random() * (early ? START_MS : LIFE_MS));
        const load = feed(victim, next, acknowledged, () => Date.now() >= end);
        await sleep(end - Date.now());
        await victim.kill();
        await load;
        const now = await gather(settings.dataDir);
        found.push(...faults(before, now, world, acknowledged).map((fault) => `after kill ${round}: ${fault}`));
        before = now;
        if (round % 20 === 0 || found.length > 0) {
          print(
            `${round} kills: ${acknowledged.size} jobs accepted, ${world.effects.size} effects, ${found.length} faults`,
          );
        }
        if (found.length > 0) break;
      }
      const last = startVictim({ ...settings, first: false }, log);
      const patience = Date.now() + END_MS;
      await last.ready;
      while (last.open() !== 0 && Date.now() < patience) await sleep(200);
      const open = last.open();
      await last.kill();
      const end = await gather(settings.dataDir);
      found.push(...faults(before, end, world, acknowledged).map((fault) => `at the end: ${fault}`));
      if (open !== 0) found.push(`3: ${open} executions never ended`);
      print(
        `${acknowledged.size} jobs accepted of ${sent} sent, ${end.executions.size} executions, all ended: ${open === 0}`,
      );
      print(`${world.effects.size} effects, ${end.decisions.size} decisions on record, ${cuts} torn tails cut`);
      for (const fault of found.slice(0, 20)) print(`FAULT ${fault}`);
      print(found.length === 0 ? 'no invariant was broken' : `${found.length} faults`);
      if (found.length > 0) process.exitCode = 1;
    } finally {
      world.close();
      if (found.length === 0) rmSync(folder, { recursive: true, force: true });
      else print(`what is left: ${folder}`);
    }
  },
};

type Victim = ReturnType<typeof startVictim>;
type Ready = Extract<FromVictim, { kind: 'ready' }>;

function startVictim(settings: VictimSettings, log: (message: string) => void) {
  const child = fork(fileURLToPath(new URL('./crash/victim.ts', import.meta.url)), [JSON.stringify(settings)]);
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<Ready>();
  // A kill before it is ready is the point of this bench.
  ready.promise.catch(() => {});
  let open = -1;
  child.on('message', (message) => {
    const said = FromVictim.parse(message);
    if (said.kind === 'ready') ready.resolve(said);
    else if (said.kind === 'open') open = said.open;
    else log(said.message);
  });
  child.once('exit', (code) => ready.reject(new Error(`the system ended with ${code}`)));
  return {
    ready: ready.promise,
    open: () => open,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Sends events until it is over; what was answered counts as accepted. */
async function feed(victim: Victim, next: () => string, acknowledged: Set<string>, over: () => boolean): Promise<void> {
  const where = await victim.ready.catch(() => null);
  if (where === null) return;
  const { url, accessKeyId, secretAccessKey } = where;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new EventBridgeClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const sending: Promise<void>[] = [];
  while (!over()) {
    const jobId = next();
    sending.push(put(client, jobId).then((accepted) => void (accepted && acknowledged.add(jobId))));
    await sleep(SEND_EVERY_MS);
  }
  await Promise.all(sending);
  client.destroy();
}

async function put(client: EventBridgeClient, jobId: string): Promise<boolean> {
  const Detail = JSON.stringify({
    ...{ schemaVersion: 1, clusterId: CLUSTERS[jobId.length % 2], platform: 'slurm', jobId },
    ...{ submittedAt: new Date().toISOString(), user: 'ada', queue: 'gpu' },
    request: { gpus: 4, cpuMillis: 16_000, memoryGb: 128 },
  });
  const entry = { EventBusName: BUS_NAME, Source: COLLECTOR_SOURCE, DetailType: 'JobSubmitted', Detail };
  try {
    return (await client.send(new PutEventsCommand({ Entries: [entry] }))).FailedEntryCount === 0;
  } catch {
    // Killed before it answered: the event may be there or not.
    return false;
  }
}
