import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { listClusters } from '../../functions/adapters/tables/calibration.ts';
import { type Frozen, liftFreeze, putFreeze } from '../../functions/adapters/tables/freeze.ts';
import { type Table, table } from '../../functions/adapters/tables/table.ts';
import { OtherLayout } from '../../functions/application/unreadable.ts';
import { Text } from '../../schemas/primitives.ts';
import { onTable, type TableOptions, withTableOptions } from './table-options.ts';

/** Nothing was frozen: the cluster does not exist, or nobody said why. The message says what to write. */
export class FreezeRefused extends Error {
  override name = 'FreezeRefused' as const;
}

/** Stops every effect on a cluster, or on all of them, until it is lifted. A second freeze replaces who and why. */
export async function freeze(
  table: Table,
  cluster: string,
  why: { by: string; reason: string; now: Date },
): Promise<Frozen> {
  return putFreeze(table, await scopeOf(table, cluster), why);
}

/** Lets effects happen again. @returns the freeze that was lifted, null when there was none */
export async function lift(table: Table, cluster: string, who: { by: string; now: Date }): Promise<Frozen | null> {
  return liftFreeze(table, await scopeOf(table, cluster), who);
}

async function scopeOf(table: Table, cluster: string): Promise<string> {
  if (cluster === 'all') return '*';
  // A freeze of a mistyped name would stop nothing, and nobody would know.
  const known = await listClusters(table);
  if (!known.includes(cluster)) {
    throw new FreezeRefused(`there is no cluster ${cluster}: use all, or one of ${known.join(', ') || '(none yet)'}`);
  }
  return cluster;
}

function words(value: string): string {
  const parsed = Text.safeParse(value);
  if (!parsed.success) throw new InvalidArgumentError('use 1 to 256 visible characters');
  return parsed.data;
}

interface FreezeOptions extends TableOptions {
  reason?: string;
  by: string;
  lift?: boolean;
}

async function run(cluster: string, options: FreezeOptions): Promise<string> {
  const store = table(onTable(options));
  const where = cluster === 'all' ? 'all clusters' : cluster;
  if (options.lift) {
    const lifted = await lift(store, cluster, { by: options.by, now: new Date() });
    return lifted
      ? `Lifted: ${where}, frozen ${lifted.at} by ${lifted.by}: ${lifted.reason}`
      : `${where}: was not frozen`;
  }
  if (!options.reason) throw new FreezeRefused('say why: --reason "..."; whoever finds the freeze will ask');
  const { by, reason } = await freeze(store, cluster, { by: options.by, reason: options.reason, now: new Date() });
  return `Frozen: ${where}, by ${by}: ${reason}`;
}

if (import.meta.main) {
  const command = withTableOptions(new Command('freeze'))
    .description('Stops every effect on a cluster, or on all; decisions and labels go on.')
    .argument('<cluster>', 'cluster id, or all')
    .option('--reason <text>', 'why', words)
    .option('--by <name>', 'who', words, userInfo().username)
    .option('--lift', 'let effects happen again')
    .action(async (cluster: string, options: FreezeOptions) => console.log(await run(cluster, options)));
  await command.parseAsync().catch((error: unknown) => {
    if (!(error instanceof FreezeRefused || error instanceof OtherLayout)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
