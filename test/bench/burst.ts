import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/cli/start/synthesis.ts';
import { cookieFrom } from '../fixtures/console-session.ts';
import type { Bench } from './bench.ts';
import { createLoad, type Seen } from './engine/load.ts';
import { startSubject } from './engine/start-subject.ts';
import { startVgac } from './engine/vgac.ts';

const CLUSTERS = Array.from({ length: 50 }, (_, index) => `cluster-${index}`);
const EVENTS = Number(process.env.BURST_EVENTS ?? 20_000);
/** So many are on the wire at once; PutEvents takes ten. */
const AT_ONCE = 500;
const LOOK_EVERY_MS = 1000;
const TELL_EVERY_MS = 15_000;

/** Far more events than the system can decide, as fast as the wire takes them. */
export const burst: Bench = {
  name: 'burst',
  about: `${EVENTS} events at once: none lost, bounded memory, and a console that answers meanwhile`,
  run: async (print) => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const vgac = await startVgac(0.97);
    try {
      const { directory: assemblyDir } = await synthesize(join(folder, 'assembly'), {});
      const settings = { dataDir: join(folder, 'data'), assemblyDir, vgacUrl: vgac.url, clusterIds: CLUSTERS };
      const subject = await startSubject(settings);
      const load = createLoad(subject, CLUSTERS);
      await load.closedLoop(100, 10);
      const before = await subject.usage();
      const headers = { cookie: await cookieFrom(subject.signInUrl) };
      const looks: number[] = [];
      let busy = false;
      const look = async () => {
        if (busy) return;
        busy = true;
        const asked = performance.now();
        const answer = await fetch(`${subject.consoleUrl}api/overview`, { headers });
        await answer.text();
        if (!answer.ok) throw new Error(`the console answered ${answer.status}`);
        looks.push(performance.now() - asked);
        busy = false;
      };
      for (let n = 0; n < 5; n++) await look();
      print(`the console answers in p50 ${at(looks, 0.5)} ms, at most ${at(looks, 1)} ms before the burst`);
      looks.length = 0;

      const started = performance.now();
      const seconds = () => (performance.now() - started) / 1000;
      const jobs: Seen[] = [];
      const closed = () => jobs.filter(({ status }) => status !== null).length;
      const looking = setInterval(() => void look(), LOOK_EVERY_MS);
      const telling = setInterval(
        () => print(`  ${seconds().toFixed(0)} s: ${jobs.length} sent, ${closed()} closed`),
        TELL_EVERY_MS,
      );
      while (jobs.length < EVENTS) jobs.push(...(await load.send(Math.min(AT_ONCE, EVENTS - jobs.length))));
      print(`${EVENTS} events accepted in ${seconds().toFixed(1)} s`);
      await load.until(() => jobs.every(({ status }) => status !== null));
      clearInterval(looking);
      clearInterval(telling);
      const after = await subject.usage();
      print(`all executions ended after ${seconds().toFixed(1)} s, ${(EVENTS / seconds()).toFixed(0)} a second`);
      print(
        `  the console answered in p50 ${at(looks, 0.5)} ms, p99 ${at(looks, 0.99)} ms, at most ${at(looks, 1)} ms`,
      );
      print(`  memory ${before.rssMb.toFixed(0)} MiB before, at most ${after.peakRssMb.toFixed(0)} MiB`);
      const account = await subject.account();
      const { rows, closed: records, admitted, acted, duplicates, quarantined, deadLettered } = account;
      const lost = load.jobs.size - records;
      print(
        `  ${load.jobs.size} events: ${records} closed records of ${rows} rows; ${admitted} admitted, ${acted} acted on alone, ${duplicates} duplicates, ${quarantined} quarantined, ${deadLettered} dead letters; ${lost === 0 ? 'the sums agree' : `${lost} LOST`}`,
      );
      load.close();
      await subject.close();
      if (lost !== 0) throw new Error(`${lost} events ended in no closed record`);
      if (acted !== records) throw new Error(`${records - acted} jobs got no statement: something else was measured`);
    } finally {
      vgac.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function at(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(0);
}
