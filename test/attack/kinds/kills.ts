import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf } from '../accounting.ts';
import type { Kind } from '../kind.ts';

const LIFE_MS = 3_000;
const PER_REQUEST = 5;
const PAUSE_MS = 50;

/** What was acknowledged is there after any kill. */
export const kills: Kind = {
  name: 'kills',
  about: 'kill -9 under load: every acknowledged job is there',
  run: async ({ home, random, short }) => {
    const rounds = short ? 2 : 20;
    const acknowledged: string[] = [];
    const broken: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      await home.ensure();
      let isOver = false;
      const load = (async () => {
        while (!isOver) {
          const jobs = Array.from({ length: PER_REQUEST }, () => home.submission());
          const details = jobs.map(({ detail }) => JSON.stringify(detail));
          const answers = await home.put('JobSubmitted', details).catch(() => []);
          for (const [at, { jobId }] of jobs.entries())
            if (answers[at]?.EventId !== undefined) acknowledged.push(jobId);
          await sleep(PAUSE_MS);
        }
      })();
      await sleep(300 + Math.floor(random() * LIFE_MS));
      await home.kill();
      isOver = true;
      await load;
    }
    const { lost } = await accountOf(home, acknowledged);
    if (lost.length > 0) broken.push(`${lost.length} of ${acknowledged.length} acknowledged jobs are lost`);
    if (acknowledged.length === 0) broken.push('no job was acknowledged: the kills have shown nothing');
    return { tries: rounds, broken };
  },
};
