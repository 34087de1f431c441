import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Random } from '../../../infra/demo/simulator/random.ts';
import { gather } from '../../bench/crash/evidence.ts';
import { type Kind, pick } from '../kind.ts';

const WAYS = ['flipped a bit of', 'deleted', 'truncated'] as const;
/** What the system writes anew at every start, or only reads for people. */
const NOT_KEPT = /^(?:assembl|logs?\/)|\.(?:lock|pid|socket)$|(?:^|\/)LOCK$/;

/** A damaged folder refuses the start by name, or has everything. */
export const files: Kind = {
  name: 'files',
  about: 'one damaged file in the data folder: the start refuses it by name, or has every job',
  run: async ({ home, random, short }) => {
    await home.ensure();
    const jobs = Array.from({ length: 10 }, () => home.submission());
    await home.put(
      'JobSubmitted',
      jobs.map(({ detail }) => JSON.stringify(detail)),
    );
    await home.kill();
    const whole = home.dataDir;
    const { started: had } = await gather(whole);
    const tries = short ? 3 : 40;
    const broken: string[] = [];
    for (let i = 0; i < tries; i++) {
      const copy = `${whole}-damaged-${i}`;
      cpSync(whole, copy, { recursive: true, preserveTimestamps: true });
      const [first = '', ...others] = keptIn(copy);
      const file = pick(random, [first, ...others]);
      const way = pick(random, WAYS);
      damage(join(copy, file), way, random);
      home.use(copy);
      const fault = await faultOf(`somebody ${way} ${file}`, home, had);
      if (fault !== null) broken.push(fault);
      await home.kill();
      rmSync(copy, { recursive: true, force: true });
    }
    home.use(whole);
    await home.ensure();
    return { tries, broken };
  },
};

async function faultOf(
  what: string,
  home: Parameters<Kind['run']>[0]['home'],
  had: ReadonlySet<string>,
): Promise<string | null> {
  const started = await home.start();
  if (!started.up) {
    if (/^\s+at .*:\d+:\d+\)?$/m.test(started.said)) return `${what}: the start ended in a stack trace`;
    if (started.code !== 1) return `${what}: the start ended with ${started.code}`;
    return started.said.trim() === '' ? `${what}: the start ended without a word` : null;
  }
  await home.kill();
  const has = await gather(home.dataDir).then(
    ({ started: jobs }) => jobs,
    () => null,
  );
  // Damage that was not met at the start is met, by name, when it is read.
  if (has === null) return null;
  const missing = [...had].filter((jobId) => !has.has(jobId));
  return missing.length === 0 ? null : `${what}: it started, and ${missing.length} of ${had.size} jobs are gone`;
}

function keptIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => relative(folder, join(folder, name)))
    .filter((name) => !NOT_KEPT.test(name))
    .filter((name) => statSync(join(folder, name)).isFile() && statSync(join(folder, name)).size > 0)
    .sort();
}

function damage(file: string, way: (typeof WAYS)[number], random: Random): void {
  const bytes = readFileSync(file);
  const at = Math.floor(random() * bytes.length);
  if (way === 'deleted') rmSync(file);
  else if (way === 'truncated') truncateSync(file, at);
  else {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bytes);
  }
}
