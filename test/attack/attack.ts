import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { seededRandom } from '../../infra/demo/simulator/random.ts';
import { startWorld } from '../bench/crash/world.ts';
import { openHome } from './home.ts';
import type { Kind } from './kind.ts';
import { clicks } from './kinds/clicks.ts';
import { clusters } from './kinds/clusters.ts';
import { events } from './kinds/events.ts';
import { files } from './kinds/files.ts';
import { kills } from './kinds/kills.ts';
import { requests } from './kinds/requests.ts';

const KINDS: readonly Kind[] = [clicks, requests, events, clusters, kills, files];
/** Sentences shown of one kind. */
const SHOWN = 10;

const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const chosen = KINDS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unknown = wanted.filter((name) => !KINDS.some((kind) => kind.name === name));
if (unknown.length > 0 || !/^\d+$/.test(values.seed)) {
  const list = KINDS.map(({ name, about }) => `  ${name}  ${about}`).join('\n');
  console.error(`npm run attack -- [--short] [--seed N] [KIND...]\n${list}`);
  process.exitCode = 2;
} else {
  await attack(Number(values.seed), values.short);
}

/** Attacks a system that it starts itself, on this machine's own address alone. */
async function attack(seed: number, short: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attack-'));
  const world = await startWorld();
  const home = await openHome(folder, world.url);
  const table = new Table({ head: ['kind', 'tries', 'held', 'not held'], style: { head: [], border: [] } });
  try {
    for (const { name, about, run } of chosen) {
      console.log(`${name}: ${about}`);
      await home.ensure();
      // Of each kind the same, whichever others are run.
      const { tries, broken } = await run({ home, random: seededRandom(seed), short });
      for (const sentence of broken.slice(0, SHOWN)) console.log(`  NOT HELD: ${sentence}`);
      table.push([name, tries, Math.max(0, tries - broken.length), broken.length]);
      if (broken.length > 0) process.exitCode = 1;
    }
  } finally {
    await home.kill();
    world.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${table.toString()}\nseed ${seed}`);
}
