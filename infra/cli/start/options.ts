import { Command, CommanderError, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { UnknownZone, type Zone, zoneOf } from '../../replay/import/zone.ts';
import { CannotStart } from './stop-with.ts';

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
  summary: z.string().optional(),
  exit: z.boolean().default(false),
});
export type Options = z.infer<typeof Parsed>;

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('use a port from 0 (any free one) to 65535.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !(value > 0)) throw new InvalidArgumentError('use a number above 0.');
  return value;
}

function file(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('use the path of a file.');
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

function command(): Command {
  return new Command('npm start --')
    .description(
      'Runs the whole system on this machine. Without options: two simulated clusters, about 1,800 jobs, about two minutes.',
    )
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
    .option('--data <dir>', 'data folder', file, '.vgac')
    .option('--fresh', 'empty the data folder first')
    .option('--summary <file>', 'write the closing table as JSON', file)
    .option('--exit', 'end with the run, and wait for nobody (default where there is no terminal)')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

/**
 * Parses the command line (without node and script). Returns null when help was asked for and has been printed.
 * Throws CannotStart with one sentence for a wrong option or a contradictory combination.
 */
export function parseOptions(argv: readonly string[]): Options | null {
  const program = command();
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return null;
    const problem = error.message
      .replace(/^error: /, '')
      .replaceAll(/\s+/g, ' ')
      .replace(/\.?\s*$/, '');
    throw new CannotStart(
      `${problem.charAt(0).toUpperCase()}${problem.slice(1)}; npm start -- --help lists the options.`,
      {
        cause: error,
      },
    );
  }
  const options = Parsed.parse(program.opts());
  const clash = contradiction(options);
  if (clash !== null) throw new CannotStart(clash);
  return options;
}

function contradiction(options: Options): string | null {
  if (options.idle && options.trace !== undefined)
    return 'Use either --trace or --idle: one feeds events, the other waits.';
  if (options.idle && options.speed !== undefined) return 'Leave out --speed: with --idle the clock is the real one.';
  if (options.port !== 0 && options.port === options.consolePort) {
    return `Use two different ports: --port and --console-port are both ${options.port}.`;
  }
  return null;
}
