import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { UnknownZone, type Zone, zoneOf } from '../../replay/import/zone.ts';
import { DATA_FOLDER } from '../data-folder-name.ts';
import { UsageError } from '../refused.ts';

const Parsed = z.object({
  trace: z.string().optional(),
  timezone: z.custom<Zone>().optional(),
  speed: z.number().optional(),
  idle: z.boolean().default(false),
  config: z.string().optional(),
  port: z.number(),
  consolePort: z.number(),
  data: z.string(),
  fresh: z.boolean().default(false),
  sync: z.boolean().default(false),
  acceptLoss: z.boolean().default(false),
  slackStandIn: z.boolean().default(false),
  summary: z.string().optional(),
  exit: z.boolean().default(false),
  json: z.boolean().default(false),
});
export type Options = z.infer<typeof Parsed>;

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) {
    throw new InvalidArgumentError('Use a port from 0 (any free one) to 65535.');
  }
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0)) throw new InvalidArgumentError('Use a number above 0.');
  return value;
}

function file(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Use the path of a file.');
  return text;
}

function zone(text: string): Zone {
  try {
    return zoneOf(text);
  } catch (error) {
    if (error instanceof UnknownZone) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

export function withStartOptions(command: Command): Command {
  return command
    .option(
      '--trace <file>',
      'feed a history (sacct, SWF, Kueue, AWS Batch, CSV; gzip or plain) on its own clock',
      file,
    )
    .option('--timezone <zone>', 'of times in the trace that name none: Europe/Berlin, UTC, +02:00', zone)
    .option('--speed <n>', 'simulated seconds per second (default: as fast as it goes)', positive)
    .option('--idle', 'feed nothing and wait for events on the local endpoint, on the real clock')
    .option('--config <file>', 'configuration of the clusters (default: built in)', file)
    .option('--port <n>', 'port of the AWS endpoint', port, 4566)
    .option('--console-port <n>', 'port of the console', port, 4580)
    .option('--data <dir>', 'data folder', file, DATA_FOLDER)
    .option('--fresh', 'empty the data folder first')
    .option(
      '--slack-stand-in',
      'run the Slack stand-in even beside real schedulers: there one person approves as anybody',
    )
    .option('--sync', 'with --idle: nothing is acknowledged before it would survive a power cut')
    .option('--accept-loss', 'go on without the last commits of the tables where they are missing')
    .option('--summary <file>', 'write the closing table as JSON', file)
    .option('--json', 'print the closing table as JSON on stdout, and everything else on stderr')
    .option('--exit', 'end with the run, and wait for nobody (default where there is no terminal)')
    .addHelpText('after', '\nWithout options: two simulated clusters, about 1,800 jobs, about two minutes.');
}

/** The options as commander has parsed them. @throws UsageError where two contradict each other */
export function startOptions(given: unknown): Options {
  const options = Parsed.parse(given);
  const clash = contradiction(options);
  if (clash !== null) throw new UsageError(clash);
  return options;
}

function contradiction(options: Options): string | null {
  if (options.idle && options.trace !== undefined) {
    return 'Use either --trace or --idle: one feeds events, the other waits.';
  }
  if (options.idle && options.speed !== undefined) return 'Leave out --speed: with --idle the clock is the real one.';
  if (options.port !== 0 && options.port === options.consolePort) {
    return `Use two different ports: --port and --console-port are both ${options.port}.`;
  }
  return null;
}
