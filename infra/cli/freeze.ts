import type { Command } from 'commander';
import { byOption, words } from './arguments.ts';
import { type ConnectionOptions, connect, withConnection } from './connection.ts';
import { freeze, lift } from './freeze/switch.ts';
import { UsageError } from './refused.ts';
import { type JsonOption, print, type Result, withJson } from './result.ts';

interface Options extends ConnectionOptions, JsonOption {
  reason?: string;
  by: string;
  lift?: boolean;
}

export function define(command: Command): void {
  withJson(withConnection(command))
    .argument('<cluster>', 'cluster id, or all')
    .option('--reason <text>', 'why it is frozen', words)
    .addOption(byOption())
    .option('--lift', 'let effects happen again')
    .addHelpText('after', '\nDecisions and labels go on; only effects stop.')
    .action(async (cluster: string, options: Options) =>
      print(await (options.lift ? lifted(cluster, options) : frozen(cluster, options)), options),
    );
}

async function frozen(cluster: string, options: Options): Promise<Result> {
  if (!options.reason) throw new UsageError('Say why with --reason "...": whoever finds the freeze will ask.');
  const freezing = { by: options.by, reason: options.reason, now: new Date() };
  const { by, reason, at } = await freeze(await connect(options, 'change'), cluster, freezing);
  return {
    text: `Frozen: ${nameOf(cluster)}, by ${by}: ${reason}`,
    json: { cluster, frozen: { by, reason, at } },
  };
}

async function lifted(cluster: string, options: Options): Promise<Result> {
  const before = await lift(await connect(options, 'change'), cluster, { by: options.by, now: new Date() });
  const text = before
    ? `Lifted: ${nameOf(cluster)}, frozen ${before.at} by ${before.by}: ${before.reason}`
    : `${nameOf(cluster)}: was not frozen`;
  const was = before && { by: before.by, reason: before.reason, at: before.at };
  return { text, json: { cluster, frozen: null, lifted: was } };
}

const nameOf = (cluster: string) => (cluster === 'all' ? 'all clusters' : cluster);
