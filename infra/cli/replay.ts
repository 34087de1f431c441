import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORECASTS } from '../replay/forecast/forecaster.ts';
import { parseMapping, UnknownColumn } from '../replay/import/table/columns.ts';
import { UnknownZone, zoneOf } from '../replay/import/zone.ts';
import { type ReplayOptions, replay } from '../replay/replay.ts';
import { parseSetting, UnusableNumber } from '../replay/settings.ts';
import { UsageError } from './refused.ts';

export function define(command: Command): void {
  command
    .argument('<files...>', 'sacct, SWF, Kueue or AWS Batch exports, or CSV; plain or gzip')
    .addOption(
      new Option('--rules <name>', 'the whole gate as deployed, or its evidence and promises alone')
        .choices(['all', 'core'])
        .default('all'),
    )
    .addOption(
      new Option(
        '--forecast <name>',
        'the built-in forecast, of the queue’s events alone; the file’s own probabilities, recalibrated; or both as deployed, where the file’s earn their place (default: both where the file has some, else builtin)',
      ).choices(FORECASTS),
    )
    .option('--map <name=column,...>', 'columns of these files that stand for ours', argument(parseMapping))
    .option(
      '--timezone <zone>',
      'of times that name none, as those of sacct: Europe/Berlin, UTC, +02:00',
      argument(zoneOf),
    )
    .option('--set <name=value>', 'another value for a number of the gate; repeatable', argument(parseSetting))
    .option(
      '--no-beside',
      'without the core rules, the naive ones and the other forecasts beside it, in a fraction of the time',
    )
    .option('--json [file]', 'all numbers, for machines: to a file, or as the last option to stdout')
    .option('--decisions <file>', 'one CSV line per round')
    .option('--html <file>', 'a report to look at, in one file')
    .addHelpText('after', '\nWhat would the gate have done, and what would have come of it?')
    .action(async (files: string[], options: ReplayOptions) => {
      await replay(files, options).catch((cause: unknown) => {
        if (!(cause instanceof UnusableNumber)) throw cause;
        throw new UsageError(cause.message, { cause });
      });
    });
}

/** Faults of an argument are faults of the command line. */
function argument<Value>(parse: (text: string, before?: Value) => Value): (text: string, before?: Value) => Value {
  return (text, before) => {
    try {
      return parse(text, before);
    } catch (error) {
      if ([UnknownColumn, UnusableNumber, UnknownZone].some((kind) => error instanceof kind)) {
        throw new InvalidArgumentError(error instanceof Error ? error.message : '');
      }
      throw error;
    }
  };
}
