import type { Command } from 'commander';
import { Option } from 'commander';
import { emit } from '../../functions/adapters/aws/event-bus.ts';
import type { Table } from '../../functions/adapters/tables/table.ts';
import { isUnreadable, LedgerIncomplete } from '../../functions/application/unreadable.ts';
import { UnreadableState } from '../../functions/domain/calibration/codec.ts';
import { BUS_NAME } from '../aws/names.ts';
import { byOption, words } from './arguments.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import {
  promoteByHand,
  RecalibrationRefused,
  type Report,
  rebuildByHand,
  rollBackByHand,
  show,
} from './recalibrate/by-hand.ts';
import { UsageError } from './refused.ts';
import { type JsonOption, print, withJson } from './result.ts';

interface Options extends ConnectionOptions, JsonOption {
  by: string;
  bus: string;
  reason?: string;
  promote?: boolean;
  rebuild?: boolean;
  rollBack?: boolean;
}

export function define(command: Command): void {
  withJson(withConnection(command))
    .argument('<cluster>', 'cluster id')
    .option('--show', 'what is in force, and every refit with its proof (the default)')
    .option('--promote', 'refit the forecast on the ledger as it stands, and put that in force')
    .option('--roll-back', 'put what was learned before in force again')
    .option('--rebuild', 'replace the stored state with the one that the ledger gives')
    .option('--reason <text>', 'why it is rolled back', words)
    .addOption(byOption())
    .addOption(new Option('--bus <name>', 'bus that hears of the change').env('EVENT_BUS_NAME').default(BUS_NAME))
    .action(async (cluster: string, options: Options) => {
      const { lines, json } = await run(cluster, options);
      print({ text: lines.join('\n'), json }, options);
    });
}

async function run(cluster: string, options: Options): Promise<Report> {
  if ([options.promote, options.rollBack, options.rebuild].filter(Boolean).length > 1) {
    throw new UsageError('Use only one of --promote, --roll-back and --rebuild.');
  }
  const store = await connect(options, options.promote || options.rollBack || options.rebuild ? 'change' : 'read');
  if (options.rebuild) return rebuildByHand(store, cluster);
  return changeOrShow(store, cluster, options).catch(adviseRebuild);
}

function changeOrShow(store: Table, cluster: string, options: Options): Promise<Report> {
  const hand = {
    by: options.by,
    reason: options.reason,
    now: new Date(),
    publish: (change: Parameters<typeof emit<'CalibrationPromoted'>>[2]) =>
      emit(options.bus, 'CalibrationPromoted', change),
  };
  if (options.promote) return promoteByHand(store, cluster, hand);
  return options.rollBack ? rollBackByHand(store, cluster, hand) : show(store, cluster);
}

/** There is a way out for a cluster that cannot be read, and it is this verb's. */
function adviseRebuild(error: unknown): never {
  if (error instanceof LedgerIncomplete || !(isUnreadable(error) || error instanceof UnreadableState)) throw error;
  throw new RecalibrationRefused(`${error.name}: ${error.message}; --rebuild mends a broken calibration`, {
    cause: error,
  });
}
